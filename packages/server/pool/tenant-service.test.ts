import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { tenants } from '../store/schema/index.ts';
import { createScriptedHost, type ScriptedHost } from '../testing/scripted-host.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createTenantPool, type TenantPool } from './tenant-service.ts';
import { transitionTenant } from './tenant-store.ts';

let database: Database;
let host: ScriptedHost;

const model = { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 };
const fail = (error: unknown) => {
  throw error;
};
const open = (): Promise<TenantPool> => createTenantPool({ database, host, model, onError: fail });
const rowOf = async (id: string) => (await database.db.select().from(tenants).where(eq(tenants.id, id)))[0];

beforeEach(async () => {
  database = await createTestDatabase();
  host = createScriptedHost();
  await insertSmallOrganization(database);
});
afterEach(() => database.close());

test('ten callers at once start one runtime', async () => {
  const pool = await open();
  const results = await Promise.all(Array.from({ length: 10 }, () => pool.wake('ann')));
  expect(host.starts).toEqual(['ann']);
  expect(results.every((result) => result.ok)).toBe(true);
  expect(await rowOf('ann')).toMatchObject({ state: 'running', generation: 1 });
});

test('a tenant that a dead process left running is hibernated at the next start', async () => {
  await (await open()).wake('ann');
  const next = await open();
  expect(await rowOf('ann')).toMatchObject({ state: 'hibernated', generation: 1 });
  await next.wake('ann');
  expect(await rowOf('ann')).toMatchObject({ state: 'running', generation: 2 });
});

test('a crash is recorded for the generation that crashed, not for the one after it', async () => {
  const pool = await open();
  await pool.wake('ann');
  host.crash({ tenantId: 'ann', generation: 1, reason: 'memory_limit', message: 'Out of memory.' });
  await expect.poll(async () => (await rowOf('ann'))?.state).toBe('failed');
  expect(await rowOf('ann')).toMatchObject({ reason: 'memory_limit' });

  await pool.wake('ann');
  host.crash({ tenantId: 'ann', generation: 1, reason: 'exited', message: 'late news' });
  await pool.wake('ben');
  expect(await rowOf('ann')).toMatchObject({ state: 'running', generation: 2, reason: null });
});

test('whoever holds an old generation can change nothing', async () => {
  const pool = await open();
  await pool.wake('ann');
  await pool.stop('ann');
  await pool.wake('ann');
  const late = await database.db.transaction((tx) =>
    transitionTenant(tx, { organizationId: 'org', tenantId: 'ann', to: 'stopping', generation: 1 }),
  );
  expect(late).toBeNull();
  expect(await rowOf('ann')).toMatchObject({ state: 'running', generation: 2 });
});

test('closing hibernates every running tenant', async () => {
  const pool = await open();
  await Promise.all([pool.wake('ann'), pool.wake('ben')]);
  await pool.close();
  expect((await rowOf('ann'))?.state).toBe('hibernated');
  expect((await rowOf('ben'))?.state).toBe('hibernated');
  expect(await pool.wake('ann')).toMatchObject({ ok: false });
});
