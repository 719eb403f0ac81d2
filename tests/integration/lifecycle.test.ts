import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@clawpool/client';
import type { Operation, OperationRequest, Turn } from '@clawpool/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { operatorOf } from '../support/operator.ts';
import { type Answer, type Person, waitForAnswer } from '../support/person.ts';

/** A tenant's life as its person sees it: what the agent wrote is there after everything that an operator does to the agent. */
let installation: TestInstallation;
let operator: Client;
let ryan: Person;
/** The one conversation Ryan has through all of it. */
let conversationId: string;

beforeAll(async () => {
  installation = await startTestInstallation();
  operator = operatorOf(installation);
  await withoutWarmSlots();
  ryan = await installation.person('ryan');
  const { conversationId: first, ...answer } = await ryan.ask('Run `echo hello > note.txt`');
  conversationId = first;
  expect(answer).toMatchObject({ state: 'answered' });
});
afterAll(() => installation?.close());

const noteSays = async (text: string, person = ryan, inConversation = conversationId) =>
  expect((await person.askIn(inConversation, 'Run `cat note.txt`')).text).toContain(text);
const write = async (text: string) =>
  expect(await ryan.askIn(conversationId, `Run \`echo ${text} > note.txt\``)).toMatchObject({ state: 'answered' });
const tenant = (tenantId = 'ryan') => operator.call('tenant', { params: { tenantId } });

describe('an agent that sleeps', () => {
  test('has a checkpoint and no runtime, and wakes with its file and its conversation', async () => {
    expect(await operate({ kind: 'hibernate' })).toMatchObject(succeeded);
    expect(await tenant()).toMatchObject({
      state: 'hibernated',
      health: 'none',
      memoryBytes: null,
      lastCheckpointAt: expect.any(String),
    });
    await noteSays('hello');
    const { messages } = await ryan.client.call('conversation', { params: { conversationId } });
    expect(messages[0]?.text).toBe('Run `echo hello > note.txt`');
    expect((await lastOperation('ryan')).result).toMatchObject({ startedBy: 'start' });
  });

  test('wakes in a warm slot with the same file', async () => {
    expect(await operate({ kind: 'hibernate' })).toMatchObject(succeeded);
    await withWarmSlot((await tenant()).tier);
    await noteSays('hello');
    expect(await lastOperation('ryan')).toMatchObject({ kind: 'wake', result: { startedBy: 'warm-slot' } });
    await withoutWarmSlots();
  });

  test('of a position without a shell runs no command in the first turn of a warm slot', async () => {
    const carol = await installation.person('carol');
    await withWarmSlot((await tenant('carol')).tier);
    const command = 'Run `echo $((6 * 7)) made-it`';
    const { text, state } = await carol.ask(command);
    expect(state).toBe('answered');
    expect(text).not.toContain('42 made-it');
    expect((await lastOperation('carol')).result).toMatchObject({ startedBy: 'warm-slot' });
    expect((await ryan.askIn(conversationId, command)).text).toContain('42 made-it');
    await withoutWarmSlots();
  });
});

describe('a message to an agent that an operator holds', () => {
  test('waits while it is paused, and is answered when it is resumed', async () => {
    expect(await operate({ kind: 'pause' })).toMatchObject(succeeded);
    const waiting = await send('Run `cat note.txt`');
    expect(await untilBlocked(waiting)).toMatchObject({ reason: 'agent_paused', hint: expect.any(String) });
    expect(await operate({ kind: 'resume' })).toMatchObject(succeeded);
    expect(await answerTo(waiting)).toMatchObject({ state: 'answered', text: expect.stringContaining('hello') });
  });

  test('waits while it is stopped, and is answered when it is started', async () => {
    expect(await operate({ kind: 'stop' })).toMatchObject(succeeded);
    const waiting = await send('Run `cat note.txt`');
    expect(await untilBlocked(waiting)).toMatchObject({ reason: 'agent_stopped', hint: expect.any(String) });
    expect(await tenant()).toMatchObject({ state: 'stopped', health: 'none' });
    expect(await operate({ kind: 'start' })).toMatchObject(succeeded);
    expect(await answerTo(waiting)).toMatchObject({ state: 'answered', text: expect.stringContaining('hello') });
  });
});

