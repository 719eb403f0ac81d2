import type { BatchBody } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, inArray } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { auditEvents, operations, tenants } from '../../store/schema/index.ts';
import { type PoolWorld, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { type BatchService, createBatchService } from './batch-service.ts';

let database: Database;
let world: PoolWorld;
let batches: BatchService;
const olga: Principal = { userId: 'olga', name: 'Olga', organizationId: 'org', employeeId: null, roles: ['operator'] };
const ids = Array.from({ length: 40 }, (_, index) => `t${index}`);

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await database.db.insert(tenants).values(
    ids.map((id, index) => ({
      ...{ organizationId: 'org', id, name: id, tierId: 'standard', tags: { team: index % 2 ? 'red' : 'blue' } },
    })),
  );
  await open();
});
afterEach(async () => {
  await batches.close();
  await world.close();
  await database.close();
});

async function open(): Promise<void> {
  world = await startPoolWorld(database);
  const { notifications, pool, errors } = world;
  batches = createBatchService({
    database,
    notifications,
    operations: pool.operations,
    onError: (error) => errors.push(error),
  });
}
const start = (body: BatchBody) => batches.start(olga, body);
const finished = async (id: string) => {
  await expect.poll(async () => (await batches.find('org', id))?.state, { timeout: 30_000 }).toBe('finished');
  return batches.find('org', id);
};
const states = async () =>
  new Set((await database.db.select().from(tenants).where(inArray(tenants.id, ids))).map(({ state }) => state));

test('a batch does its operation for every tenant of a filter, in the background, and tells how it goes', async () => {
  const made = await start({ operation: { kind: 'start' }, filter: { tag: 'team:red' } });
  expect(made).toMatchObject({ kind: 'start', state: 'running', total: 20, requestedBy: 'Olga' });
  expect(await finished(made.id)).toMatchObject({ total: 20, succeeded: 20, failed: 0, failures: [] });
  const running = (await database.db.select().from(tenants)).filter(({ state }) => state === 'running');
  expect(running).toHaveLength(20);
  expect(running.every(({ tags }) => tags.team === 'red')).toBe(true);
  const [event] = await database.db.select().from(auditEvents).where(eq(auditEvents.action, 'batch.start_requested'));
  expect(event).toMatchObject({ actorId: 'olga', detail: { tenants: 20 } });
}, 60_000);

test('what could not be done is told with its reason, and what is so already counts as done', async () => {
  await database.db.update(tenants).set({ state: 'stopped' }).where(eq(tenants.id, 't0'));
  await database.db.update(tenants).set({ state: 'requires_attention' }).where(eq(tenants.id, 't1'));
  const made = await start({ operation: { kind: 'hibernate' }, ids: ['t0', 't1', 't2', 'nobody', 't2'] });
  const done = await finished(made.id);
  expect(done).toMatchObject({ total: 4, succeeded: 2, failed: 2 });
  expect(done?.failures).toMatchObject([
    {
      tenantId: 't1',
      reason: 'superseded',
      message: expect.stringContaining('requires attention'),
      hint: expect.any(String),
    },
  ]);
});

test('a batch of a process that was killed is ended by the next one, each tenant once', async () => {
  let held = 0;
  world.host.startWith(() => {
    held++;
    return new Promise(() => {});
  });
  const made = await start({ operation: { kind: 'start' }, ids });
  await expect.poll(() => held).toBeGreaterThan(0);
  await batches.close();
  await world.die();
  await open();
  expect(await finished(made.id)).toMatchObject({ total: 40, succeeded: 40, failed: 0 });
  expect(await states()).toEqual(new Set(['running']));
  const rows = await database.db.select().from(operations).where(eq(operations.batchId, made.id));
  expect(rows).toHaveLength(40);
}, 60_000);

test('a batch for nobody is over at once, and nobody sees another organization’s', async () => {
  const made = await start({ operation: { kind: 'start' }, filter: { group: 'none' } });
  expect(made).toMatchObject({ state: 'finished', total: 0 });
  expect(await batches.list('org')).toHaveLength(1);
  expect(await batches.list('rival')).toEqual([]);
  expect(await batches.find('rival', made.id)).toBeNull();
});

test('deleting many leaves none of them', async () => {
  const made = await start({ operation: { kind: 'delete', keepData: false, skipBackup: true }, ids: ids.slice(0, 10) });
  expect(await finished(made.id)).toMatchObject({ succeeded: 10 });
  for (const id of ids.slice(0, 10)) expect((await tenantRow(database, id)).state).toBe('deleted');
}, 60_000);

/** Starts hang until the test opens them. */
function holdStarts() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let begun = 0;
  world.host.startWith(async () => {
    begun++;
    await opened;
    return { ok: true, readyMs: 1 };
  });
  return { open, begun: () => begun };
}

test('a batch that is called back begins with nothing more, and ends when what was under way has ended', async () => {
  const held = holdStarts();
  const made = await start({ operation: { kind: 'start' }, ids });
  await expect.poll(held.begun).toBeGreaterThan(0);
  const cancelled = await batches.cancel(olga, made.id);
  expect(cancelled).toMatchObject({ cancelledAt: expect.any(String), succeeded: 0, failed: 0 });
  // Once is enough, and twice is no mistake.
  expect((await batches.cancel(olga, made.id)).cancelledAt).toBe(cancelled.cancelledAt);
  held.open();
  const done = await finished(made.id);
  const { succeeded = 0, cancelled: left } = done ?? {};
  expect(succeeded).toBeGreaterThan(0);
  expect(done).toMatchObject({ failed: 0, cancelled: 40 - succeeded });
  expect(left).toBeGreaterThan(30);
  // Whose start was called back is not left waiting for it.
  expect(await states()).toEqual(new Set(['running', 'hibernated']));
  const actions = (await database.db.select().from(auditEvents)).map(({ action }) => action);
  expect(actions).toContain('batch.cancelled');
  expect(actions).toContain('operation.cancelled');
  await expect(batches.cancel(olga, made.id)).resolves.toMatchObject({ state: 'finished' });
}, 60_000);

test('nobody calls back another organization’s batch, or one that is over', async () => {
  const made = await start({ operation: { kind: 'hibernate' }, ids: ['t0'] });
  await expect(batches.cancel({ ...olga, organizationId: 'rival' }, made.id)).rejects.toMatchObject({
    code: 'not_found',
  });
  await finished(made.id);
  await expect(batches.cancel(olga, made.id)).rejects.toMatchObject({ code: 'conflict', hint: expect.any(String) });
});

test('what somebody asks for by itself is done while a batch’s operations hang', async () => {
  const held = holdStarts();
  await start({ operation: { kind: 'start' }, ids });
  await expect.poll(held.begun).toBeGreaterThan(0);
  expect(await world.operate('ann', { kind: 'stop' })).toMatchObject({ state: 'succeeded' });
  held.open();
}, 60_000);
