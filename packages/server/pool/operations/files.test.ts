import { ClawpoolError, DamagedBlobError } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, checkpoints, grants, tenants } from '../../store/schema/index.ts';
import { type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';

let database: Database;
let world: PoolWorld;
const images = ['test-image', 'lean-image'];

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(
    database,
    new Map(['local', 'other'].map((id) => [id, createScriptedHost({ image: 'test-image', images })])),
  );
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const ann = () => tenantRow(database, 'ann');
const held = async () => (await reservationsOf(database, 'ann')).length;
const checkpointsOf = (tenantId: string) =>
  database.db.select().from(checkpoints).where(eq(checkpoints.tenantId, tenantId)).orderBy(checkpoints.createdAt);
const actions = async () =>
  (await database.db.select().from(auditEvents).orderBy(auditEvents.id)).map((row) => row.action);
const create = (body: object) =>
  world.pool.operations.create({
    organizationId: 'org',
    requestedBy: 'Olga',
    body: {
      ...{
        name: 'new',
        tags: {},
        skills: [],
        skillGroups: [],
        ttlHours: null,
        onExpiry: 'stop',
        timetable: null,
        start: true,
      },
      ...body,
    },
  });
test('restore backs the present files up, puts the older ones back and starts the tenant with the next epoch', async () => {
  await world.pool.wake('ann');
  const host = world.hosts.get((await ann()).hostId ?? '');
  host?.files.set('ann', 'older');
  const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: false });
  host?.files.set('ann', 'newer');
  const checkpointId = backup.result?.checkpointId ?? '';
  expect(await world.operate('ann', { kind: 'restore', from: { checkpointId } })).toMatchObject({ state: 'succeeded' });
  expect(host?.files.get('ann')).toBe('older');
  expect(await ann()).toMatchObject({ state: 'running', filesEpoch: 2, checkpointId, generation: 2 });
  expect(host?.startRequests.at(-1)?.files.epoch).toBe(2);
  const causes = (await checkpointsOf('ann')).map(({ cause }) => cause);
  expect(causes).toContain('before_restore');
  expect([...(host?.stored.values() ?? [])]).toContain('newer');
  expect(await actions()).toContain('tenant.restoring');
});

test('a damaged checkpoint leaves the tenant as it was, and running', async () => {
  await world.pool.wake('ann');
  const host = world.hosts.get((await ann()).hostId ?? '');
  host?.files.set('ann', 'older');
  const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: false });
  host?.files.set('ann', 'newer');
  host?.beforeFiles((what) => {
    if (what === 'restore') throw new DamagedBlobError('0'.repeat(64));
  });
  const checkpointId = backup.result?.checkpointId ?? '';
  const failed = await world.operate('ann', { kind: 'restore', from: { checkpointId } });
  expect(failed).toMatchObject({ state: 'failed', reason: 'checkpoint_damaged' });
  expect(host?.files.get('ann')).toBe('newer');
  expect(await ann()).toMatchObject({ state: 'running', filesEpoch: 1 });
  expect(await held()).toBe(1);
});

const [full, lost] = [Object.assign(new Error('no space'), { code: 'ENOSPC' }), new Error('the answer was lost')];
test.each([
  [full, 'storage_full', 1, 'newer', expect.not.stringContaining('newest checkpoint')],
  [lost, 'checkpoint_missing', 3, 'newer', expect.stringContaining('newest checkpoint, which may be older')],
])(
  'a restore without a backup that fails (%s) loses nothing that the host still has',
  async (error, reason, filesEpoch, files, hint) => {
    await world.pool.wake('ann');
    const host = world.hosts.get((await ann()).hostId ?? '');
    host?.files.set('ann', 'older');
    const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: false });
    host?.files.set('ann', 'newer');
    host?.beforeFiles((what) => {
      if (what === 'restore') throw error;
    });
    const from = { checkpointId: backup.result?.checkpointId ?? '' };
    const failed = await world.operate('ann', { kind: 'restore', from, skipBackup: true });
    expect(failed).toMatchObject({ state: 'failed', reason, hint });
    expect(await ann()).toMatchObject({ state: 'running', filesEpoch });
    expect(host?.files.get('ann')).toBe(files);
  },
);

