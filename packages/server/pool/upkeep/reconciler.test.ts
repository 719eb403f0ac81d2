import type { HostedRuntime } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, drifts, hosts, reservations, tenants, tiers } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { createScriptedHost, type ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import type { RunningRuntime } from '../runtimes.ts';
import { isNearlyFull } from './host-health.ts';
import { reconcile } from './reconciler.ts';
import { insertOpenOperation } from './testing.ts';

let database: Database;
let host: ScriptedHost;
let adopted: Map<string, RunningRuntime>;
let held: Set<string>;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  host = createScriptedHost();
  adopted = new Map();
  held = new Set();
  await addHost('local');
});
afterEach(() => database.close());

const addHost = (id: string) =>
  database.db
    .insert(hosts)
    .values({ id, cpuMillis: 64_000, memoryMegabytes: 60_000, diskMegabytes: 100_000, diskFreeMegabytes: 50_000 });
const round = (all = new Map([['local', host]])) =>
  reconcile({
    ...{ database, hosts: all, slots: { holds: (id) => held.has(id) } },
    pool: { adopt: (id, runtime) => void adopted.set(id, runtime) },
  });

type Values = Parameters<ReturnType<typeof database.db.update<typeof tenants>>['set']>[0];
const set = (values: Values) =>
  database.db
    .update(tenants)
    .set({ stateSince: sql`now() - interval '2 minutes'`, ...values })
    .where(eq(tenants.id, 'ann'));
const ann = async () => (await database.db.select().from(tenants).where(eq(tenants.id, 'ann')))[0];
const ledger = () => database.db.select().from(reservations);
const reserve = (ownerId: string, kind: 'tenant' | 'slot' = 'tenant', minutesAgo = 2) =>
  database.db.insert(reservations).values({
    ...{ ownerId, hostId: 'local', organizationId: 'org', kind, generation: 3, cpuMillis: 1000, memoryMegabytes: 512 },
    createdAt: sql`now() - ${minutesAgo} * interval '1 minute'` as never,
  });
const runtime = (id: string, values: Partial<HostedRuntime> = {}) =>
  host.runtimes.set(id, {
    ...{ id, kind: 'tenant', generation: 3, image: 'test-image', state: 'running', answers: true },
    ...{ startedAt: new Date(), address: 'unix:/run/in.sock', port: 18_789, ...values },
  });
/** Ann runs, and everybody knows. */
async function annRuns(): Promise<void> {
  await set({ state: 'running', generation: 3, hostId: 'local' });
  await reserve('ann');
  runtime('ann');
}

test('where all agree there is nothing to say, and nothing is written but that the host was seen', async () => {
  await annRuns();
  await database.pool.query(`update hosts set last_seen_at = now() - interval '1 hour'`);
  expect(await round()).toEqual([]);
  expect(await ann()).toMatchObject({ state: 'running' });
  expect(await ledger()).toHaveLength(1);
  const [row] = await database.db.select().from(hosts);
  expect(Date.now() - (row?.lastSeenAt.getTime() ?? 0)).toBeLessThan(60_000);
});

test('a tenant whose runtime is gone has failed, and its room is free', async () => {
  await annRuns();
  host.runtimes.clear();
  expect(await round()).toMatchObject([{ kind: 'lost_runtime', tenantId: 'ann', host: 'local', action: 'failed' }]);
  expect(await ann()).toMatchObject({ state: 'failed', reason: 'exited', hint: expect.stringMatching(/\w/) });
  expect(await ledger()).toEqual([]);
  expect(await database.db.select().from(auditEvents)).toMatchObject([{ action: 'tenant.crashed', outcome: 'failed' }]);
  expect(await round()).toEqual([]);
});

test('a lost tenant of an always-on tier is said to be started again', async () => {
  await annRuns();
  await database.db.update(tiers).set({ alwaysOn: true });
  host.runtimes.clear();
  expect(await round()).toMatchObject([{ kind: 'lost_runtime', action: 'restarted' }]);
});

