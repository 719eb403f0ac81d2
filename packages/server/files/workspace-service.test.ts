import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { workspaceLimits } from '@clawpool/contracts';
import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Principal } from '../organization/principal.ts';
import { assignments, auditEvents, departments, employees, operations, tenants } from '../store/schema/index.ts';
import { type FilesWorld, startFilesWorld } from '../testing/files-world.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { openUploadSpool } from './upload-spool.ts';
import { createWorkspaceReader } from './workspace-reader.ts';
import { createWorkspaceService, type WorkspaceService } from './workspace-service.ts';
import { createWorkspaceWriter } from './workspace-writer.ts';

let world: FilesWorld;
let service: WorkspaceService;
const takeSoon = vi.fn();

const person = (id: string, ...roles: Principal['roles'][number][]): Principal => ({
  ...{ userId: `user-${id}`, name: id, organizationId: 'org', employeeId: id, roles },
});
const ann = person('ann', 'employee');
const ben = person('ben', 'employee');
const admin = person('ada', 'admin');
const auditor = person('otto', 'auditor');
/** Of `north`, where Ann is; Ben is in `south`. */
const manager = person('mia', 'employee', 'manager');

beforeAll(async () => {
  world = await startFilesWorld();
  const { db } = world.database;
  const organizationId = 'org';
  await db.insert(departments).values([
    { organizationId, id: 'north', name: 'North', parentId: 'all' },
    { organizationId, id: 'far-north', name: 'Far north', parentId: 'north' },
    { organizationId, id: 'south', name: 'South', parentId: 'all' },
  ]);
  await db.update(employees).set({ departmentId: 'far-north' }).where(eq(employees.id, 'ann'));
  await db.update(employees).set({ departmentId: 'south' }).where(eq(employees.id, 'ben'));
  await db.insert(employees).values({
    ...{ organizationId, id: 'mia', number: '7', name: 'mia', email: 'mia@small.example', departmentId: 'north' },
  });
  await insertSmallOrganization(world.database, 'other');
  await db.insert(tenants).values({ organizationId, id: 'team', name: 'team', tierId: 'standard', hostId: 'local' });
  await db.insert(assignments).values({ organizationId, tenantId: 'team', employeeId: 'ben' });
  const spool = await openUploadSpool(world.folder('spool'));
  const { database, blobs, host } = world;
  const hosts = new Map([['local', host]]);
  const reader = createWorkspaceReader({ hosts, blobs });
  const writer = createWorkspaceWriter({ database, hosts, checkpoints: { takeSoon } });
  service = createWorkspaceService({ database, blobs, reader, writer, spool, memory: { limit: async () => 12_000 } });
});
afterAll(() => world.close());

beforeEach(async () => {
  await world.reset();
  await world.database.db.delete(operations);
  world.host.workspaces.clear();
  world.host.workspaceChanges.length = 0;
  world.host.workspaces.set(
    'ann',
    new Map([
      ['notes.md', 'hello'],
      ['memory/monday.md', 'rain'],
    ]),
  );
  world.host.workspaces.set('ben', new Map([['secret.md', 'bens']]));
  world.host.workspaces.set('team', new Map([['plan.md', 'ours']]));
  takeSoon.mockClear();
});

const list = (who: Principal, tenantId: string, path = '') => service.list(who, tenantId, { path, offset: 0 });
const write = (who: Principal, tenantId: string, path: string, content: string, expected = 'none') =>
  service.write(who, tenantId, { path, expected }, chunks(content));
async function* chunks(content: string) {
  yield Buffer.from(content);
}
const sha = (content: string) => createHash('sha256').update(content).digest('hex');

/** The newest events about files, the newest first: action, actor, detail. */
async function trail(count: number) {
  const rows = await world.database.db.select().from(auditEvents).orderBy(desc(auditEvents.id)).limit(count);
  return rows.map(({ action, actorName, targetId, detail }) => [action, actorName, targetId, detail]);
}
const trailLength = () => world.database.db.$count(auditEvents);

