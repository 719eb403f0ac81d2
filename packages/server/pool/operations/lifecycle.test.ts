import { ClawpoolError } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { checkpoints, configTemplates, hosts as hostRows } from '../../store/schema/index.ts';
import { type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { signedIn } from '../../testing/turn-context.ts';

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
const otherHost = () => {
  const host = world.hosts.get('other');
  if (!host) throw new Error('unreachable');
  return host;
};

test('create makes a tenant of its tier and starts it', async () => {
  const { tenant, operation } = await create({ name: 'lab', tags: { team: 'red' }, group: 'labs', cpus: 0.5 });
  expect(tenant).toMatchObject({ name: 'lab', owner: null, group: 'labs', cpus: 0.5, tier: 'Standard' });
  expect(await world.over(operation.id)).toMatchObject({
    state: 'succeeded',
    phase: 'finished',
    result: { startedBy: 'start' },
  });
  expect(await world.pool.get(tenant.id)).toMatchObject({
    state: 'running',
    health: 'up',
    memoryLimitBytes: 1024 * 2 ** 20,
  });
  expect(await reservationsOf(database, tenant.id)).toMatchObject([{ cpuMillis: 500 }]);
  const [request] = world.hosts.get('local')?.startRequests ?? [];
  expect(request ?? otherHost().startRequests[0]).toMatchObject({
    limits: { cpus: 0.5 },
    agent: { name: 'lab', tools: ['shell', 'file'], owner: { name: 'lab', position: '' } },
  });
});

test('create without a start leaves it asleep, with the files of a checkpoint in place', async () => {
  await world.pool.wake('ann');
  world.host.files.set('ann', 'of ann');
  otherHost().files.set('ann', 'of ann');
  const backup = await world.operate('ann', { kind: 'backup', note: 'for a friend', pinned: false });
  for (const host of world.hosts.values()) for (const [root, text] of world.host.stored) host.stored.set(root, text);
  for (const host of world.hosts.values()) for (const [root, text] of otherHost().stored) host.stored.set(root, text);
  const { tenant, operation } = await create({
    restoreFrom: { checkpointId: backup.result?.checkpointId },
    start: false,
  });
  expect(await world.over(operation.id)).toMatchObject({ state: 'succeeded' });
  expect(await tenantRow(database, tenant.id)).toMatchObject({ state: 'hibernated', generation: 0 });
  expect([...world.hosts.values()].map((host) => host.files.get(tenant.id))).toContain('of ann');
  expect(await reservationsOf(database, tenant.id)).toEqual([]);
  expect(await checkpointsOf(tenant.id)).toHaveLength(1);
});

test('a clone of a tenant that never ran is a tenant without files of its own', async () => {
  const { tenant, operation } = await create({ cloneFrom: 'agent-ann' });
  expect(await world.over(operation.id)).toMatchObject({ state: 'succeeded' });
  expect([...world.hosts.values()].flatMap(({ starts }) => starts)).toEqual([tenant.id]);
});

test('create from another tenant begins with its files as they are now', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values()) host.files.set('ann', 'just now');
  const { tenant, operation } = await create({ cloneFrom: 'agent-ann' });
  expect(await world.over(operation.id)).toMatchObject({ state: 'succeeded' });
  const [first] = await checkpointsOf(tenant.id);
  const request = [...world.hosts.values()]
    .flatMap((host) => host.startRequests)
    .find(({ tenantId }) => tenantId === tenant.id);
  expect(request?.files).toEqual({ epoch: 1, checkpoint: first?.root });
  expect((await ann()).state).toBe('running');
});

test('a create that cannot start leaves a failed tenant, nothing in the ledger, and can be started later', async () => {
  for (const host of world.hosts.values())
    host.startWith({ ok: false, reason: 'storage_full', message: 'Full.', hint: 'Free space.' });
  const { tenant, operation } = await create({});
  expect(await world.over(operation.id)).toMatchObject({
    state: 'failed',
    reason: 'storage_full',
    hint: 'Free space.',
  });
  expect(await tenantRow(database, tenant.id)).toMatchObject({
    state: 'failed',
    reason: 'storage_full',
    startFailures: 1,
  });
  expect(await reservationsOf(database, tenant.id)).toEqual([]);
  for (const host of world.hosts.values()) host.startWith({ ok: true, readyMs: 1 });
  expect(await world.operate(tenant.id, { kind: 'start' })).toMatchObject({ state: 'succeeded' });
});

test('stop stores the files, frees the place, and a start brings the tenant back', async () => {
  await world.pool.wake('ann');
  const host = await ann().then(({ hostId }) => world.hosts.get(hostId ?? ''));
  host?.files.set('ann', 'kept');
  expect(await world.operate('ann', { kind: 'stop' })).toMatchObject({ state: 'succeeded', message: null });
  expect(await ann()).toMatchObject({ state: 'stopped', diskBytes: 4 });
  expect(await held()).toBe(0);
  expect(host?.runtimes.size).toBe(0);
  expect(await world.operate('ann', { kind: 'start' })).toMatchObject({ state: 'succeeded' });
  expect(await ann()).toMatchObject({ state: 'running', generation: 2 });
});

