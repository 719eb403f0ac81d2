import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { ownerIsGone, takeOwnership } from './ownership.ts';
import { createTestDatabase } from './testing.ts';

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function isGone(owner: string | null, self = 'somebody else'): Promise<boolean> {
  const { rows } = await database.db.execute<{ gone: boolean }>(
    sql`select ${ownerIsGone(sql`work.owner`, self)} as gone from (select ${owner}::text as owner) work`,
  );
  return rows[0]?.gone === true;
}

it('tells who lives from who is gone', async () => {
  const { owner, close } = await takeOwnership(database.connection);
  expect(await isGone(owner)).toBe(false);
  await close();
  await expect.poll(() => isGone(owner)).toBe(true);
  expect(await isGone(null)).toBe(false);
});

it('nobody takes themselves for gone', async () => {
  expect(await isGone('me', 'me')).toBe(false);
});

it('comes back when its connection is lost', async () => {
  const { owner, close } = await takeOwnership(database.connection);
  await database.db.execute(sql`
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and classid = 20260 and objid = (hashtext(${owner})::bigint & 4294967295)::oid`);
  await sleep(20);
  await expect.poll(() => isGone(owner), { timeout: 10_000 }).toBe(false);
  await close();
});