test('one change of an agent’s files at a time: another one meanwhile is told to try again, another agent’s is not', async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let began = () => {};
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const change = vi.spyOn(world.host, 'changeWorkspace').mockImplementationOnce(async () => {
    began();
    await held;
    return { bytes: 0, hash: '' };
  });
  const first = service.makeFolder(ann, 'ann', 'one');
  await begun;
  await expect(service.makeFolder(ann, 'ann', 'two')).rejects.toMatchObject({
    ...{ code: 'conflict', message: expect.stringContaining('busy') },
  });
  await service.makeFolder(ben, 'ben', 'two');
  letGo();
  await first;
  change.mockRestore();
  await service.makeFolder(ann, 'ann', 'two');
});

test('of MEMORY.md is told how much of it the agent sees, of no other file and of no earlier version', async () => {
  world.host.workspaces.get('ann')?.set('MEMORY.md', 'tea');
  expect(await service.open(ann, 'ann', { path: 'MEMORY.md' })).toMatchObject({ text: 'tea', promptLimit: 12_000 });
  expect(await service.open(ann, 'ann', { path: 'notes.md' })).toMatchObject({ promptLimit: null });
});

describe('a person', () => {
  test('sees and reads what their agent has, and nobody is told', async () => {
    const before = await trailLength();
    expect(await list(ann, 'ann')).toMatchObject({
      path: '',
      entries: [
        { name: 'memory', kind: 'folder' },
        { name: 'notes.md', kind: 'file', bytes: 5 },
      ],
      total: 2,
      takenAt: null,
      mayEdit: true,
    });
    expect(await service.open(ann, 'ann', { path: 'notes.md' })).toMatchObject({
      kind: 'text',
      text: 'hello',
      hash: sha('hello'),
      mayEdit: true,
    });
    const { file, name } = await service.download(ann, 'ann', { path: 'memory/monday.md' });
    expect([await text(file), name]).toEqual(['rain', 'monday.md']);
    expect(await trailLength()).toBe(before);
  });

  test('saves a file that is what they had read; it is in the trail without its content, and in a checkpoint soon', async () => {
    expect(await write(ann, 'ann', 'notes.md', 'hello again', sha('hello'))).toEqual({
      path: 'notes.md',
      bytes: 11,
      hash: sha('hello again'),
    });
    expect(await trail(1)).toEqual([['file.written', 'ann', 'ann', { path: 'notes.md', bytes: 11 }]]);
    expect(takeSoon).toHaveBeenCalledWith('org', 'ann');
    const before = await trailLength();
    await expect(write(ann, 'ann', 'notes.md', 'older', sha('hello'))).rejects.toMatchObject({
      code: 'conflict',
      details: expect.anything(),
    });
    expect(await trailLength()).toBe(before);
  });

  test('makes, renames and deletes, each with its event', async () => {
    await service.makeFolder(ann, 'ann', 'drafts');
    await service.move(ann, 'ann', 'notes.md', 'drafts/notes.md');
    await service.remove(ann, 'ann', 'drafts/notes.md');
    expect((await trail(3)).reverse()).toEqual([
      ['file.folder_made', 'ann', 'ann', { path: 'drafts' }],
      ['file.moved', 'ann', 'ann', { path: 'notes.md', to: 'drafts/notes.md', bytes: 5 }],
      ['file.removed', 'ann', 'ann', { path: 'drafts/notes.md', bytes: 5 }],
    ]);
  });

  test('cannot send more than a file may have', async () => {
    const upload = (async function* () {
      for (let sent = 0; sent <= workspaceLimits.uploadBytes; sent += 2 ** 20) yield Buffer.alloc(2 ** 20);
    })();
    await expect(service.write(ann, 'ann', { path: 'large', expected: 'none' }, upload)).rejects.toMatchObject({
      code: 'too_large',
    });
    expect(world.host.workspaceChanges).toEqual([]);
  });

  test('reads what their team’s agent has, and changes nothing there', async () => {
    expect(await list(ben, 'team')).toMatchObject({ entries: [{ name: 'plan.md' }], mayEdit: false });
    expect(await service.open(ben, 'team', { path: 'plan.md' })).toMatchObject({ text: 'ours', mayEdit: false });
    await expect(write(ben, 'team', 'plan.md', 'mine', 'any')).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(service.remove(ben, 'team', 'plan.md')).rejects.toMatchObject({ code: 'not_allowed' });
    expect(world.host.workspaceChanges).toEqual([]);
  });
});