test('a stop whose checkpoint fails stops all the same and says that the files are kept on the host', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values())
    host.beforeFiles(() => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    });
  const stopped = await world.operate('ann', { kind: 'stop' });
  expect(stopped).toMatchObject({ state: 'succeeded', message: expect.stringContaining('kept on the host') });
  expect((await ann()).state).toBe('stopped');
});

test('restart gives the tenant a new runtime and keeps the person’s name in the books', async () => {
  await world.pool.wake('ann');
  expect(await world.operate('ann', { kind: 'restart' })).toMatchObject({ state: 'succeeded', requestedBy: 'Olga' });
  expect(await ann()).toMatchObject({ state: 'running', generation: 2 });
  expect(await held()).toBe(1);
});

test('a tenant that is at work is not put to sleep', async () => {
  await world.pool.wake('ann');
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  for (const host of world.hosts.values())
    host.answerWith(async function* () {
      yield { type: 'delta', text: 'working' };
      await gate;
      yield { type: 'done', text: 'done' };
    });
  const turn = world.pool.turn(
    { tenantId: 'ann', turnId: 't', session: 's', text: 'hi', context: signedIn },
    new AbortController().signal,
  );
  const iterator = turn[Symbol.asyncIterator]();
  await iterator.next();
  expect([...world.pool.busyTenants()]).toEqual(['ann']);
  expect(await world.operate('ann', { kind: 'hibernate' })).toMatchObject({ state: 'failed', reason: 'superseded' });
  expect(await ann()).toMatchObject({ state: 'running' });
  expect(world.pool.isRunning('ann')).toBe(true);
  goOn();
  await iterator.next();
  await iterator.next();
  expect([...world.pool.busyTenants()]).toEqual([]);
  expect(await world.operate('ann', { kind: 'hibernate' })).toMatchObject({ state: 'succeeded' });
});

test('pause freezes a runtime and keeps its place, resume lets it go on', async () => {
  await world.pool.wake('ann');
  expect(await world.operate('ann', { kind: 'pause' })).toMatchObject({ state: 'succeeded' });
  expect(await ann()).toMatchObject({ state: 'paused', generation: 1 });
  expect(await held()).toBe(1);
  expect(world.pool.isRunning('ann')).toBe(false);
  expect(await world.operate('ann', { kind: 'resume' })).toMatchObject({ state: 'succeeded' });
  expect(await ann()).toMatchObject({ state: 'running', generation: 1 });
  expect(world.pool.isRunning('ann')).toBe(true);
});

test('reset removes what OpenClaw makes anew, after a backup, and starts a tenant that ran', async () => {
  await world.pool.wake('ann');
  const reset: string[] = [];
  for (const host of world.hosts.values())
    host.resetFiles = async (id) => {
      expect(host.runtimes.has(id)).toBe(false);
      reset.push(id);
    };
  expect(await world.operate('ann', { kind: 'reset' })).toMatchObject({ state: 'succeeded' });
  expect(reset).toEqual(['ann']);
  expect(await ann()).toMatchObject({ state: 'running', generation: 2 });
  expect(await checkpointsOf('ann')).toMatchObject([{ cause: 'backup', note: 'before a reset', backup: true }]);
});

test('a reset of a tenant that sleeps lets it sleep', async () => {
  await world.pool.wake('ann');
  await world.pool.stop('ann');
  expect(await world.operate('ann', { kind: 'reset' })).toMatchObject({ state: 'succeeded' });
  expect(await ann()).toMatchObject({ state: 'hibernated', generation: 1 });
});

test('rebuild moves a tenant to another image, which is installed while the old one still runs', async () => {
  await world.pool.wake('ann');
  const provided: [string, boolean][] = [];
  for (const host of world.hosts.values())
    host.provideImage = async (image) => void provided.push([image, host.runtimes.has('ann')]);
  expect(await world.operate('ann', { kind: 'rebuild', image: 'lean-image' })).toMatchObject({ state: 'succeeded' });
  expect(provided).toEqual([['lean-image', true]]);
  expect(await ann()).toMatchObject({ state: 'running', image: 'lean-image' });
  expect((await world.pool.get('ann'))?.image).toBe('lean-image');
});

test('a rebuild whose image does not start brings the tenant back with the old one', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values()) {
    const start = host.start;
    host.start = (request) =>
      request.image === 'lean-image'
        ? Promise.resolve({ ok: false, reason: 'configuration_invalid', message: 'Refused.', hint: 'Look.' })
        : start(request);
  }
  expect(await world.operate('ann', { kind: 'rebuild', image: 'lean-image' })).toMatchObject({
    ...{ state: 'failed', reason: 'configuration_invalid' },
  });
  expect(await ann()).toMatchObject({ state: 'running', image: null, reason: null });
  expect(await held()).toBe(1);
});

