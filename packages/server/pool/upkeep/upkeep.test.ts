import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../../store/database.ts';
import { drifts, operations, reservations, tenants, tiers } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { startWarmSlots, type WarmSlots } from '../warm-slots/warm-slots.ts';
import { insertOpenOperation } from './testing.ts';
import { startUpkeep, type Upkeep } from './upkeep.ts';

/** A busy machine takes its time. */
const patience = { timeout: 20_000, interval: 20 };

let database: Database;
let world: PoolWorld;
let slots: WarmSlots;
let upkeep: Upkeep | null;
let errors: unknown[];

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(database);
  errors = [];
  slots = await startWarmSlots({
    ...{ database, hosts: world.hosts, lookMs: 50, quietMs: 0 },
    model: { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 },
    onError: (error) => errors.push(error),
  });
  world.pool.useSlots(slots);
  upkeep = null;
});
afterEach(async () => {
  await upkeep?.close();
  await slots.close();
  await world.close();
  await database.close();
});

/** Its first round begins at once. */
const start = (steady: () => number = () => performance.now()) => {
  upkeep = startUpkeep({
    ...{ steady, database, hosts: world.hosts, pool: world.pool, slots, watchedConversations: () => [] },
    onError: (error) => errors.push(error),
  });
  return upkeep;
};
const state = async (id: string) => (await tenantRow(database, id)).state;
const becomes = (id: string, wanted: string) => vi.waitFor(async () => expect(await state(id)).toBe(wanted), patience);

test('an idle agent is put to sleep with its room given back, and wakes through a warm slot', async () => {
  await world.pool.wake('ann');
  await vi.waitFor(async () => expect((await slots.status('org'))[0]?.ready).toBe(1), patience);
  await database.db
    .update(tenants)
    .set({ stateSince: sql`now() - interval '20 minutes'` })
    .where(eq(tenants.id, 'ann'));
  start();
  await becomes('ann', 'hibernated');
  await vi.waitFor(async () => {
    const [asleep] = await database.db.select().from(operations).where(eq(operations.kind, 'hibernate'));
    expect(asleep).toMatchObject({ requestedBy: 'idle', state: 'succeeded' });
  }, patience);
  expect((await database.db.select().from(reservations)).map(({ kind }) => kind)).toEqual(['slot']);

  expect(await world.pool.wake('ann')).toMatchObject({ ok: true, woken: true });
  expect(world.host.claims).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('an always-on agent is started, and again after a crash', async () => {
  await database.db.update(tiers).set({ alwaysOn: true });
  await database.db.update(tenants).set({ state: 'stopped' }).where(eq(tenants.id, 'ben'));
  start();
  await becomes('ann', 'running');
  const { generation } = await tenantRow(database, 'ann');
  world.host.crash({ tenantId: 'ann', generation, reason: 'exited', message: 'gone' });
  await becomes('ann', 'failed');
  await database.db.update(tenants).set({ retryAt: sql`now()`, stateSince: sql`now() - interval '1 minute'` });
  await becomes('ann', 'running');
  expect((await tenantRow(database, 'ann')).generation).toBe(generation + 1);
  expect(await state('ben')).toBe('stopped');
});

test('a start that hangs ends at its deadline: the tenant has failed, its room is free once, the next start works', async () => {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { stop } = world.host;
  world.host.stop = async (tenantId) => {
    await stop(tenantId);
    end();
  };
  world.host.startWith(async () => {
    await ended;
    return { ok: false, reason: 'exited', message: 'stopped', hint: '' };
  });
  await world.pool.operations.request({
    ...{ organizationId: 'org', tenantId: 'ann', requestedBy: 'Olga', request: { kind: 'start' } },
  });
  await becomes('ann', 'creating');
  await database.db.update(operations).set({ deadlineAt: sql`now() - interval '1 second'` });
  start();
  await becomes('ann', 'failed');
  expect(await tenantRow(database, 'ann')).toMatchObject({ reason: 'deadline_exceeded' });
  expect(await reservationsOf(database, 'ann')).toEqual([]);
  await vi.waitFor(async () => {
    const found = await database.db.select().from(drifts);
    expect(found).toMatchObject([{ kind: 'overdue_operation', tenantId: 'ann' }]);
  }, patience);
  world.host.startWith({ ok: true, readyMs: 1 });
  expect(await world.operate('ann', { kind: 'start' })).toMatchObject({ state: 'succeeded' });
});

test('a clock that is set an hour forward lets nothing expire', async () => {
  let behind = 0;
  await database.db.update(tiers).set({ alwaysOn: true });
  await database.db.update(tenants).set({ state: 'stopped' }).where(eq(tenants.id, 'ben'));
  start(() => performance.now() - behind);
  // Which is the last thing of the first round, so the clocks have been read by then.
  await becomes('ann', 'running');
  const operationId = await insertOpenOperation(database, 'ben', {
    // What had ten seconds left, as the clock that was set shows it.
    deadlineAt: new Date(Date.now() - 3_590_000),
    ...{ leaseOwner: world.owner, leaseExpiresAt: new Date(Date.now() + 60_000) },
  });
  behind = 3_600_000;
  await vi.waitFor(async () => expect(await database.db.select().from(drifts)).toHaveLength(1), patience);
  const [row] = await database.db.select().from(operations).where(eq(operations.id, operationId));
  expect(row?.finishedAt).toBeNull();
  expect((await database.db.select().from(drifts))[0]?.kind).toBe('clock_jump');
});

test('a runtime that vanished is found, its messages do not go there any more, and the next one wakes it', async () => {
  await world.pool.wake('ann');
  const { reconcileNow, reconciledAt } = start();
  await vi.waitFor(() => expect(reconciledAt()).not.toBeNull(), patience);
  world.host.runtimes.delete('ann');
  const both = await Promise.all([reconcileNow(), reconcileNow()]);
  expect(both[0]).toMatchObject([{ kind: 'lost_runtime', tenantId: 'ann' }]);
  expect(both[1]).toBe(both[0]);
  await vi.waitFor(() => expect(world.pool.isRunning('ann')).toBe(false), patience);
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true, woken: true });
});

test('an adopted runtime answers messages', async () => {
  await world.pool.wake('ann');
  await database.db
    .update(tenants)
    .set({ state: 'failed', reason: 'start_timeout', stateSince: sql`now() - interval '1 minute'` })
    .where(eq(tenants.id, 'ann'));
  await database.pool.query(`select pg_notify('clawpool', $1)`, [
    JSON.stringify({ name: 'tenant_changed', payload: { organizationId: 'org', tenantId: 'ann' } }),
  ]);
  await vi.waitFor(() => expect(world.pool.isRunning('ann')).toBe(false), patience);
  start();
  await vi.waitFor(() => expect(world.pool.isRunning('ann')).toBe(true), patience);
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true, woken: false });
});

test('one rule that fails is told of, and keeps no other from its work', async () => {
  await database.db.update(tiers).set({ alwaysOn: true });
  await database.pool.query('alter table turns rename to turns_gone');
  start();
  await becomes('ann', 'running');
  await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), patience);
  await database.pool.query('alter table turns_gone rename to turns');
});

test('nothing begins any more once it is closed', async () => {
  await start().close();
  await database.db.update(tiers).set({ alwaysOn: true });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await database.db.select().from(operations)).toEqual([]);
});