test('a restore that no host hears of leaves the files as they are', async () => {
  await world.pool.wake('ann');
  const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: false });
  await world.pool.stop('ann');
  (world.hosts as Map<string, unknown>).delete((await ann()).hostId ?? '');
  const from = { checkpointId: backup.result?.checkpointId ?? '' };
  const failed = await world.operate('ann', { kind: 'restore', from, skipBackup: true });
  expect(failed).toMatchObject({ state: 'failed', reason: 'host_unreachable' });
  expect(await ann()).toMatchObject({ filesEpoch: 1 });
});

test('stored files that are damaged when a tenant starts need a person’s attention, and a restore leads out of it', async () => {
  await world.pool.wake('ann');
  const host = world.hosts.get((await ann()).hostId ?? '');
  host?.files.set('ann', 'good');
  const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: true });
  await world.pool.stop('ann');
  host?.startWith({ ok: false, reason: 'checkpoint_damaged', message: 'Damaged.', hint: 'Restore another.' });
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false, reason: 'checkpoint_damaged' });
  expect((await ann()).state).toBe('requires_attention');
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false, reason: 'agent_needs_attention' });

  host?.startWith({ ok: true, readyMs: 1 });
  const checkpointId = backup.result?.checkpointId ?? '';
  expect(await world.operate('ann', { kind: 'restore', from: { checkpointId } })).toMatchObject({ state: 'succeeded' });
  expect((await ann()).state).toBe('hibernated');
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true });
});

test('clone makes a tenant like this one with its files, and leaves this one as it is', async () => {
  await database.db
    .update(tenants)
    .set({ tags: { team: 'red' }, group: 'labs', cpuMillis: 700 })
    .where(eq(tenants.id, 'ann'));
  await world.pool.wake('ann');
  const cloned = await world.operate('ann', { kind: 'clone', name: 'twin', start: true });
  expect(cloned).toMatchObject({
    state: 'succeeded',
    result: { tenantId: expect.any(String), checkpointId: expect.any(String) },
  });
  const id = cloned.result?.tenantId ?? '';
  await expect.poll(async () => (await tenantRow(database, id)).state).toBe('running');
  expect(await tenantRow(database, id)).toMatchObject({
    name: 'twin',
    tags: { team: 'red' },
    group: 'labs',
    cpuMillis: 700,
    employeeId: null,
  });
  expect(await ann()).toMatchObject({ state: 'running', generation: 1 });
});

test('migrate moves files and runtime, and removes the files from the source only then', async () => {
  await world.pool.wake('ann');
  const [source, target] = (await ann()).hostId === 'local' ? ['local', 'other'] : ['other', 'local'];
  const [from, to] = [world.hosts.get(source), world.hosts.get(target)];
  if (!from || !to) throw new Error('unreachable');
  from.files.set('ann', 'luggage');
  // One blob store for all hosts.
  to.stored = from.stored;
  to.beforeFiles(() => {
    for (const [root, text] of from.stored) to.stored.set(root, text);
  });
  expect(await world.operate('ann', { kind: 'migrate', host: target })).toMatchObject({ state: 'succeeded' });
  expect(await ann()).toMatchObject({ state: 'running', hostId: target, filesEpoch: 2, generation: 2 });
  expect(to.files.get('ann')).toBe('luggage');
  expect(from.files.has('ann')).toBe(false);
  expect(from.runtimes.size).toBe(0);
  expect(await reservationsOf(database, 'ann')).toMatchObject([{ hostId: target }]);
});

test('a migration that fails on the target leaves the tenant running on the source', async () => {
  await world.pool.wake('ann');
  const [source, target] = (await ann()).hostId === 'local' ? ['local', 'other'] : ['other', 'local'];
  const [from, to] = [world.hosts.get(source), world.hosts.get(target)];
  if (!from || !to) throw new Error('unreachable');
  from.files.set('ann', 'luggage');
  to.beforeFiles(() => {
    for (const [root, text] of from.stored) to.stored.set(root, text);
  });
  to.startWith({ ok: false, reason: 'start_timeout', message: 'Too slow.', hint: 'Wait.' });
  expect(await world.operate('ann', { kind: 'migrate', host: target })).toMatchObject({
    state: 'failed',
    reason: 'start_timeout',
  });
  expect(await ann()).toMatchObject({ state: 'running', hostId: source });
  expect(from.files.get('ann')).toBe('luggage');
  expect(from.runtimes.get('ann')?.state).toBe('running');
  expect(to.runtimes.size).toBe(0);
  expect(await reservationsOf(database, 'ann')).toMatchObject([{ hostId: source }]);
});

