import { createTestDatabase } from '@clawpool/server/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../testing/pool-world.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { transitionTenant } from './tenant-store.ts';

let database: Database;
let world: PoolWorld;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(database);
});
afterEach(async () => {
  await world.close();
  await database.close();
});

test('ten callers at once start one runtime, with one place in the ledger', async () => {
  const results = await Promise.all(Array.from({ length: 10 }, () => world.pool.wake('ann')));
  expect(world.host.starts).toEqual(['ann']);
  expect(results.every((result) => result.ok)).toBe(true);
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'running', generation: 1, hostId: 'local' });
  expect(await reservationsOf(database, 'ann')).toMatchObject([
    { generation: 1, cpuMillis: 1000, memoryMegabytes: 512 },
  ]);
});

test('a tenant that a dead process left running sleeps at the next start, and its place is free', async () => {
  await world.pool.wake('ann');
  await world.die();
  world = await startPoolWorld(database);
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'hibernated', generation: 1 });
  expect(await reservationsOf(database, 'ann')).toEqual([]);
  await world.pool.wake('ann');
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'running', generation: 2 });
});

test('a crash is recorded for the generation that crashed, not for the one after it, and frees its place', async () => {
  await world.pool.wake('ann');
  world.host.crash({ tenantId: 'ann', generation: 1, reason: 'memory_limit', message: 'Out of memory.' });
  await expect.poll(async () => (await tenantRow(database, 'ann')).state).toBe('failed');
  expect(await tenantRow(database, 'ann')).toMatchObject({ reason: 'memory_limit', startFailures: 1 });
  expect(await reservationsOf(database, 'ann')).toEqual([]);

  await world.pool.wake('ann');
  world.host.crash({ tenantId: 'ann', generation: 1, reason: 'exited', message: 'late news' });
  await world.pool.wake('ben');
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'running', generation: 2, reason: null });
});

test('whoever holds an old generation can change nothing', async () => {
  await world.pool.wake('ann');
  await world.pool.stop('ann');
  await world.pool.wake('ann');
  const late = await database.db.transaction((tx) =>
    transitionTenant(tx, { organizationId: 'org', tenantId: 'ann', to: 'hibernated', generation: 1 }),
  );
  expect(late).toBeNull();
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'running', generation: 2 });
});

test('closing hibernates every running tenant with its files stored, also one that is at work', async () => {
  await Promise.all([world.pool.wake('ann'), world.pool.wake('ben')]);
  world.host.files.set('ann', 'what ann wrote');
  await world.pool.close();
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'hibernated' });
  expect(await tenantRow(database, 'ben')).toMatchObject({ state: 'hibernated' });
  expect([...world.host.stored.values()]).toContain('what ann wrote');
  expect(world.host.runtimes.size).toBe(0);
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false });
});

test('a message does not wake what a person stopped or paused; it says so', async () => {
  await world.operate('ann', { kind: 'stop' });
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false, reason: 'agent_stopped', again: 'when_it_changes' });
  await world.pool.wake('ben');
  await world.operate('ben', { kind: 'pause' });
  expect(await world.pool.wake('ben')).toMatchObject({ ok: false, reason: 'agent_paused', again: 'when_it_changes' });
});

test('a message to a tenant that is being put to sleep waits for the end of that, then wakes it', async () => {
  await world.pool.wake('ann');
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const stop = world.host.stop;
  world.host.stop = async (id) => {
    await gate;
    return stop(id);
  };
  const made = await world.pool.operations.request({
    ...{ organizationId: 'org', tenantId: 'ann', request: { kind: 'hibernate' }, requestedBy: 'idle' },
  });
  await expect.poll(() => world.pool.isRunning('ann')).toBe(false);
  const woken = world.pool.wake('ann');
  goOn();
  expect(await world.over(made.id)).toMatchObject({ state: 'succeeded' });
  expect(await woken).toMatchObject({ ok: true, generation: 2 });
});
