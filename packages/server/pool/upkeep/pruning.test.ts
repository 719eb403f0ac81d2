import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { batches, loadTests, operations } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { removeOldOperations } from './pruning.ts';
import { insertOpenOperation } from './testing.ts';

let database: Database;
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const over = (days: number) => ({ state: 'succeeded' as const, createdAt: daysAgo(days), finishedAt: daysAgo(days) });

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterEach(() => database.close());

const left = async () => (await database.db.select().from(operations)).map(({ id }) => id).sort();
const addBatch = (id: string, finishedAt: Date | null) =>
  database.db.insert(batches).values({
    ...{ organizationId: 'org', id, request: { kind: 'stop' }, pending: [], total: 1, requestedBy: 'Olga', finishedAt },
  });
const addLoadTest = (id: string, tenantId: string, cleanedAt: Date | null) =>
  database.db.insert(loadTests).values({
    ...{ organizationId: 'org', id, count: 1, tierId: 'standard', startedBy: 'Olga', cleanedAt },
    ...{ requests: [{ tenantId, ms: 1 }], startedAt: daysAgo(50), finishedAt: daysAgo(50) },
  });

test('operations that were over long ago go; what is open, or was over lately, stays', async () => {
  await insertOpenOperation(database, 'ann', over(31));
  const lately = await insertOpenOperation(database, 'ann', over(29));
  const open = await insertOpenOperation(database, 'ben', { createdAt: daysAgo(40) });
  await removeOldOperations(database.db, 30);
  expect(await left()).toEqual([lately, open].sort());
});

test('a batch goes with its operations, and keeps them all until then', async () => {
  await addBatch('old', daysAgo(40));
  await addBatch('young', daysAgo(10));
  await addBatch('open', null);
  await insertOpenOperation(database, 'ann', { ...over(41), batchId: 'old' });
  const kept = [
    await insertOpenOperation(database, 'ann', { ...over(41), batchId: 'young' }),
    await insertOpenOperation(database, 'ann', { ...over(41), batchId: 'open' }),
  ];
  await removeOldOperations(database.db, 30);
  expect(await left()).toEqual(kept.sort());
  expect((await database.db.select().from(batches)).map(({ id }) => id).sort()).toEqual(['open', 'young']);
});

test('a load test goes once its tenants are gone, and keeps their operations until then', async () => {
  await addLoadTest('with-tenants', 'ann', daysAgo(40));
  await addLoadTest('not-cleaned', 'gone', null);
  await addLoadTest('over', 'gone-too', daysAgo(40));
  const kept = await insertOpenOperation(database, 'ann', over(41));
  await insertOpenOperation(database, 'ben', over(41));
  await removeOldOperations(database.db, 30);
  expect(await left()).toEqual([kept]);
  expect((await database.db.select().from(loadTests)).map(({ id }) => id).sort()).toEqual([
    'not-cleaned',
    'with-tenants',
  ]);
});
