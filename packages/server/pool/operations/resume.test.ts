import type { Host, OperationRequest } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, isNull, sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { checkpoints, operations, reservations } from '../../store/schema/index.ts';
import { operationRows, type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { createScriptedHost, type ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';

let database: Database;
let world: PoolWorld;
const ids = ['local', 'other'];
const images = ['test-image', 'lean-image'];

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(database, new Map(ids.map((id) => [id, newHost()])));
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const newHost = () => createScriptedHost({ image: 'test-image', images });

/** `kill -9` of the whole process tree: runtimes are gone, files and blobs are what they were. */
async function killAndStartAgain(): Promise<void> {
  const before = world;
  await before.die();
  const hosts = new Map(ids.map((id) => [id, newHost()]));
  for (const [id, host] of hosts) {
    const old = before.hosts.get(id);
    host.files = old?.files ?? new Map();
    host.stored = old?.stored ?? new Map();
  }
  shareBlobs(hosts);
  world = await startPoolWorld(database, hosts);
}

/** One blob store for all hosts, as in an installation. */
function shareBlobs(hosts: ReadonlyMap<string, ScriptedHost>): void {
  const share = () => {
    for (const from of hosts.values())
      for (const to of hosts.values()) for (const [root, text] of from.stored) to.stored.set(root, text);
  };
  for (const host of hosts.values()) host.beforeFiles(share);
}

type Call =
  | 'start'
  | 'stop'
  | 'pause'
  | 'resume'
  | 'resetFiles'
  | 'removeFiles'
  | 'provideImage'
  | 'restore'
  | 'checkpoint'
  | 'setLimits';

/** The `nth` call hangs for ever, after it did its work or before. Resolves when it hangs. */
function hangAt(
  hosts: ReadonlyMap<string, ScriptedHost>,
  call: Call,
  nth: number,
  when: 'before' | 'after',
): Promise<void> {
  let count = 0;
  return new Promise((hangs) => {
    for (const host of hosts.values()) {
      const real = host[call] as (...given: unknown[]) => Promise<unknown>;
      (host as unknown as Record<string, unknown>)[call] = async (...given: unknown[]) => {
        if (++count !== nth) return real(...given);
        if (when === 'after') await real(...given);
        hangs();
        return new Promise(() => {});
      };
    }
  });
}

const from = { tenantId: 'ann' };
const cases: [OperationRequest, Call, number, string][] = [
  [{ kind: 'start' }, 'start', 1, 'running'],
  [{ kind: 'stop' }, 'checkpoint', 1, 'stopped'],
  [{ kind: 'stop' }, 'stop', 1, 'stopped'],
  [{ kind: 'stop' }, 'checkpoint', 2, 'stopped'],
  [{ kind: 'hibernate' }, 'stop', 1, 'hibernated'],
  [{ kind: 'restart' }, 'stop', 1, 'running'],
  [{ kind: 'restart' }, 'start', 1, 'running'],
  [{ kind: 'reset' }, 'checkpoint', 1, 'running'],
  [{ kind: 'reset' }, 'resetFiles', 1, 'running'],
  [{ kind: 'reset' }, 'start', 1, 'running'],
  [{ kind: 'rebuild', image: 'lean-image' }, 'provideImage', 1, 'running'],
  [{ kind: 'rebuild', image: 'lean-image' }, 'stop', 1, 'running'],
  [{ kind: 'rebuild', image: 'lean-image' }, 'start', 1, 'running'],
  [{ kind: 'backup', note: '', pinned: false }, 'checkpoint', 1, 'hibernated'],
  [{ kind: 'restore', from }, 'checkpoint', 1, 'running'],
  [{ kind: 'restore', from }, 'stop', 1, 'running'],
  [{ kind: 'restore', from }, 'restore', 1, 'running'],
  [{ kind: 'restore', from }, 'start', 1, 'running'],
  [{ kind: 'migrate', host: 'TARGET' }, 'stop', 1, 'running'],
  [{ kind: 'migrate', host: 'TARGET' }, 'restore', 1, 'running'],
  [{ kind: 'migrate', host: 'TARGET' }, 'start', 1, 'running'],
  // It ran on the target already, and its runtime died with the process: it sleeps there.
  [{ kind: 'migrate', host: 'TARGET' }, 'removeFiles', 1, 'hibernated'],
  [{ kind: 'delete', keepData: true, skipBackup: false }, 'checkpoint', 1, 'deleted'],
  [{ kind: 'delete', keepData: true, skipBackup: false }, 'stop', 1, 'deleted'],
  [{ kind: 'delete', keepData: true, skipBackup: false }, 'removeFiles', 1, 'deleted'],
  [{ kind: 'resize', cpus: 2 }, 'setLimits', 1, 'hibernated'],
];

test.each(
  cases.flatMap(([request, call, nth, end]) =>
    (['before', 'after'] as const).map(
      (when) => [request.kind, `${when} ${call} ${nth}`, request, call, nth, when, end] as const,
    ),
  ),
)(
  'a %s whose process is killed %s goes on in the next one',
  async (_kind, _at, request, call, nth, when, end) => {
    shareBlobs(world.hosts);
    await world.pool.wake('ann');
    const { hostId } = await tenantRow(database, 'ann');
    world.hosts.get(hostId ?? '')?.files.set('ann', 'what ann knows');
    await world.operate('ann', { kind: 'backup', note: '', pinned: false });
    const target = ids.find((id) => id !== hostId) ?? '';
    const asked = request.kind === 'migrate' ? { ...request, host: target } : request;
    if (request.kind === 'start') await world.operate('ann', { kind: 'stop' });
    const runtimesBefore = (await tenantRow(database, 'ann')).generation;

    const hangs = hangAt(world.hosts, call, nth, when);
    const made = await world.pool.operations.request({
      organizationId: 'org',
      tenantId: 'ann',
      request: asked,
      requestedBy: 'Olga',
    });
    await hangs;
    await killAndStartAgain();

    expect(await world.over(made.id)).toMatchObject({ state: 'succeeded' });
    const after = await tenantRow(database, 'ann');
    expect(after.state).toBe(end);
    // Whatever happened in between: one place for one runtime, none without.
    const runs = end === 'running';
    expect(await reservationsOf(database, 'ann')).toHaveLength(runs ? 1 : 0);
    const alive = [...world.hosts.values()].flatMap((host) => [...host.runtimes.values()]);
    expect(alive.map(({ id, generation }) => [id, generation])).toEqual(runs ? [['ann', after.generation]] : []);
    // Every start has a generation of its own.
    const generations = [...world.hosts.values()]
      .flatMap((host) => host.startRequests)
      .map(({ generation }) => generation);
    expect(new Set(generations).size).toBe(generations.length);
    for (const generation of generations) expect(generation).toBeGreaterThan(runtimesBefore);
    if (end !== 'deleted') {
      const files = world.hosts.get(after.hostId ?? '')?.files.get('ann');
      expect(files).toBe('what ann knows');
    }
    if (request.kind === 'migrate') {
      expect(after.hostId).toBe(target);
      expect(world.hosts.get(hostId ?? '')?.files.has('ann')).toBe(false);
    }
    expect(await database.db.select().from(operations).where(isNull(operations.finishedAt))).toEqual([]);
    expect(world.errors).toEqual([]);
  },
  30_000,
);

test.each(['before', 'after'] as const)('a create whose process is killed %s its start goes on', async (when) => {
  const hangs = hangAt(world.hosts, 'start', 1, when);
  const { tenant, operation } = await world.pool.operations.create({
    organizationId: 'org',
    requestedBy: 'Olga',
    body: {
      name: 'new',
      tags: {},
      skills: [],
      skillGroups: [],
      ttlHours: null,
      onExpiry: 'stop',
      timetable: null,
      start: true,
    },
  });
  await hangs;
  await killAndStartAgain();
  expect(await world.over(operation.id)).toMatchObject({ state: 'succeeded' });
  expect(await tenantRow(database, tenant.id)).toMatchObject({ state: 'running', generation: 2 });
  expect(await reservationsOf(database, tenant.id)).toMatchObject([{ generation: 2 }]);
});

test('a clone whose process is killed makes one tenant', async () => {
  await world.pool.wake('ann');
  const hangs = hangAt(world.hosts, 'checkpoint', 1, 'after');
  const request = { kind: 'clone', name: 'twin', start: false } as const;
  const made = await world.pool.operations.request({
    organizationId: 'org',
    tenantId: 'ann',
    request,
    requestedBy: 'Olga',
  });
  await hangs;
  await killAndStartAgain();
  const cloned = await world.over(made.id);
  expect(cloned).toMatchObject({ state: 'succeeded', result: { tenantId: expect.any(String) } });
  const id = cloned.result?.tenantId ?? '';
  await expect.poll(async () => (await tenantRow(database, id)).state).toBe('hibernated');
});

test('a wake whose process is killed is over in the next one, and the message after it finds the runtime', async () => {
  const hangs = hangAt(world.hosts, 'start', 1, 'after');
  void world.pool.wake('ann');
  await hangs;
  await killAndStartAgain();
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true, generation: 2 });
  const [wake] = await operationRows(database, 'ann');
  expect(wake).toMatchObject({ kind: 'wake', state: 'succeeded', progress: { lives: 1 } });
});