describe('somebody else’s agent', () => {
  test.each([
    ['a colleague', ann, 'ben'],
    ['a manager of another department', manager, 'ben'],
    ['a manager, of an agent that is nobody’s', manager, 'team'],
    ['an operator', person('olga', 'operator'), 'ann'],
    ['an admin of another organization', { ...admin, organizationId: 'other' }, 'ann'],
    ['an admin, of another organization’s', admin, 'other-ann'],
  ])('is not there for %s', async (_, who, tenantId) => {
    const path = world.host.workspaces.get(tenantId)?.keys().next().value ?? 'notes.md';
    const attempts = [
      () => list(who, tenantId),
      () => service.open(who, tenantId, { path }),
      () => service.download(who, tenantId, { path }),
      () => service.versions(who, tenantId, path),
      () => write(who, tenantId, path, 'x', 'any'),
      () => service.makeFolder(who, tenantId, 'x'),
      () => service.move(who, tenantId, path, 'x'),
      () => service.remove(who, tenantId, path),
      () => service.restore(who, tenantId, { path, version: 'x', expected: 'any' }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    expect(world.host.workspaceChanges).toEqual([]);
  });

  test('is changed by a manager above and by an admin; what they read is in the trail', async () => {
    for (const who of [manager, admin]) {
      await service.open(who, 'ann', { path: 'notes.md' });
      await write(who, 'ann', `of-${who.name}.md`, 'x');
    }
    expect((await trail(4)).reverse()).toEqual([
      ['file.read', 'mia', 'ann', { path: 'notes.md' }],
      ['file.written', 'mia', 'ann', { path: 'of-mia.md', bytes: 1 }],
      ['file.read', 'ada', 'ann', { path: 'notes.md' }],
      ['file.written', 'ada', 'ann', { path: 'of-ada.md', bytes: 1 }],
    ]);
  });

  test('is read by an auditor, with an event, and not changed', async () => {
    expect((await list(auditor, 'ben')).mayEdit).toBe(false);
    const { file } = await service.download(auditor, 'ben', { path: 'secret.md' });
    expect(await text(file)).toBe('bens');
    expect(await trail(1)).toEqual([['file.read', 'otto', 'ben', { path: 'secret.md' }]]);
    await expect(write(auditor, 'ben', 'secret.md', 'x', 'any')).rejects.toMatchObject({ code: 'not_allowed' });
  });
});

describe('an agent whose files are not on its host', () => {
  beforeEach(async () => {
    await world.write('ann', 'workspace/notes.md', 'as it slept');
    await world.write('ann', 'workspace/SOUL.md', 'who I am');
    await world.write('ann', 'state/secret', 'not the workspace');
    await world.take('ann');
    world.host.workspaces.delete('ann');
  });

  test('shows its newest checkpoint, and of when that is', async () => {
    expect(await list(ann, 'ann')).toMatchObject({
      entries: [
        { name: 'notes.md', bytes: 11, managed: null, modifiedAt: expect.any(String) },
        { name: 'SOUL.md', managed: 'soul' },
      ],
      takenAt: expect.any(String),
    });
    expect(await service.open(ann, 'ann', { path: 'notes.md' })).toMatchObject({ text: 'as it slept' });
    await expect(service.open(ann, 'ann', { path: '../state/secret' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(list(ann, 'ann', 'nowhere')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('has them put in place for a change: the host is told of what', async () => {
    world.host.workspaces.set('ann', new Map());
    await write(ann, 'ann', 'new.md', 'x');
    const [tenant] = await world.database.db.select().from(tenants).where(eq(tenants.id, 'ann'));
    expect(world.host.workspaceChanges[0]).toMatchObject({
      uid: tenant?.uid,
      files: { epoch: tenant?.filesEpoch, checkpoint: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  test('that never ran has an empty workspace, and says what to do first', async () => {
    const nowhere = { hostId: null, checkpointId: null };
    await world.database.db.update(tenants).set(nowhere).where(eq(tenants.id, 'ann'));
    expect(await list(ann, 'ann')).toMatchObject({ entries: [], mayEdit: false });
    await expect(write(ann, 'ann', 'new.md', 'x')).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringMatching(/message/),
    });
  });

  test('is not changed while its files are being restored', async () => {
    await world.database.db.insert(operations).values({
      ...{ organizationId: 'org', id: 'op', tenantId: 'ann', kind: 'restore', requestedBy: 'ada', phase: 'waiting' },
      request: { kind: 'restore' } as never,
      deadlineAt: new Date(Date.now() + 60_000),
    });
    await expect(write(ann, 'ann', 'new.md', 'x')).rejects.toMatchObject({ code: 'conflict' });
    expect(world.host.workspaceChanges).toEqual([]);
  });
});

describe('versions of a file', () => {
  test('are those of the checkpoints, each content once, and one becomes the newest again', async () => {
    await world.write('ann', 'workspace/notes.md', 'one');
    const first = await world.take('ann');
    await world.write('ann', 'workspace/other.md', 'x');
    await world.take('ann', 'backup');
    await world.write('ann', 'workspace/notes.md', 'second');
    await world.take('ann');
    const versions = await service.versions(ann, 'ann', 'notes.md');
    expect(versions.map(({ bytes, backup }) => [bytes, backup])).toEqual([
      [6, false],
      [3, true],
    ]);
    const old = versions[1]?.id ?? '';
    expect(await service.open(ann, 'ann', { path: 'notes.md', version: old })).toMatchObject({
      text: 'one',
      mayEdit: false,
    });
    const { file } = await service.download(ann, 'ann', { path: 'notes.md', version: first.id });
    expect(await text(file)).toBe('one');

    const restored = { path: 'notes.md', version: old, expected: sha('hello') };
    expect(await service.restore(ann, 'ann', restored)).toMatchObject({ hash: sha('one') });
    expect(world.host.workspaces.get('ann')?.get('notes.md')).toBe('one');
    expect(await trail(1)).toEqual([['file.restored', 'ann', 'ann', { path: 'notes.md', bytes: 3, version: old }]]);
  });

  test('of another agent’s checkpoint are not there', async () => {
    await world.write('ben', 'workspace/notes.md', 'bens');
    const { id } = await world.take('ben');
    const query = { path: 'notes.md', version: id };
    await expect(service.open(ann, 'ann', query)).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.restore(ann, 'ann', { ...query, expected: 'any' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('that are damaged are left out, and told as that when they are opened', async () => {
    await world.write('ann', 'workspace/notes.md', 'one');
    const { id } = await world.take('ann');
    const query = { path: 'notes.md', version: id };
    await world.damage(sha('one'));
    await expect(service.open(ann, 'ann', query)).rejects.toMatchObject({ code: 'conflict' });
    await expect(service.restore(ann, 'ann', { ...query, expected: 'any' })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

test('what is no text is told as that, and what is larger than an editor takes is not looked into', async () => {
  world.host.workspaces.get('ann')?.set('zero.bin', 'a\0b');
  world.host.workspaces.get('ann')?.set('large.txt', 'x'.repeat(workspaceLimits.textBytes + 1));
  expect(await service.open(ann, 'ann', { path: 'zero.bin' })).toMatchObject({ kind: 'binary', text: null });
  expect(await service.open(ann, 'ann', { path: 'large.txt' })).toMatchObject({
    kind: 'large',
    text: null,
    hash: null,
  });
});