test('an older runtime than the tenant’s is lost too: it is not the one that should run', async () => {
  await annRuns();
  runtime('ann', { generation: 2 });
  const found = await round();
  expect(found.map(({ kind, action }) => `${kind} ${action}`)).toEqual([
    'lost_runtime failed',
    'ghost_runtime removed',
  ]);
  expect(host.runtimes.has('ann')).toBe(false);
});

test('a runtime of no tenant is ended', async () => {
  runtime('stranger');
  expect(await round()).toMatchObject([{ kind: 'ghost_runtime', tenantId: 'stranger', action: 'removed' }]);
  expect(host.runtimes.size).toBe(0);
});

test('a runtime that was believed not to have started and answers is the tenant’s again, with its room', async () => {
  await set({ state: 'failed', reason: 'start_timeout', generation: 3, hostId: 'local' });
  runtime('ann');
  expect(await round()).toMatchObject([{ kind: 'ghost_runtime', tenantId: 'ann', action: 'adopted' }]);
  expect(await ann()).toMatchObject({ state: 'running', reason: null });
  expect(await ledger()).toMatchObject([{ ownerId: 'ann', generation: 3, memoryMegabytes: 512 }]);
  expect(adopted.get('ann')).toEqual({ organizationId: 'org', hostId: 'local', generation: 3 });
});

test('one that was given up a moment ago is left to whoever gave it up', async () => {
  await set({ state: 'failed', generation: 3, hostId: 'local', stateSince: sql`now()` });
  runtime('ann');
  expect(await round()).toEqual([]);
  expect(host.runtimes.has('ann')).toBe(true);
});

test.each([
  ['of a hibernated tenant', { state: 'hibernated', generation: 3, hostId: 'local' }],
  ['of a stopped tenant', { state: 'stopped', generation: 3, hostId: 'local' }],
  ['of an earlier generation', { state: 'failed', generation: 4, hostId: 'local' }],
  ['on a host that is not the tenant’s', { state: 'running', generation: 3, hostId: 'other' }],
] as const)('a runtime %s is ended', async (_, values) => {
  await addHost('other');
  await set(values);
  runtime('ann');
  expect(await round()).toMatchObject([{ kind: 'ghost_runtime', tenantId: 'ann', action: 'removed' }]);
  expect(host.runtimes.size).toBe(0);
  expect((await ann())?.state).toBe(values.state);
});

test('a failed one that does not answer is ended, not adopted', async () => {
  await set({ state: 'failed', generation: 3, hostId: 'local' });
  runtime('ann', { answers: false });
  expect(await round()).toMatchObject([{ action: 'removed' }]);
});

test('nothing of a tenant is touched while an operation is under way', async () => {
  await set({ state: 'running', generation: 3, hostId: 'local' });
  await insertOpenOperation(database, 'ann');
  expect(await round()).toEqual([]);
  await set({ state: 'hibernated' });
  runtime('ann');
  await reserve('ann');
  expect(await round()).toEqual([]);
  expect(host.runtimes.has('ann')).toBe(true);
  expect(await ledger()).toHaveLength(1);
});

test('a tenant that was started while the host was asked is not lost', async () => {
  const { list } = host;
  host.list = async () => {
    const before = await list();
    await annRuns();
    return before;
  };
  expect(await round()).toEqual([]);
  expect((await ann())?.state).toBe('running');
});

test('one that is stopped while the host was asked is no ghost', async () => {
  await set({ state: 'hibernated', generation: 3, hostId: 'local' });
  runtime('ann');
  const { list } = host;
  host.list = async () => {
    const before = await list();
    host.runtimes.clear();
    return before;
  };
  expect(await round()).toEqual([]);
  expect(await database.db.select().from(drifts)).toEqual([]);
});