describe('what an agent wrote', () => {
  test('is as it was in the backup after a restore', async () => {
    const { result } = await operate({ kind: 'backup', note: 'hello', pinned: false });
    await write('changed');
    await noteSays('changed');
    const from = { checkpointId: result?.checkpointId ?? '' };
    expect(await operate({ kind: 'restore', from })).toMatchObject(succeeded);
    await noteSays('hello');
  });

  test('is with both images, there and back', async () => {
    const { image } = await tenant();
    expect(await operate({ kind: 'rebuild', image: 'openclaw-2026.3.24' })).toMatchObject(succeeded);
    expect((await tenant()).image).toBe('openclaw-2026.3.24');
    await noteSays('hello');
    expect(await operate({ kind: 'rebuild', image })).toMatchObject(succeeded);
    expect((await tenant()).image).toBe(image);
    await noteSays('hello');
  });

  test('is its clone’s own copy', async () => {
    const { result } = await operate({ kind: 'clone', name: 'ryans-twin', start: false });
    const twin = result?.tenantId ?? '';
    await settled(twin);
    await write('after-the-clone');
    const { checkpoints } = await operator.call('listCheckpoints', { query: { tenantId: twin } });
    expect(checkpoints.length).toBeGreaterThan(0);
    const restored = await operate({ kind: 'restore', from: { tenantId: twin } });
    expect(restored).toMatchObject(succeeded);
    await noteSays('hello');
    expect(await operate({ kind: 'delete', keepData: false, skipBackup: true }, twin)).toMatchObject(succeeded);
  });

  test('goes out as one file and comes in again, to be restored into a new tenant', async () => {
    const { result } = await operate({ kind: 'backup', note: 'to take away', pinned: false });
    const checkpointId = result?.checkpointId ?? '';
    const file = await (await operator.download('exportCheckpoint', { params: { checkpointId } })).blob();
    const imported = await operator.upload('importCheckpoint', {}, file);
    expect(imported).toMatchObject({ orphan: true, cause: 'import' });
    expect((await operator.call('verifyCheckpoint', { params: { checkpointId: imported.id } })).ok).toBe(true);
    const made = await operator.call('createTenant', {
      body: { name: 'imported', tier: 'engineering', restoreFrom: { checkpointId: imported.id }, start: false },
    });
    expect(await over(made.operation)).toMatchObject(succeeded);
    await write('after-the-export');
    expect(await operate({ kind: 'restore', from: { tenantId: made.tenant.id } })).toMatchObject(succeeded);
    await noteSays('hello');
  });
});

