import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database, Transaction } from './database.ts';
import { transact } from './deadlock.ts';
import { createTestDatabase } from './testing.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

test('of two that wait for each other both are done in the end', async () => {
  const lock = (tx: Transaction, key: number) => tx.execute(sql`select pg_advisory_xact_lock(${key})`);
  let waiting = 0;
  let tries = 0;
  const bothHoldOne = Promise.withResolvers<void>();
  const both = (first: number, second: number) =>
    transact(database.db, async (tx) => {
      tries++;
      await lock(tx, first);
      if (++waiting === 2) bothHoldOne.resolve();
      await bothHoldOne.promise;
      await lock(tx, second);
      return first;
    });
  expect(await Promise.all([both(1, 2), both(2, 1)])).toEqual([1, 2]);
  expect(tries).toBe(3);
});

test('another error is the caller’s at once', async () => {
  let tries = 0;
  await expect(
    transact(database.db, async (tx) => {
      tries++;
      await tx.execute(sql`select 1/0`);
    }),
  ).rejects.toThrow();
  expect(tries).toBe(1);
});
