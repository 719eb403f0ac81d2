import { createTestDatabase } from '@clawpool/server/testing';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { hosts, reservations } from '../../store/schema/index.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { findReservation, listRooms, moveReservation, release, reserve } from './capacity-store.ts';
import { registerHosts } from './hosts-store.ts';

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.delete(reservations);
  await database.db.delete(hosts);
  for (const id of ['a', 'b']) {
    await database.db
      .insert(hosts)
      .values({ id, cpuMillis: 10_000, memoryMegabytes: 5_000, diskMegabytes: 1, diskFreeMegabytes: 1 });
  }
});

const want = (ownerId: string, more: object = {}) => ({
  ...{ ownerId, kind: 'tenant' as const, organizationId: 'org', hostId: null, generation: 1 },
  ...{ cpuMillis: 1_000, memoryMegabytes: 1_000, ...more },
});
const take = (ownerId: string, more: object = {}) => database.db.transaction((tx) => reserve(tx, want(ownerId, more)));
const free = (ownerId: string) => database.db.transaction((tx) => release(tx, ownerId));

test('many who reserve, move and release at once never hold more than there is, and each place is released once', async () => {
  const owners = Array.from({ length: 24 }, (_, index) => `t${index}`);
  const random = seeded(7);
  let released = 0;
  let reserved = 0;
  const overfull: unknown[] = [];
  await Promise.all(
    owners.map(async (owner) => {
      for (let round = 0; round < 6; round++) {
        const kind = random() < 0.3 ? 'slot' : 'tenant';
        const holder = kind === 'slot' ? `slot-${owner}` : owner;
        const memoryMegabytes = 500 + Math.floor(random() * 1_000);
        if (!(await take(holder, { kind, memoryMegabytes, hostId: random() < 0.3 ? 'a' : null }))) continue;
        reserved++;
        const rooms = await listRooms(database.db);
        overfull.push(...rooms.filter((room) => room.reservedMemoryMegabytes > room.memoryMegabytes));
        const moved =
          kind === 'slot' &&
          (await database.db.transaction((tx) =>
            moveReservation(tx, {
              fromSlot: holder,
              tenantId: owner,
              generation: 2,
              cpuMillis: 1_000,
              memoryMegabytes: 1_200,
            }),
          ));
        const last = moved ? owner : holder;
        // Two at once: one of them released it.
        const ends = await Promise.all([free(last), free(last)]);
        released += ends.filter(Boolean).length;
      }
    }),
  );
  expect(reserved).toBeGreaterThan(24);
  expect(released).toBe(reserved);
  expect(overfull).toEqual([]);
  expect(await database.db.select().from(reservations)).toEqual([]);
});

test('the last room is given to one of many', async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => take(`t${index}`)));
  expect(results.filter((result) => result !== null)).toHaveLength(10);
  expect(await take('late')).toBeNull();
  await free(`t${results.findIndex((result) => result !== null)}`);
  expect(await take('late')).not.toBeNull();
});

test('a tenant that holds room gets what it holds changed, if there is room for the difference', async () => {
  await take('t', { hostId: 'a', memoryMegabytes: 4_000 });
  expect(await take('t', { hostId: 'a', memoryMegabytes: 5_000, generation: 2 })).toEqual({ hostId: 'a' });
  expect(await take('t', { hostId: 'a', memoryMegabytes: 5_001, generation: 3 })).toBeNull();
  expect(await findReservation(database.db, 't')).toMatchObject({ memoryMegabytes: 5_000, generation: 2 });
});

test('a tenant whose files are on a draining host may start there, others are not placed there', async () => {
  await database.db.update(hosts).set({ state: 'draining' }).where(eq(hosts.id, 'a'));
  expect(await take('at-home', { hostId: 'a' })).toEqual({ hostId: 'a' });
  expect(await take('new')).toEqual({ hostId: 'b' });
  await database.db.update(hosts).set({ state: 'unreachable' }).where(eq(hosts.id, 'a'));
  expect(await take('at-home', { hostId: 'a' })).toBeNull();
});

test('a slot’s room becomes a tenant’s once, also where the tenant is larger', async () => {
  await take('slot-1', { kind: 'slot', hostId: 'b' });
  const move = () =>
    database.db.transaction((tx) =>
      moveReservation(tx, {
        fromSlot: 'slot-1',
        tenantId: 't',
        generation: 4,
        cpuMillis: 2_000,
        memoryMegabytes: 2_000,
      }),
    );
  const moves = await Promise.all([move(), move()]);
  expect(moves.filter((moved) => moved !== null)).toEqual([{ hostId: 'b' }]);
  expect(await database.db.select().from(reservations)).toMatchObject([
    { ownerId: 't', kind: 'tenant', generation: 4, memoryMegabytes: 2_000, hostId: 'b' },
  ]);
});

test('hosts keep their rows: totals follow the machine, draining stays, one that is not connected is unreachable', async () => {
  await database.db.update(hosts).set({ state: 'draining' }).where(eq(hosts.id, 'a'));
  await registerHosts(database.db, new Map([['a', createScriptedHost()]]));
  const rows = await database.db.select().from(hosts).orderBy(sql`id`);
  expect(rows).toMatchObject([
    { id: 'a', state: 'draining', cpuMillis: 64_000, memoryMegabytes: 58_982, diskFreeMegabytes: 50_000 },
    { id: 'b', state: 'unreachable' },
  ]);
});

/** The same numbers in every run (https://en.wikipedia.org/wiki/Linear_congruential_generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
