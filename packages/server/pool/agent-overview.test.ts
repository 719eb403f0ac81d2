import { createTestDatabase } from '@clawpool/server/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import {
  agentSettings,
  departments,
  employees,
  layers,
  modelCalls,
  tenants,
  toolPolicies,
} from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { type AgentOverviews, createAgentOverviews } from './agent-overview.ts';

let database: Database;
let agents: AgentOverviews;
const admin: Principal = {
  ...{ userId: 'olga', name: 'Olga', organizationId: 'org', employeeId: null, roles: ['admin'] },
};
/** Leads the lab and nothing else. */
const lea: Principal = { ...admin, userId: 'lea', employeeId: 'lea', roles: ['manager'] };

beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  agents = createAgentOverviews(db, { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 });
  await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'rival');
  await db.insert(departments).values({ organizationId: 'org', id: 'lab', name: 'Lab' });
  await db.insert(employees).values({
    ...{ organizationId: 'org', id: 'lea', number: '77', name: 'Lea', email: 'lea@small.example' },
    ...{ departmentId: 'lab', positionId: null },
  });
  await db.insert(tenants).values([
    { organizationId: 'org', id: 'lea', name: 'agent-lea', employeeId: 'lea', tierId: 'standard', state: 'running' },
    { organizationId: 'org', id: 'team', name: 'team-desk', tierId: 'standard' },
    { organizationId: 'org', id: 'gone', name: 'gone', tierId: 'standard', state: 'deleted', deletedAt: new Date() },
  ]);
  const layer = { organizationId: 'org', content: 'text' };
  await db.insert(layers).values([
    { ...layer, scope: 'global', ownerId: '', version: 3 },
    { ...layer, scope: 'position', ownerId: 'maker', version: 2 },
    { ...layer, scope: 'personal', ownerId: 'ben', version: 5 },
  ]);
  const setting = { organizationId: 'org', updatedBy: 'Olga' };
  await db.insert(agentSettings).values([
    { ...setting, scope: 'organization', ownerId: '', settings: { model: 'demo/wide' } },
    { ...setting, scope: 'position', ownerId: 'maker', settings: { model: 'demo/maker' } },
    { ...setting, scope: 'employee', ownerId: 'ben', settings: { model: 'demo/ben' } },
  ]);
}, 60_000);
afterAll(() => database.close());

const page = { offset: 0, limit: 50 };
const notFound = { code: 'not_found' };

describe('the list of agents', () => {
  test('tells of each whose it is, what it is made of and what it may do', async () => {
    const { agents: all, total, counts } = await agents.list(admin, page);
    expect(all.map(({ name }) => name)).toEqual(['agent-ann', 'agent-ben', 'agent-lea', 'team-desk']);
    expect([total, counts]).toEqual([4, { hibernated: 3, running: 1 }]);
    expect(all[1]).toEqual({
      ...{ tenantId: 'ben', name: 'agent-ben', kind: 'personal', tier: 'Standard', state: 'hibernated' },
      owner: { employeeId: 'ben', name: 'ben', positionId: 'maker', position: 'Maker', department: 'Everybody' },
      model: { value: 'demo/ben', from: 'employee', fromName: 'ben' },
      layers: { global: 3, position: 2, personal: 5 },
      tools: ['file'],
      lastActiveAt: null,
    });
  });

  test('takes the model from the nearest that says one', async () => {
    const { agents: all } = await agents.list(admin, page);
    expect(all.map(({ model }) => [model.value, model.fromName])).toEqual([
      ['demo/maker', 'Maker'],
      ['demo/ben', 'ben'],
      ['demo/wide', 'Small Org'],
      ['demo/wide', 'Small Org'],
    ]);
  });

  test('knows an agent without a person, which has one layer and the tools of its tier', async () => {
    const { agents: found } = await agents.list(admin, { ...page, search: 'desk' });
    expect(found).toMatchObject([
      { kind: 'team', owner: null, layers: { global: 3, position: null, personal: null }, tools: ['shell', 'file'] },
    ]);
  });

  test('leaves out what is always blocked', async () => {
    const blocked = { organizationId: 'org', blockedTools: ['file'], commandPatterns: [], updatedBy: 'Olga' };
    await database.db.insert(toolPolicies).values(blocked);
    const { agents: found } = await agents.list(admin, { ...page, search: 'agent-ann' });
    expect(found[0]?.tools).toEqual([]);
  });

  test('is a manager’s own departments’, and filtered by state', async () => {
    expect((await agents.list(lea, page)).agents.map(({ name }) => name)).toEqual(['agent-lea']);
    expect((await agents.list(admin, { ...page, state: 'running' })).agents.map(({ name }) => name)).toEqual([
      'agent-lea',
    ]);
  });
});

describe('one agent', () => {
  test('tells its model calls day by day, today last, its own only', async () => {
    const call = {
      ...{ organizationId: 'org', tenantId: 'ann', provider: 'demo', model: 'demo', cachedInputTokens: 0, attempt: 1 },
      ...{ durationMs: 5, outcome: 'ok' as const, inputTokens: 10, outputTokens: 2 },
    };
    const yesterday = new Date(Date.now() - 86_400_000);
    await database.db
      .insert(modelCalls)
      .values([
        call,
        { ...call, outcome: 'error' },
        { ...call, at: yesterday },
        { ...call, at: new Date(Date.now() - 40 * 86_400_000) },
        { ...call, tenantId: 'ben' },
        { ...call, organizationId: 'rival', tenantId: 'rival-ann' },
      ]);
    const { usage } = await agents.get(admin, 'ann', 3);
    expect(
      usage.map(({ calls, failedCalls, inputTokens, outputTokens }) => [calls, failedCalls, inputTokens, outputTokens]),
    ).toEqual([
      [0, 0, 0, 0],
      [1, 0, 10, 2],
      [2, 1, 20, 4],
    ]);
    expect(usage[1]?.day).toBe(yesterday.toISOString().slice(0, 10));
  });

  test('is unknown to another organization, to a manager of another department, and once it is deleted', async () => {
    await expect(agents.get(admin, 'rival-ann', 3)).rejects.toMatchObject(notFound);
    await expect(agents.get(lea, 'ann', 3)).rejects.toMatchObject(notFound);
    await expect(agents.get(lea, 'team', 3)).rejects.toMatchObject(notFound);
    await expect(agents.get(admin, 'gone', 3)).rejects.toMatchObject(notFound);
    expect((await agents.get(lea, 'lea', 3)).agent.name).toBe('agent-lea');
  });
});
