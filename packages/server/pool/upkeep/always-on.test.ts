import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { tenants, tiers } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { startAlwaysOn } from './always-on.ts';
import { insertOpenOperation, recordOperations } from './testing.ts';

let database: Database;
let operations = recordOperations();

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  operations = recordOperations();
  await database.db.update(tiers).set({ alwaysOn: true });
  await database.db.update(tenants).set({ state: 'stopped' }).where(eq(tenants.id, 'ben'));
});
afterEach(() => database.close());

type Values = Parameters<ReturnType<typeof database.db.update<typeof tenants>>['set']>[0];
const set = (values: Values) => database.db.update(tenants).set(values).where(eq(tenants.id, 'ann'));
const round = async () => {
  await startAlwaysOn({
    database,
    operations,
    onError: (error) => {
      throw error;
    },
  });
  return operations.asked().length;
};
const ann = async () => (await database.db.select().from(tenants).where(eq(tenants.id, 'ann')))[0];
/** As if it had crashed, or had not started, just now. */
const fail = () => set({ state: 'failed', reason: 'exited', stateSince: sql`clock_timestamp()` });
const passPause = () => set({ retryAt: sql`now()`, stateSince: sql`now() - interval '5 minutes'` });

test('starts at once what does not run, and leaves what a person stopped', async () => {
  await round();
  expect(operations.asked()).toEqual(['start ann by always-on']);
});

test.each(['stopped', 'paused', 'requires_attention', 'running'] as const)(
  'leaves a tenant that is %s',
  async (state) => {
    await set({ state });
    expect(await round()).toBe(0);
  },
);

test('leaves tenants of other tiers, and those with an operation under way', async () => {
  await insertOpenOperation(database, 'ann');
  expect(await round()).toBe(0);
  await database.pool.query('delete from operations');
  await database.db.update(tiers).set({ alwaysOn: false });
  expect(await round()).toBe(0);
});

test('after a crash waits five seconds, after each further one twice as long', async () => {
  await fail();
  expect(await round()).toBe(0);
  const first = await ann();
  expect(first?.startFailures).toBe(1);
  expect(await round()).toBe(0);
  expect(await ann()).toMatchObject({ startFailures: 1, retryAt: first?.retryAt });
  await passPause();
  expect(await round()).toBe(1);
  await fail();
  expect(await round()).toBe(1);
  const second = await ann();
  expect(second?.startFailures).toBe(2);
  const pause = (row: typeof first) => (row?.retryAt?.getTime() ?? 0) - (row?.stateSince.getTime() ?? 0);
  expect(pause(second)).toBeGreaterThan(pause(first) + 3_000);
});

test('forgets failures once it ran for ten minutes', async () => {
  await set({ state: 'running', startFailures: 5, stateSince: sql`now() - interval '9 minutes'` });
  await round();
  expect((await ann())?.startFailures).toBe(5);
  await set({ stateSince: sql`now() - interval '11 minutes'` });
  await round();
  expect((await ann())?.startFailures).toBe(0);
});

test('asks less often while a quota forbids it', async () => {
  operations.refuseWith('quota_exceeded');
  await round();
  operations.refuseWith(null);
  expect(await round()).toBe(0);
  await set({ retryAt: sql`now()` });
  expect(await round()).toBe(1);
});