test('an image that is not there yet is installed before a new tenant is placed, with the time that takes', async () => {
  const provided: string[] = [];
  for (const host of world.hosts.values()) {
    const describe = host.describe;
    host.describe = async () => {
      const description = await describe();
      return {
        ...description,
        images: description.images.map((image) => ({ ...image, installed: image.id !== 'lean-image' })),
      };
    };
    host.provideImage = async (image) => void provided.push(image);
  }
  const { operation } = await create({ image: 'lean-image', preferredHost: 'local' });
  const done = await world.over(operation.id);
  expect(done).toMatchObject({ state: 'succeeded' });
  expect(provided).toEqual(['lean-image']);
  expect(Date.parse(done.deadlineAt) - Date.parse(done.startedAt ?? '')).toBeGreaterThan(600_000);
});

test('a rebuild with another template takes that one’s image', async () => {
  const content = { description: '', skills: [], skillGroups: [], instructions: '', image: 'lean-image' };
  await database.db
    .insert(configTemplates)
    .values({ organizationId: 'org', name: 'lean', version: 1, content, createdBy: 'Olga' });
  const provided: string[] = [];
  for (const host of world.hosts.values()) host.provideImage = async (image) => void provided.push(image);
  await world.pool.wake('ann');
  expect(await world.operate('ann', { kind: 'rebuild', configTemplate: 'lean' })).toMatchObject({ state: 'succeeded' });
  expect(provided).toEqual(['lean-image']);
  expect((await world.pool.get('ann'))?.image).toBe('lean-image');
  expect(await world.operate('ann', { kind: 'rebuild', configTemplate: 'default' })).toMatchObject({
    state: 'succeeded',
  });
  expect(await world.pool.get('ann')).toMatchObject({ image: 'test-image', configTemplate: null });
});

test('resize changes limits and ledger while the tenant runs', async () => {
  await world.pool.wake('ann');
  const limits: unknown[] = [];
  for (const host of world.hosts.values()) host.setLimits = async (id, given) => void limits.push([id, given]);
  expect(await world.operate('ann', { kind: 'resize', cpus: 2, memoryMegabytes: 600 })).toMatchObject({
    state: 'succeeded',
  });
  expect(limits).toEqual([['ann', { cpus: 2, memoryBytes: 600 * 2 ** 20, pids: 128 }]]);
  expect(await ann()).toMatchObject({ state: 'running', generation: 1, cpuMillis: 2000, memoryMegabytes: 600 });
  expect(await reservationsOf(database, 'ann')).toMatchObject([{ cpuMillis: 2000, memoryMegabytes: 512 }]);
});

test('a size that the host refuses is taken back everywhere, and the person is told why', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values())
    host.setLimits = async (_, { memoryBytes }) => {
      if (memoryBytes < 1024 * 2 ** 20) throw new ClawpoolError('conflict', 'It uses 700 MB.');
    };
  const failed = await world.operate('ann', { kind: 'resize', memoryMegabytes: 600, cpus: 3 });
  expect(failed).toMatchObject({ state: 'failed', reason: 'memory_limit', message: expect.stringContaining('700 MB') });
  expect(await ann()).toMatchObject({ state: 'running', cpuMillis: null, memoryMegabytes: null });
  expect(await reservationsOf(database, 'ann')).toMatchObject([{ cpuMillis: 1000 }]);
});

test('less memory than is in use is refused before the kernel could kill for it', async () => {
  await world.pool.wake('ann');
  const asked: number[] = [];
  for (const host of world.hosts.values()) {
    host.usage = async () => ({ memoryBytes: 700 * 2 ** 20, cpuSeconds: 1, processes: 1 });
    host.setLimits = async (_, { memoryBytes }) => void asked.push(memoryBytes / 2 ** 20);
  }
  const failed = await world.operate('ann', { kind: 'resize', memoryMegabytes: 600 });
  expect(failed).toMatchObject({ state: 'failed', reason: 'memory_limit', message: expect.stringContaining('700 MB') });
  expect(asked).not.toContain(600);
  expect(await ann()).toMatchObject({ state: 'running', memoryMegabytes: null });
});

test('a size that there is no room for changes nothing', async () => {
  await world.pool.wake('ann');
  await database.db.update(hostRows).set({ cpuMillis: 1500 });
  expect(await world.operate('ann', { kind: 'resize', cpus: 2 })).toMatchObject({
    state: 'failed',
    reason: 'capacity_unavailable',
  });
  expect(await ann()).toMatchObject({ state: 'running', cpuMillis: null });
  expect(await reservationsOf(database, 'ann')).toMatchObject([{ cpuMillis: 1000 }]);
});
