import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import type { Database } from '../../store/database.ts';
import { grants, tiers } from '../../store/schema/index.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { isAmong } from './egress.ts';
import { createEgressPorts } from './egress-ports.ts';

let database: Database;
let time = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await database.db.update(tiers).set({ egressHosts: ['api.example.com', '*.trusted.example'] });
});
afterAll(() => database.close());
beforeEach(() => {
  time = 0;
});

const ports = () => createEgressPorts(database, () => time);
const connect = (host: string, tenantId = 'ann', open = false) =>
  ports().mayConnect({ tenantId, host, port: 443, open });
const events = async (action: string) =>
  (await listAuditEvents(database.db, 'org', { limit: 50, action })).map(({ actor, target }) => [
    actor.id,
    target?.name,
  ]);

test.each([
  ['api.example.com', true],
  ['a.trusted.example', true],
  ['a.b.trusted.example', true],
  ['trusted.example', false],
  ['nottrusted.example', false],
  ['api.example.com.evil.example', false],
  ['example.com', false],
])('%s is among the named ones: %s', (host, expected) => {
  expect(isAmong(host, ['api.example.com', '*.trusted.example'])).toBe(expected);
});

test('a tenant reaches its tier’s hosts, each connection is told, and no others', async () => {
  expect(await connect('api.example.com')).toBe(true);
  expect(await connect('elsewhere.example')).toBe(false);
  expect(await events('egress.allowed')).toEqual([['ann', 'api.example.com']]);
  expect(await events('egress.refused')).toEqual([['ann', 'elsewhere.example']]);
});

test('the same refusal is told once a minute', async () => {
  const { mayConnect } = ports();
  const again = () => mayConnect({ tenantId: 'ben', host: 'again.example', port: 443, open: false });
  for (time of [0, 1_000, 59_999, 60_000]) expect(await again()).toBe(false);
  expect((await events('egress.refused')).filter(([, host]) => host === 'again.example')).toHaveLength(2);
});

test('a granted host is reached until the grant ends, and by nobody else', async () => {
  const grant = {
    ...{ organizationId: 'org', id: 'g', tenantId: 'ann', employeeName: 'ann', requestId: 'r', grantedBy: 'ben' },
    ...({ kind: 'host', resource: 'granted.example', mode: 'until' } as const),
    expiresAt: new Date(Date.now() + 60_000),
  };
  await database.db.insert(grants).values(grant);
  expect(await connect('granted.example')).toBe(true);
  expect(await connect('granted.example', 'ben')).toBe(false);
  expect(await connect('granted.example', 'ann', true)).toBe(true);
  expect((await events('egress.allowed')).filter(([, host]) => host === 'granted.example')).toHaveLength(1);
  await database.db
    .update(grants)
    .set({ expiresAt: new Date(Date.now() - 1_000) })
    .where(eq(grants.id, 'g'));
  expect(await connect('granted.example', 'ann', true)).toBe(false);
  expect(await events('egress.ended')).toEqual([['ann', 'granted.example']]);
  expect(await connect('granted.example')).toBe(false);
});

test('what is no tenant, a warm slot for example, reaches nothing and is not told', async () => {
  expect(await connect('api.example.com', 'slot-1')).toBe(false);
});
