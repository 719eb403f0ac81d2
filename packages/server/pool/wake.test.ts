import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { assistants, reservations, tenants } from '../store/schema/index.ts';
import { operationRows, type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../testing/pool-world.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { release, reserve } from './capacity/capacity-store.ts';
import type { WarmSlots } from './warm-slots/warm-slots.ts';

let database: Database;
let world: PoolWorld;
let discarded: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(database);
  discarded = [];
});
afterEach(async () => {
  await world.close();
  await database.close();
});

/** Slots that are there from the beginning, booted and in the ledger. */
async function withSlots(...slotIds: string[]): Promise<void> {
  const ready = [...slotIds];
  for (const ownerId of slotIds) {
    const held = { cpuMillis: 1_000, memoryMegabytes: 512, generation: 0, hostId: 'local' };
    await database.db.transaction((tx) => reserve(tx, { ownerId, kind: 'slot', organizationId: 'org', ...held }));
    await world.host.prepareSlot({ slotId: ownerId, image: 'test-image' } as never);
  }
  const discard = async (slotId: string) => {
    discarded.push(slotId);
    await world.host.dropSlot(slotId);
    await database.db.transaction((tx) => release(tx, slotId));
  };
  const slots: Partial<WarmSlots> = {
    take: ({ organizationId, tierId, image, hostId }) => {
      expect({ organizationId, tierId, image }).toEqual({
        organizationId: 'org',
        tierId: 'standard',
        image: 'test-image',
      });
      expect(hostId === undefined || hostId === 'local').toBe(true);
      const slotId = ready.shift();
      return slotId === undefined ? null : { slotId, hostId: 'local' };
    },
    discard,
    yieldRoom: async () => {
      const slotId = ready.shift();
      if (slotId === undefined) return 0;
      await discard(slotId);
      return 1;
    },
  };
  world.pool.useSlots(slots as WarmSlots);
}

test('a warm slot becomes the tenant’s runtime, and its place in the ledger the tenant’s', async () => {
  await withSlots('slot-1');
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true, woken: true });
  expect(world.host.claims).toEqual([{ slotId: 'slot-1', tenantId: 'ann' }]);
  expect(world.host.starts).toEqual([]);
  expect(await database.db.select().from(reservations)).toMatchObject([
    { ownerId: 'ann', kind: 'tenant', generation: 1 },
  ]);
  const [wake] = await operationRows(database, 'ann');
  expect(wake).toMatchObject({ kind: 'wake', requestedBy: 'message', result: { startedBy: 'warm-slot' } });
  expect(discarded).toEqual([]);
});

test('a slot that cannot be used degrades to a plain start', async () => {
  await withSlots('slot-1');
  world.host.claimWith(null);
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true });
  expect(world.host.starts).toEqual(['ann']);
  expect(await reservationsOf(database, 'ann')).toHaveLength(1);
  expect((await operationRows(database, 'ann'))[0]).toMatchObject({ result: { startedBy: 'start' } });
});

test('the admin assistant is started plainly: a slot would not offer its tools', async () => {
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'the-assistant', name: 'assistant', tierId: 'standard' });
  await database.db.insert(assistants).values({ organizationId: 'org', tenantId: 'the-assistant' });
  await withSlots('slot-1');
  expect(await world.pool.wake('the-assistant')).toMatchObject({ ok: true });
  expect(world.host.starts).toEqual(['the-assistant']);
  expect(world.host.claims).toEqual([]);
  expect(world.host.startRequests[0]?.agent.assistant?.tools).toContain('clawpool__list_employees');
});

test('a slot that is gone from the ledger is not used', async () => {
  await withSlots('slot-1');
  await database.db.delete(reservations);
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true });
  expect(world.host.claims).toEqual([]);
  expect(discarded).toEqual(['slot-1']);
  expect(await reservationsOf(database, 'ann')).toHaveLength(1);
});

test('slots give way when a tenant needs their room', async () => {
  await withSlots('slot-1', 'slot-2');
  await database.db.update(tenants).set({ cpuMillis: 64_000 }).where(eq(tenants.id, 'ann'));
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true });
  expect(discarded).toEqual(['slot-2']);
  expect(await database.db.select().from(reservations)).toMatchObject([{ ownerId: 'ann', cpuMillis: 64_000 }]);
});

test('twenty messages at once wake twenty tenants, a bounded number at a time, and none is dropped', async () => {
  const rows = Array.from({ length: 20 }, (_, index) => `t${index}`);
  await database.db
    .insert(tenants)
    .values(rows.map((id) => ({ organizationId: 'org', id, name: id, tierId: 'standard' })));
  let under = 0;
  let most = 0;
  world.host.startWith(async () => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, 20));
    under--;
    return { ok: true, readyMs: 20 };
  });
  const woken = await Promise.all(rows.map((id) => world.pool.wake(id)));
  expect(woken.filter(({ ok }) => ok)).toHaveLength(20);
  expect(most).toBeLessThanOrEqual(4);
  expect(await database.db.select().from(reservations)).toHaveLength(20);
});

test('a tenant that a message wakes while it is stopped by a person stays stopped', async () => {
  await world.pool.wake('ann');
  const [stopped, woken] = await Promise.all([world.operate('ann', { kind: 'stop' }), world.pool.wake('ann')]);
  expect(stopped.state).toBe('succeeded');
  expect(woken.ok).toBeDefined();
  expect(await tenantRow(database, 'ann')).toMatchObject({ state: 'stopped' });
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false, reason: 'agent_stopped' });
});

test('a deleted agent says so, once and for all', async () => {
  await world.operate('ann', { kind: 'delete', keepData: true, skipBackup: true });
  expect(await world.pool.wake('ann')).toMatchObject({ ok: false, again: 'never' });
  expect(await world.pool.wake('nobody')).toMatchObject({ ok: false, again: 'never' });
});

test('while a backup is taken the agent answers', async () => {
  await world.pool.wake('ann');
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  world.host.beforeFiles(() => gate);
  const request = { kind: 'backup', note: '', pinned: false } as const;
  const made = await world.pool.operations.request({
    organizationId: 'org',
    tenantId: 'ann',
    request,
    requestedBy: 'Olga',
  });
  await expect.poll(async () => (await world.pool.operations.find('org', made.id))?.phase).toBe('backing_up');
  expect(await world.pool.wake('ann')).toMatchObject({ ok: true, woken: false });
  goOn();
  expect(await world.over(made.id)).toMatchObject({ state: 'succeeded' });
});
