import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation, OperationRequest } from '@clawpool/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** Every operation on a real agent: OpenClaw in the sandbox, real files, real checkpoints. */
let installation: TestInstallation;
let carol: Person;
let admin: Person;

beforeAll(async () => {
  installation = await startTestInstallation();
  [carol, admin] = await Promise.all([installation.person('carol'), installation.person('jiade')]);
  await carol.ask('Who are you?');
});
afterAll(() => installation?.close());

const folderOf = (tenantId: string) => join(installation.data, 'tenants', tenantId);
const note = (tenantId: string) => join(folderOf(tenantId), 'workspace', 'note.txt');
const tenant = (tenantId: string) => admin.client.call('tenant', { params: { tenantId } });

async function over({ id }: Operation): Promise<Operation> {
  const look = () => admin.client.call('operation', { params: { operationId: id } });
  await expect.poll(async () => (await look()).finishedAt, { timeout: 60_000, interval: 50 }).not.toBeNull();
  return look();
}
const operate = async (body: OperationRequest, tenantId = 'carol') =>
  over(await admin.client.call('operateTenant', { params: { tenantId }, body }));

test('restart, pause, resume and resize leave an agent that answers', async () => {
  expect(await operate({ kind: 'restart' })).toMatchObject({ state: 'succeeded' });
  expect(await carol.ask('Who are you?')).toMatchObject({ state: 'answered' });
  expect(await operate({ kind: 'pause' })).toMatchObject({ state: 'succeeded' });
  expect(await tenant('carol')).toMatchObject({ state: 'paused', health: 'paused' });
  expect(await operate({ kind: 'resume' })).toMatchObject({ state: 'succeeded' });
  expect(await operate({ kind: 'resize', cpus: 2, memoryMegabytes: 1500 })).toMatchObject({ state: 'succeeded' });
  expect(await tenant('carol')).toMatchObject({ state: 'running', cpus: 2, memoryLimitBytes: 1500 * 2 ** 20 });
  expect(await carol.ask('Who are you?')).toMatchObject({ state: 'answered' });
});

test('a restore brings the files of a backup back, and the agent with them', async () => {
  await writeFile(note('carol'), 'older');
  const backup = await operate({ kind: 'backup', note: 'before', pinned: false });
  await writeFile(note('carol'), 'newer');
  const checkpointId = backup.result?.checkpointId ?? '';
  expect(await operate({ kind: 'restore', from: { checkpointId } })).toMatchObject({ state: 'succeeded' });
  expect(await readFile(note('carol'), 'utf8')).toBe('older');
  expect(await carol.ask('Who are you?')).toMatchObject({ state: 'answered' });
  const { checkpoints } = await admin.client.call('listCheckpoints', { query: { tenantId: 'carol', backups: 'true' } });
  expect(checkpoints.map(({ cause }) => cause)).toEqual(expect.arrayContaining(['backup', 'before_restore']));
});

test('a reset keeps the workspace', async () => {
  expect(await operate({ kind: 'reset' })).toMatchObject({ state: 'succeeded' });
  expect(await readFile(note('carol'), 'utf8')).toBe('older');
  expect(await carol.ask('Who are you?')).toMatchObject({ state: 'answered' });
});

test('a tenant that sleeps is woken by a message with its files as they were', async () => {
  expect(await operate({ kind: 'hibernate' })).toMatchObject({ state: 'succeeded', message: null });
  expect(await tenant('carol')).toMatchObject({ state: 'hibernated', health: 'none', memoryBytes: null });
  expect(await carol.ask('Who are you?')).toMatchObject({ state: 'answered' });
  expect(await readFile(note('carol'), 'utf8')).toBe('older');
});

test('a clone has the files of its source and runs beside it', async () => {
  const cloned = await operate({ kind: 'clone', name: 'carols-twin', start: true });
  const id = cloned.result?.tenantId ?? '';
  await expect.poll(async () => (await tenant(id)).state, { timeout: 60_000 }).toBe('running');
  expect(await readFile(note(id), 'utf8')).toBe('older');
  expect((await stat(note(id))).uid).not.toBe((await stat(note('carol'))).uid);
  expect(await operate({ kind: 'delete', keepData: false, skipBackup: true }, id)).toMatchObject({
    state: 'succeeded',
  });
  expect(existsSync(folderOf(id))).toBe(false);
});

test('there is no other host to move to, and that is said at once', async () => {
  const moved = admin.client.call('operateTenant', {
    params: { tenantId: 'carol' },
    body: { kind: 'migrate', host: 'elsewhere' },
  });
  await expect(moved).rejects.toMatchObject({ code: 'conflict', hint: expect.any(String) });
});

test('a deleted tenant comes back as a new one from its last backup', async () => {
  expect(await operate({ kind: 'delete', keepData: true, skipBackup: false })).toMatchObject({ state: 'succeeded' });
  expect(existsSync(folderOf('carol'))).toBe(false);
  const made = await admin.client.call('createTenant', {
    body: { name: 'carol-again', employeeId: 'carol', restoreFrom: { tenantId: 'carol' }, configTemplate: 'default' },
  });
  expect(await over(made.operation)).toMatchObject({ state: 'succeeded' });
  expect(await readFile(note(made.tenant.id), 'utf8')).toBe('older');
  expect(await carol.ask('Who are you?')).toMatchObject({ state: 'answered' });
});