test('delete backs up first, leaves nothing on the host, and frees the name', async () => {
  await world.pool.wake('ann');
  const host = world.hosts.get((await ann()).hostId ?? '');
  host?.files.set('ann', 'last words');
  expect(await world.operate('ann', { kind: 'delete', keepData: true, skipBackup: false })).toMatchObject({
    state: 'succeeded',
  });
  expect(await ann()).toMatchObject({ state: 'deleted', deletedAt: expect.any(Date), hostId: null });
  expect(host?.files.has('ann')).toBe(false);
  expect(await held()).toBe(0);
  expect((await checkpointsOf('ann')).map(({ cause }) => cause)).toContain('before_delete');
  expect((await create({ name: 'agent-ann', employeeId: 'ann' })).tenant.name).toBe('agent-ann');
});

test('delete ends what the agent was granted, with a trail', async () => {
  await database.db.insert(grants).values({
    ...{ organizationId: 'org', id: 'g', tenantId: 'ann', employeeName: 'ann', kind: 'tool', resource: 'shell' },
    ...{ mode: 'permanent', grantedBy: 'Ada', requestId: 'r' },
  });
  await world.operate('ann', { kind: 'delete', keepData: true, skipBackup: true });
  expect(await database.db.select().from(grants)).toMatchObject([
    { endedAt: expect.any(Date), endedBecause: 'agent_deleted' },
  ]);
  expect(await actions()).toContain('grant.ended');
});

test('delete without keeping data removes the checkpoints as well', async () => {
  await world.pool.wake('ann');
  await world.operate('ann', { kind: 'backup', note: '', pinned: true });
  await world.operate('ann', { kind: 'delete', keepData: false, skipBackup: true });
  expect((await ann()).state).toBe('deleted');
  expect(await checkpointsOf('ann')).toEqual([]);
});

test('a delete whose backup fails deletes nothing', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values())
    host.beforeFiles(() => {
      throw new Error('the disk is strange');
    });
  expect(await world.operate('ann', { kind: 'delete', keepData: true, skipBackup: false })).toMatchObject({
    state: 'failed',
    reason: 'backup_failed',
  });
  expect(await ann()).toMatchObject({ state: 'running', generation: 1 });
  expect(world.pool.isRunning('ann')).toBe(true);
  expect(await held()).toBe(1);
});

test('a backup that cannot be taken names its cause, and does not keep a tenant from what mends it', async () => {
  await world.pool.wake('ann');
  const host = world.hosts.get((await ann()).hostId ?? '');
  host?.files.set('ann', 'good');
  const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: true });
  const from = { checkpointId: backup.result?.checkpointId ?? '' };
  host?.files.set('ann', 'nested');
  const [message, hint] = ['The agent’s folders are nested too deep.', 'Move them.'];
  host?.beforeFiles((what) => {
    if (what === 'checkpoint') throw new ClawpoolError('invalid_request', message, hint);
  });
  expect(await world.operate('ann', { kind: 'restore', from })).toMatchObject({
    state: 'failed',
    reason: 'backup_failed',
    message: expect.stringContaining(message),
    hint,
  });
  for (const request of [{ kind: 'reset' }, { kind: 'rebuild' }, { kind: 'restore', from }] as const) {
    expect((await world.operate('ann', request)).state, request.kind).toBe('failed');
    const asked = await world.operate('ann', { ...request, skipBackup: true });
    expect(asked.state, request.kind).toBe('succeeded');
  }
  expect(host?.files.get('ann')).toBe('good');
});

test('a delete that keeps nothing takes no backup', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values())
    host.beforeFiles(() => {
      throw new Error('the disk is strange');
    });
  expect(await world.operate('ann', { kind: 'delete', keepData: false, skipBackup: false })).toMatchObject({
    state: 'succeeded',
  });
  expect((await ann()).state).toBe('deleted');
});

test('a backup says how many entries it is without', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values()) {
    const { checkpoint } = host;
    host.checkpoint = async (...asked) => ({ ...(await checkpoint(...asked)), skipped: 3 });
  }
  await world.operate('ann', { kind: 'backup', note: '', pinned: false });
  expect(await checkpointsOf('ann')).toContainEqual(expect.objectContaining({ cause: 'backup', skipped: 3 }));
});
