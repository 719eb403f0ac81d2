import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, drifts, hosts, reservations, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { reap } from './reaper.ts';
import { insertOpenOperation, recordOperations } from './testing.ts';

let database: Database;
let operations = recordOperations();

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  operations = recordOperations();
  await database.db
    .insert(hosts)
    .values({ id: 'local', cpuMillis: 1, memoryMegabytes: 1, diskMegabytes: 1, diskFreeMegabytes: 1 });
});
afterEach(() => database.close());

type Values = Parameters<ReturnType<typeof database.db.update<typeof tenants>>['set']>[0];
const set = (values: Values) => database.db.update(tenants).set(values).where(eq(tenants.id, 'ann'));
const ann = async () => (await database.db.select().from(tenants).where(eq(tenants.id, 'ann')))[0];
const aMinuteAgo = sql`now() - interval '1 minute'`;

test('gives up what is past its deadline, says so, and leaves everything else', async () => {
  const overdue = await insertOpenOperation(database, 'ann', { deadlineAt: new Date(Date.now() - 5_000) });
  await insertOpenOperation(database, 'ben');
  const found = await reap(database, operations);
  expect(operations.abandoned).toEqual([{ operationId: overdue, reason: 'deadline_exceeded' }]);
  expect(found).toMatchObject([{ kind: 'overdue_operation', tenantId: 'ann', action: 'failed' }]);
  expect(await database.db.select().from(drifts)).toHaveLength(1);
});

test('an operation that ended by itself meanwhile is no drift', async () => {
  await insertOpenOperation(database, 'ann', { deadlineAt: new Date(Date.now() - 5_000) });
  operations.abandon = async () => false;
  expect(await reap(database, operations)).toEqual([]);
});

test.each([
  ['creating', 'failed'],
  ['migrating', 'requires_attention'],
  ['restoring', 'requires_attention'],
  ['deleting', 'requires_attention'],
] as const)('a tenant left %s by nobody becomes %s, and its room is free', async (state, becomes) => {
  await set({ state, stateSince: aMinuteAgo, hostId: 'local' });
  await database.db.insert(reservations).values({
    ...{ ownerId: 'ann', hostId: 'local', organizationId: 'org', kind: 'tenant', generation: 0 },
    ...{ cpuMillis: 1, memoryMegabytes: 1 },
  });
  const found = await reap(database, operations);
  expect(found).toMatchObject([{ kind: 'overdue_operation', tenantId: 'ann', action: 'failed' }]);
  expect(await ann()).toMatchObject({ state: becomes, hint: expect.stringMatching(/\w/) });
  expect(await database.db.select().from(reservations)).toEqual([]);
  const [event] = await database.db.select().from(auditEvents).where(eq(auditEvents.targetId, 'ann'));
  expect(event).toMatchObject({ outcome: 'failed', detail: { stateBefore: state } });
  expect(await reap(database, operations)).toEqual([]);
});

test('leaves a tenant that somebody works on, worked on a moment ago, or that is where it should be', async () => {
  await set({ state: 'creating', stateSince: aMinuteAgo });
  await database.db.update(tenants).set({ state: 'running', stateSince: aMinuteAgo }).where(eq(tenants.id, 'ben'));
  const operationId = await insertOpenOperation(database, 'ann');
  expect(await reap(database, operations)).toEqual([]);
  await database.pool.query(`update operations set state = 'succeeded', finished_at = now() where id = $1`, [
    operationId,
  ]);
  expect(await reap(database, operations)).toEqual([]);
  expect((await ann())?.state).toBe('creating');
});
