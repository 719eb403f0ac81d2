import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { conversations, tenantSamples, tenants, turns } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { cpuPercentBetween, createSampler, thinSamples } from './samples.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterEach(() => database.close());

const samples = () => database.db.select().from(tenantSamples).orderBy(tenantSamples.at);

test('CPU is what was used between two readings of the same runtime', () => {
  const first = { generation: 1, cpuSeconds: 10, at: 0 };
  expect(cpuPercentBetween(first, { generation: 1, cpuSeconds: 16, at: 60_000 })).toBe(10);
  expect(cpuPercentBetween(first, { generation: 2, cpuSeconds: 1, at: 60_000 })).toBeNull();
  expect(cpuPercentBetween(undefined, first)).toBeNull();
});

test('writes a sample of every runtime, with the turns that ended since the last', async () => {
  await database.db.update(tenants).set({ state: 'running', diskBytes: 5_000 }).where(eq(tenants.id, 'ann'));
  let steady = 0;
  let cpuSeconds = 1;
  const usage = async () => ({ memoryBytes: 100, cpuSeconds, processes: 3 });
  const sampler = createSampler(database, { usage }, () => steady);
  await sampler.sample();
  expect(sampler.cpuPercentOf('ann')).toBeNull();

  await insertEndedTurns('ann', 2);
  steady = 60_000;
  cpuSeconds = 31;
  await sampler.sample();
  expect(sampler.cpuPercentOf('ann')).toBe(50);
  expect(await samples()).toMatchObject([
    { tenantId: 'ann', memoryBytes: 100, cpuPercent: null, diskBytes: 5_000, processes: 3, turns: 0 },
    { tenantId: 'ann', memoryBytes: 100, cpuPercent: 50, turns: 2 },
  ]);

  await sampler.sample();
  expect((await samples())[2]?.turns).toBe(0);
});

test('a runtime that cannot be measured is left out, and the others are not', async () => {
  await database.db.update(tenants).set({ state: 'running' });
  const usage = async (id: string) => {
    if (id === 'ann') throw new Error('gone');
    return { memoryBytes: 1, cpuSeconds: 1, processes: 1 };
  };
  await createSampler(database, { usage }, () => 0).sample();
  expect((await samples()).map(({ tenantId }) => tenantId)).toEqual(['ben']);
});

test('after a day one per ten minutes is left with all turns of them, after a week none', async () => {
  const add = (ago: string, turns: number) =>
    database.db.insert(tenantSamples).values({
      ...{ organizationId: 'org', tenantId: 'ann', turns },
      at: sql`date_bin('10 minutes', now(), timestamptz 'epoch') - ${ago}::interval` as never,
    });
  for (const minute of [0, 1, 2, 9]) await add(`${2 * 1440 - minute} minutes`, 1);
  await add(`${2 * 1440 + 5} minutes`, 7);
  for (const minute of [0, 1, 2]) await add(`${60 - minute} minutes`, 1);
  await add('8 days', 1);
  await thinSamples(database);
  await thinSamples(database);
  expect((await samples()).map(({ turns }) => turns)).toEqual([7, 4, 1, 1, 1]);
});

async function insertEndedTurns(tenantId: string, count: number): Promise<void> {
  const conversationId = randomUUID();
  await database.db.insert(conversations).values({
    organizationId: 'org',
    id: conversationId,
    tenantId,
    userId: `user-${tenantId}`,
    callerKey: `user:${tenantId}`,
    path: 'emp',
  });
  for (let n = 0; n < count; n++) {
    await database.db.insert(turns).values({
      ...{ organizationId: 'org', id: randomUUID(), conversationId, tenantId },
      ...{ state: 'answered', finishedAt: sql`now()` as never },
    });
  }
}