test('an operation that fails while it is put back fails with its first reason in the next process too', async () => {
  await world.pool.wake('ann');
  for (const host of world.hosts.values()) {
    const start = host.start;
    host.start = (request) =>
      request.image === 'lean-image'
        ? Promise.resolve({ ok: false, reason: 'configuration_invalid', message: 'Refused.', hint: 'Look.' })
        : start(request);
  }
  const hangs = hangAt(world.hosts, 'start', 2, 'before');
  const request = { kind: 'rebuild', image: 'lean-image' } as const;
  const made = await world.pool.operations.request({
    organizationId: 'org',
    tenantId: 'ann',
    request,
    requestedBy: 'Olga',
  });
  await hangs;
  await killAndStartAgain();
  expect(await world.over(made.id)).toMatchObject({ state: 'failed', reason: 'configuration_invalid', hint: 'Look.' });
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'running', image: null });
});

test('an operation that was ended from outside writes nothing more, and its late runtime does not stay', async () => {
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  for (const host of world.hosts.values()) {
    const start = host.start;
    host.start = async (request) => {
      await gate;
      return start(request);
    };
  }
  const made = await world.pool.operations.request({
    organizationId: 'org',
    tenantId: 'ann',
    request: { kind: 'start' },
    requestedBy: 'Olga',
  });
  await expect.poll(async () => (await tenantRow(database, 'ann')).state).toBe('creating');
  const failure = { reason: 'deadline_exceeded', message: 'Too long.' } as const;
  const ends = await Promise.all([1, 2, 3].map(() => world.pool.operations.abandon(made.id, failure)));
  expect(ends.filter(Boolean)).toHaveLength(1);
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'failed', reason: 'deadline_exceeded' });
  expect(await reservationsOf(database, 'ann')).toEqual([]);

  goOn();
  await expect.poll(() => [...world.hosts.values()].flatMap((host) => host.starts)).toEqual(['ann']);
  await expect.poll(() => [...world.hosts.values()].flatMap((host) => [...host.runtimes.keys()])).toEqual([]);
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'failed', generation: 1 });
  expect(await world.operate('ann', { kind: 'start' })).toMatchObject({ state: 'succeeded' });
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'running', generation: 2 });
});

