import { createTenantBody } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTenant } from '../../pool/operations/create.ts';
import type { Database } from '../../store/database.ts';
import { employees, routingRules, tenants, tiers } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { systemActor } from '../installation.ts';
import { provisionAgents } from './provisioning.ts';

let database: Database;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() });
  for (const id of ['for-all', 'for-makers', 'for-ann']) {
    await database.db.insert(tiers).values({
      ...{ organizationId: 'org', id, name: id, memoryMegabytes: 2048, cpuMillis: 1000, pids: 128 },
      ...{ diskMegabytes: 1024, toolsCeiling: ['file'], idleMinutes: 15 },
    });
  }
});
afterEach(() => database.close());

const rule = (scope: 'organization' | 'position' | 'employee', ownerId: string, tierId: string) =>
  database.db.insert(routingRules).values({ organizationId: 'org', scope, ownerId, tierId, updatedBy: 'Ada' });
const provision = (...ids: string[]) => database.db.transaction((tx) => provisionAgents(tx, 'org', systemActor, ids));
const tierOf = async (employeeId: string) => {
  const rows = await database.db.select().from(tenants).where(eq(tenants.employeeId, employeeId));
  return rows.find(({ state }) => state !== 'deleted')?.tierId;
};

describe('the tier of a new agent', () => {
  test('is the position’s where no rule says another', async () => {
    await provision('ann', 'ben');
    expect([await tierOf('ann'), await tierOf('ben')]).toEqual(['standard', 'standard']);
  });

  test('is the narrowest rule’s', async () => {
    await rule('organization', '', 'for-all');
    await provision('ben');
    await rule('position', 'maker', 'for-makers');
    await rule('employee', 'ann', 'for-ann');
    await provision('ann');
    expect([await tierOf('ann'), await tierOf('ben')]).toEqual(['for-ann', 'for-all']);
  });

  test('is the rule’s too when an operator makes the agent and names no tier', async () => {
    await rule('position', 'maker', 'for-makers');
    const body = createTenantBody.parse({ name: 'by-hand', employeeId: 'ann', start: false });
    await database.db.transaction((tx) =>
      createTenant(tx, { organizationId: 'org', body, requestedBy: 'Olga' }, { images: new Set() }),
    );
    expect(await tierOf('ann')).toBe('for-makers');
  });
});

test('names are cut to what tenants may have, and each is there once', async () => {
  await database.db.update(tenants).set({ state: 'hibernated', deletedAt: null }).where(eq(tenants.id, 'ben'));
  await database.db.update(tenants).set({ name: 'agent-maker-ann' }).where(eq(tenants.id, 'ben'));
  const long = 'a-person-with-a-very-long-id-indeed';
  await database.db.insert(employees).values({
    ...{ organizationId: 'org', id: long, number: '9', name: 'Long', email: 'long@small.example' },
    ...{ departmentId: 'all', positionId: 'maker' },
  });
  await provision('ann', long);
  const rows = await database.db.select().from(tenants).where(eq(tenants.state, 'hibernated')).orderBy(tenants.name);
  expect(rows.map(({ name }) => name)).toEqual([
    'agent-maker-a-person-with-a-very',
    'agent-maker-ann',
    'agent-maker-ann-2',
  ]);
});
