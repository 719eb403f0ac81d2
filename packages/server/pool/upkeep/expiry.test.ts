import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { endExpired } from './expiry.ts';
import { insertOpenOperation, recordOperations } from './testing.ts';

let database: Database;
let operations = recordOperations();

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  operations = recordOperations();
  await set({ state: 'running', expiresAt: sql`now() - interval '1 minute'` });
});
afterEach(() => database.close());

const set = (values: Parameters<ReturnType<typeof database.db.update<typeof tenants>>['set']>[0]) =>
  database.db.update(tenants).set(values).where(eq(tenants.id, 'ann'));
const round = () =>
  endExpired({
    database,
    operations,
    onError: (error) => {
      throw error;
    },
  });
const ended = (state: 'succeeded' | 'failed', minutesAgo: number) =>
  insertOpenOperation(database, 'ann', {
    ...{ state, requestedBy: 'expiry', reason: state === 'failed' ? 'system_error' : null },
    ...{ createdAt: sql`now() - ${minutesAgo} * interval '1 minute'` as never, finishedAt: new Date() },
  });

test('stops a tenant whose time is over', async () => {
  await round();
  expect(operations.asked()).toEqual(['stop ann by expiry']);
});

test('deletes it where that was asked for, with a backup and its data kept', async () => {
  await set({ onExpiry: 'delete', state: 'stopped' });
  await round();
  expect(operations.requests[0]?.request).toEqual({ kind: 'delete', keepData: true, skipBackup: false });
});

test('leaves whose time is not over, who is stopped already, and who is being worked on', async () => {
  await set({ expiresAt: sql`now() + interval '1 minute'` });
  await round();
  await set({ expiresAt: sql`now() - interval '1 minute'`, state: 'stopped' });
  await round();
  await set({ state: 'running' });
  await insertOpenOperation(database, 'ann');
  await round();
  expect(operations.asked()).toEqual([]);
});

test('one that a person starts again stays, until it gets a new time', async () => {
  await set({ expiresAt: sql`now() - interval '1 hour'` });
  await ended('succeeded', 50);
  await round();
  expect(operations.asked()).toEqual([]);
  await set({ expiresAt: sql`now() - interval '1 minute'` });
  await round();
  expect(operations.asked()).toEqual(['stop ann by expiry']);
});

test('what failed is tried again after five minutes', async () => {
  await ended('failed', 4);
  await round();
  expect(operations.asked()).toEqual([]);
  await database.pool.query(`update operations set created_at = now() - interval '6 minutes'`);
  await round();
  expect(operations.asked()).toEqual(['stop ann by expiry']);
});