test('closing gives up what is under way, and the next process ends it', async () => {
  await world.pool.wake('ann');
  const host = world.hosts.get((await tenantRow(database, 'ann')).hostId ?? '') as Host;
  const stop = host.stop;
  let stops = 0;
  host.stop = async (id) => {
    if (++stops === 1) await new Promise((resolve) => setTimeout(resolve, 300));
    return stop(id);
  };
  const made = await world.pool.operations.request({
    organizationId: 'org',
    tenantId: 'ann',
    request: { kind: 'restart' },
    requestedBy: 'Olga',
  });
  await expect.poll(() => stops).toBe(1);
  await world.close();
  const [row] = await database.db.select().from(operations).where(eq(operations.id, made.id));
  expect(row).toMatchObject({ finishedAt: null, leaseOwner: null, state: 'queued' });
  world = await startPoolWorld(database, new Map(ids.map((id) => [id, newHost()])));
  expect(await world.over(made.id)).toMatchObject({ state: 'succeeded' });
  expect((await tenantRow(database, 'ann')).state).toBe('running');
});

test.each(['start', 'stop'] as const)(
  'a database that ends every connection while the host works on a %s costs nothing',
  async (call) => {
    await world.pool.wake('ann');
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let called = 0;
    for (const host of world.hosts.values()) {
      const real = host[call] as (given: unknown) => Promise<unknown>;
      (host as unknown as Record<string, unknown>)[call] = async (given: unknown) => {
        if (++called === 1) await gate;
        return real(given);
      };
    }
    const request = { kind: 'restart' } as const;
    const made = await world.pool.operations.request({
      organizationId: 'org',
      tenantId: 'ann',
      request,
      requestedBy: 'Olga',
    });
    await expect.poll(() => called).toBe(1);
    const client = new pg.Client(database.connection);
    await client.connect();
    const endAll = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
    await client.query(endAll);
    goOn();
    // And once more, where whatever follows is about to be written.
    await client.query(endAll);
    await client.end();
    expect(await world.over(made.id)).toMatchObject({ state: 'succeeded' });
    const { state, generation } = await tenantRow(database, 'ann');
    expect(state).toBe('running');
    const alive = [...world.hosts.values()].flatMap((host) => [...host.runtimes.values()]);
    expect(alive.map((runtime) => [runtime.id, runtime.generation])).toEqual([['ann', generation]]);
    expect(await reservationsOf(database, 'ann')).toMatchObject([{ generation }]);
    expect(world.pool.isRunning('ann')).toBe(true);
  },
  40_000,
);