describe('a request of an operator', () => {
  test('resizes a running agent without a restart', async () => {
    await noteSays('hello');
    const { stateSince } = await tenant();
    expect(await operate({ kind: 'resize', cpus: 1.5, memoryMegabytes: 1200 })).toMatchObject(succeeded);
    expect(await tenant()).toMatchObject({ state: 'running', stateSince, cpus: 1.5, memoryLimitBytes: 1200 * 2 ** 20 });
    await noteSays('hello');
  });

  test('sets and takes back expiry and timetable', async () => {
    const timetable = {
      start: '09:00',
      stop: '18:00',
      timezone: 'Europe/Berlin',
      days: ['mon' as const, 'tue' as const],
    };
    const params = { tenantId: 'sophie' };
    await operator.call('changeTenant', { params, body: { ttlHours: 2, onExpiry: 'delete', timetable } });
    const changed = await tenant('sophie');
    expect(changed).toMatchObject({ onExpiry: 'delete', timetable });
    const hours = (Date.parse(changed.expiresAt ?? '') - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(1.9);
    expect(hours).toBeLessThanOrEqual(2);
    await operator.call('changeTenant', { params, body: { ttlHours: null, onExpiry: 'stop', timetable: null } });
    expect(await tenant('sophie')).toMatchObject({ expiresAt: null, onExpiry: 'stop', timetable: null });
  });

  test('made twice with one token makes one tenant', async () => {
    const body = { name: 'made-once', clientToken: 'the-same-token', start: false };
    const [first, second] = await Promise.all([
      operator.call('createTenant', { body }),
      operator.call('createTenant', { body }),
    ]);
    expect(second.tenant.id).toBe(first.tenant.id);
    expect(second.operation.id).toBe(first.operation.id);
    const { total } = await operator.call('listTenants', { query: { search: 'made-once' } });
    expect(total).toBe(1);
    expect(await over(first.operation)).toMatchObject(succeeded);
  });

  test('beyond the quota is refused with what to do, and makes nothing', async () => {
    const { quotas, used } = await operator.call('quotas');
    await operator.call('setQuotas', { body: { ...quotas, tenants: used.tenants } });
    const refused = operator.call('createTenant', { body: { name: 'one-too-many' } });
    await expect(refused).rejects.toMatchObject({ code: 'quota_exceeded', hint: expect.any(String) });
    await operator.call('setQuotas', { body: quotas });
    expect((await operator.call('listTenants', { query: { search: 'one-too-many' } })).total).toBe(0);
  });

  test('meets a conflict while another is under way', async () => {
    const both = await Promise.allSettled(
      (['restart', 'restart'] as const).map((kind) =>
        operator.call('operateTenant', { params: { tenantId: 'ryan' }, body: { kind } }),
      ),
    );
    const accepted = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toMatchObject([{ code: 'conflict', hint: expect.any(String) }]);
    expect(accepted).toHaveLength(1);
    for (const operation of accepted) expect(await over(operation)).toMatchObject(succeeded);
    await noteSays('hello');
  });
});

test('a deleted agent’s backup is listed without a tenant, and a new tenant made of it has the file', async () => {
  expect(await operate({ kind: 'delete', keepData: true, skipBackup: false })).toMatchObject(succeeded);
  const { checkpoints } = await operator.call('listCheckpoints', { query: { tenantId: 'ryan', orphans: 'true' } });
  expect(checkpoints[0]).toMatchObject({ orphan: true, cause: 'before_delete', backup: true });
  const made = await operator.call('createTenant', {
    body: {
      name: 'ryan-again',
      tier: 'engineering',
      employeeId: 'ryan',
      restoreFrom: { checkpointId: checkpoints[0]?.id ?? '' },
    },
  });
  expect(await over(made.operation)).toMatchObject(succeeded);
  expect((await ryan.ask('Run `cat note.txt`')).text).toContain('hello');
});

describe('with a second host', () => {
  let pair: TestInstallation;
  beforeAll(async () => {
    pair = await startTestInstallation({ hosts: ['local', 'second'] });
  });
  afterAll(() => pair?.close());

  test('an agent moves there and back with its file, and leaves nothing behind', async () => {
    const operatorOfPair = operatorOf(pair);
    const marcus = await pair.person('marcus');
    const { conversationId: talk } = await marcus.ask('Run `echo moved > note.txt`');
    const folderOn = { local: join(pair.data, 'tenants'), second: join(pair.data, 'hosts/second/tenants') };
    const at = (await operatorOfPair.call('tenant', { params: { tenantId: 'marcus' } })).host;
    const [here, there] = at === 'second' ? (['second', 'local'] as const) : (['local', 'second'] as const);
    for (const [source, host] of [
      [here, there],
      [there, here],
    ] as const) {
      expect(await operate({ kind: 'migrate', host }, 'marcus', operatorOfPair)).toMatchObject(succeeded);
      expect(await operatorOfPair.call('tenant', { params: { tenantId: 'marcus' } })).toMatchObject({ host });
      await noteSays('moved', marcus, talk);
      expect(existsSync(join(folderOn[host], 'marcus'))).toBe(true);
      expect(existsSync(join(folderOn[source], 'marcus'))).toBe(false);
    }
  });
});

const succeeded = { state: 'succeeded', reason: null, message: null };

async function operate(body: OperationRequest, tenantId = 'ryan', client = operator): Promise<Operation> {
  return over(await client.call('operateTenant', { params: { tenantId }, body }), client);
}

async function over({ id: operationId }: Operation, client = operator): Promise<Operation> {
  const look = () => client.call('operation', { params: { operationId } });
  await expect.poll(async () => (await look()).finishedAt, { timeout: 90_000, interval: 50 }).not.toBeNull();
  return look();
}

/** Waits for what an operation on another tenant left to be done to this one. */
async function settled(tenantId: string): Promise<void> {
  await expect.poll(async () => (await tenant(tenantId)).operation, { timeout: 60_000 }).toBeNull();
}

async function lastOperation(tenantId: string): Promise<Operation> {
  const { operations } = await operator.call('listTenantOperations', { params: { tenantId }, query: { limit: 1 } });
  if (!operations[0]) throw new Error(`nothing was done to ${tenantId}`);
  return operations[0];
}

/** Whether a start finds a slot is then the test's choice. */
async function withoutWarmSlots(): Promise<void> {
  const { warmSlots } = await operator.call('pool');
  for (const tier of new Set(warmSlots.map((group) => group.tier)))
    await operator.call('setWarmSlots', { params: { tier }, body: { minimum: 0, maximum: 0 } });
}

async function withWarmSlot(tier: string): Promise<void> {
  await operator.call('setWarmSlots', { params: { tier }, body: { minimum: 1, maximum: 1 } });
  const ready = async () =>
    (await operator.call('pool')).warmSlots.filter((group) => group.tier === tier).some((group) => group.ready > 0);
  await expect.poll(ready, { timeout: 90_000, interval: 100 }).toBe(true);
}

async function send(text: string): Promise<Turn> {
  const body = { text, clientMessageId: crypto.randomUUID() };
  return (await ryan.client.call('sendMessage', { params: { conversationId }, body })).turn;
}

async function untilBlocked({ id }: Turn): Promise<Turn> {
  const look = async () => {
    const { turns } = await ryan.client.call('conversation', { params: { conversationId } });
    return turns.find((turn) => turn.id === id);
  };
  await expect.poll(async () => (await look())?.state, { timeout: 30_000 }).toBe('blocked');
  return (await look()) as Turn;
}

const answerTo = ({ id }: Turn): Promise<Answer> => waitForAnswer(ryan.client, conversationId, id);