test('room that nobody needs is released, once it is older than any start’s first step', async () => {
  await set({ state: 'hibernated', generation: 3, hostId: 'local' });
  await reserve('ann');
  await reserve('gone-tenant');
  await reserve('ben', 'tenant', 0);
  const found = await round();
  expect(found.map(({ kind, tenantId, action }) => `${kind} ${tenantId} ${action}`).sort()).toEqual([
    'leaked_reservation ann released',
    'leaked_reservation gone-tenant released',
  ]);
  expect((await ledger()).map(({ ownerId }) => ownerId)).toEqual(['ben']);
});

test('room that its tenant needs costs no look at the tenant: one that is locked holds nobody up', async () => {
  await annRuns();
  await database.db.transaction(async (tx) => {
    await tx.select().from(tenants).where(eq(tenants.id, 'ann')).for('update');
    expect(await round()).toEqual([]);
  });
});

test('a runtime that nobody counted gets its row, also where the host is full', async () => {
  await annRuns();
  await database.pool.query('delete from reservations; update hosts set memory_megabytes = 1');
  expect(await round()).toMatchObject([{ kind: 'missing_reservation', tenantId: 'ann', action: 'reserved' }]);
  expect(await ledger()).toMatchObject([{ ownerId: 'ann', cpuMillis: 1000, memoryMegabytes: 512 }]);
});

test('slots that nobody keeps end with their room, those that are kept stay', async () => {
  for (const id of ['slot-kept', 'slot-left', 'slot-row']) await reserve(id, 'slot');
  runtime('slot-kept', { kind: 'slot' });
  runtime('slot-left', { kind: 'slot' });
  held.add('slot-kept');
  const found = await round();
  expect(found.map(({ kind, action }) => `${kind} ${action}`)).toEqual([
    'ghost_runtime removed',
    'leaked_reservation released',
  ]);
  expect([...host.runtimes.keys()]).toEqual(['slot-kept']);
  expect((await ledger()).map(({ ownerId }) => ownerId)).toEqual(['slot-kept']);
});

test('a host that does not answer takes no tenants any more, and says so once; its tenants stay as they are known', async () => {
  await annRuns();
  const { list } = host;
  host.list = async () => {
    throw new Error('connection refused');
  };
  expect(await round()).toMatchObject([{ kind: 'host_unreachable', host: 'local', action: 'failed' }]);
  expect(await round()).toEqual([]);
  expect((await database.db.select().from(hosts))[0]?.state).toBe('unreachable');
  expect((await ann())?.state).toBe('running');

  host.list = list;
  expect(await round()).toMatchObject([{ kind: 'host_unreachable', action: 'noted' }]);
  expect((await database.db.select().from(hosts))[0]?.state).toBe('active');
});

test('one host that is silent does not keep the others from being looked at', async () => {
  await addHost('other');
  const other = createScriptedHost();
  other.list = async () => {
    throw new Error('no route');
  };
  runtime('stranger');
  const found = await round(
    new Map([
      ['local', host],
      ['other', other],
    ]),
  );
  expect(found.map(({ kind }) => kind).sort()).toEqual(['ghost_runtime', 'host_unreachable']);
});

test('a disk that is nearly full is told of once an hour', async () => {
  const { describe } = host;
  host.describe = async () => {
    const description = await describe();
    return { ...description, capacity: { ...description.capacity, diskFreeMegabytes: 900 } };
  };
  expect(await round()).toMatchObject([{ kind: 'storage_full', host: 'local', action: 'noted' }]);
  expect(await round()).toEqual([]);
  await database.pool.query(`update drifts set at = now() - interval '2 hours'`);
  expect(await round()).toMatchObject([{ kind: 'storage_full' }]);
  expect((await database.db.select().from(hosts))[0]?.diskFreeMegabytes).toBe(900);
});

test.each([
  [{ diskMegabytes: 10_000, diskFreeMegabytes: 1_100 }, false],
  [{ diskMegabytes: 10_000, diskFreeMegabytes: 1_000 }, true],
  [{ diskMegabytes: 1_000_000, diskFreeMegabytes: 49_000 }, true],
])('%j is nearly full: %s', (disk, full) => {
  expect(isNearlyFull(disk)).toBe(full);
});