test('the time that nobody worked on an operation does not count', async () => {
  const hangs = hangAt(world.hosts, 'start', 1, 'before');
  const made = await world.pool.operations.request({
    organizationId: 'org',
    tenantId: 'ann',
    request: { kind: 'start' },
    requestedBy: 'Olga',
  });
  await hangs;
  const before = world;
  await before.die();
  await database.db.update(operations).set({ deadlineAt: sql`now() - interval '1 hour'` });
  world = await startPoolWorld(database, new Map(ids.map((id) => [id, newHost()])));
  const done = await world.over(made.id);
  expect(done.state).toBe('succeeded');
  expect(Date.parse(done.deadlineAt)).toBeGreaterThan(Date.now());
});

test('rows of the ledger that nobody holds are gone after a restart, warm slots’ too', async () => {
  await world.pool.wake('ann');
  await database.db.insert(reservations).values([
    {
      ownerId: 'slot-1',
      kind: 'slot',
      organizationId: 'org',
      hostId: 'local',
      generation: 0,
      cpuMillis: 1,
      memoryMegabytes: 1,
    },
    {
      ownerId: 'ben',
      kind: 'tenant',
      organizationId: 'org',
      hostId: 'local',
      generation: 0,
      cpuMillis: 1,
      memoryMegabytes: 1,
    },
  ]);
  await killAndStartAgain();
  expect(await database.db.select().from(reservations)).toEqual([]);
  expect(await database.db.select().from(checkpoints)).toEqual([]);
});
