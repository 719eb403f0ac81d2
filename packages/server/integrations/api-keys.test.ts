import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { apiKeys, rateLimits, tenants } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { keyInHeader } from './api-key.ts';
import { type ApiKeyService, createApiKeyService, principalOfKey } from './api-key-service.ts';
import { addressKey, countRequest } from './request-limit.ts';

let database: Database;
let admin: Principal;
let keys: ApiKeyService;
beforeEach(async () => {
  database = await createTestDatabase();
  admin = (await insertSmallOrganization(database)).ann;
  keys = createApiKeyService(database);
});
afterEach(() => database.close());

const wanted = { name: 'Our shop', tenants: ['ann', 'agent-ben'], scopes: ['chat' as const], expiresAt: null };

describe('a key', () => {
  test('is told once; only its hash is kept', async () => {
    const { key, secret } = await keys.create(admin, wanted);
    expect(secret).toMatch(/^cpk_[\w-]{43}$/u);
    expect(secret.startsWith(key.prefix)).toBe(true);
    expect(key).toMatchObject({ name: 'Our shop', createdBy: 'ann', lastUsedAt: null, revokedAt: null });
    expect(key.tenants.map(({ id }) => id)).toEqual(['ann', 'ben']);
    const stored = JSON.stringify([await database.db.select().from(apiKeys), await keys.list(admin)]);
    expect(stored).not.toContain(secret);
    expect(JSON.stringify(await listAuditEvents(database.db, 'org', { limit: 5 }))).not.toContain(secret);
  });

  test('names whoever sends it, and its tenants that are there', async () => {
    const { key, secret } = await keys.create(admin, wanted);
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ben'));
    expect(await principalOfKey(database.db, secret)).toMatchObject({
      organizationId: 'org',
      roles: [],
      employeeId: null,
      apiKey: { id: key.id, name: 'Our shop', scopes: ['chat'], tenantIds: ['ann'] },
    });
    expect((await keys.list(admin))[0]?.lastUsedAt).not.toBeNull();
  });

  test('is refused from the next request on when it is revoked, and when it has expired', async () => {
    const { key, secret } = await keys.create(admin, wanted);
    await keys.revoke(admin, key.id);
    await keys.revoke(admin, key.id);
    expect(await principalOfKey(database.db, secret)).toBeNull();

    const short = await keys.create(admin, { ...wanted, expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect(await principalOfKey(database.db, short.secret)).not.toBeNull();
    await database.db.update(apiKeys).set({ expiresAt: new Date(Date.now() - 1) });
    expect(await principalOfKey(database.db, short.secret)).toBeNull();
    expect(await principalOfKey(database.db, 'cpk_guess')).toBeNull();
    const actions = (await listAuditEvents(database.db, 'org', { limit: 9 })).map(({ action }) => action);
    expect(actions).toEqual(['api_key.created', 'api_key.revoked', 'api_key.created']);
  });

  test('has its last use written down once a minute', async () => {
    const { secret } = await keys.create(admin, wanted);
    const lastUse = async () => (await keys.list(admin))[0]?.lastUsedAt;
    await principalOfKey(database.db, secret);
    const first = await lastUse();
    await principalOfKey(database.db, secret);
    expect(await lastUse()).toBe(first);
    await database.db.update(apiKeys).set({ lastUsedAt: new Date(Date.now() - 61_000) });
    await principalOfKey(database.db, secret);
    expect(Date.parse((await lastUse()) ?? '')).toBeGreaterThan(Date.now() - 30_000);
  });

  test('cannot be made for another organization’s tenants, nor one for the past', async () => {
    const { ann: stranger } = await insertSmallOrganization(database, 'other');
    await expect(keys.create(stranger, wanted)).rejects.toMatchObject({ code: 'invalid_request' });
    const past = new Date(Date.now() - 1_000).toISOString();
    await expect(keys.create(admin, { ...wanted, expiresAt: past })).rejects.toMatchObject({ code: 'invalid_request' });
    const { key } = await keys.create(admin, wanted);
    await expect(keys.revoke(stranger, key.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await keys.list(stranger)).toEqual([]);
  });
});

test('a key is read from the header of its scheme, whatever its case', () => {
  expect(keyInHeader('bearer cpk_abc')).toBe('cpk_abc');
  expect(keyInHeader('Bearer sk-abc')).toBeNull();
  expect(keyInHeader('Basic cpk_abc')).toBeNull();
  expect(keyInHeader(undefined)).toBeNull();
});

describe('requests', () => {
  const count = (now: number, key = 'a') => countRequest(database.db, { key, perMinute: 3, message: 'Too many.' }, now);

  test('are counted exactly, however many are counted at once, and have room again a minute later', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => count(1_000_000)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = await count(1_040_000).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 20 });
    await count(1_040_000, 'b');
    await count(1_060_000);
  });

  test('are not kept for addresses that are gone', async () => {
    await count(1_000_000, 'long ago');
    await count(2_000_000, 'now');
    expect((await database.db.select().from(rateLimits)).map(({ key }) => key)).toEqual(['now']);
  });

  test('of one IPv6 network are those of one address', () => {
    expect(addressKey('2001:db8:1:2::1')).toBe(addressKey('2001:db8:1:2:ffff::9'));
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('::ffff:192.0.2.7')).toBe('192.0.2.7');
  });
});
