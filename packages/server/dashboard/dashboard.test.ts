import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAuditEvents, recordAudit } from '../audit/audit-store.ts';
import { peopleOf } from '../organization/people/people-service.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import {
  accessRequests,
  auditEvents,
  conversations,
  departments,
  employees,
  layers,
  modelCalls,
  organizations,
  tenants,
  turns,
} from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { getDashboard } from './dashboard-service.ts';

let database: Database;
let admin: Principal;
let manager: Principal;

beforeAll(async () => {
  database = await createTestDatabase();
  const { ann, ben } = await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'rival');
  await database.db.insert(departments).values({ organizationId: 'org', id: 'shop', name: 'Shop', parentId: 'all' });
  await database.db.update(employees).set({ departmentId: 'shop' }).where(eq(employees.id, 'ben'));
  await database.db
    .insert(tenants)
    .values({ organizationId: 'org', id: 'desk', name: 'desk', tierId: 'standard', state: 'failed' });
  await database.db.update(tenants).set({ state: 'running' }).where(eq(tenants.id, 'ann'));
  admin = { ...ann, roles: ['admin'] };
  manager = { ...ben, roles: ['manager'] };
  await said('ann', 'user:ann', 0, 1_000);
  await said('ann', 'user:ann', 0, 3_000);
  await said('ben', 'user:ben', 1, 2_000);
  await said('desk', 'user:ann', 20, null);
  await said('rival-ann', 'user:rival', 0, null, 'rival');
});
afterAll(() => database.close());

/** A message so many days ago, and after how long the first word came. */
async function said(tenantId: string, callerKey: string, daysAgo: number, afterMs: number | null, org = 'org') {
  const conversationId = randomUUID();
  const acceptedAt = new Date(Date.now() - daysAgo * 86_400_000);
  await database.db
    .insert(conversations)
    .values({ organizationId: org, id: conversationId, tenantId, path: 'emp', callerKey });
  await database.db.insert(turns).values({
    ...{ organizationId: org, id: randomUUID(), conversationId, tenantId, state: 'answered', acceptedAt },
    firstTokenAt: afterMs === null ? null : new Date(acceptedAt.getTime() + afterMs),
    finishedAt: acceptedAt,
  });
  await database.db.insert(modelCalls).values({
    ...{ organizationId: org, tenantId, provider: 'demo', model: 'demo', outcome: 'ok', attempt: 1, durationMs: 1 },
    ...{ inputTokens: 2_000_000_000, outputTokens: 200_000_000, cachedInputTokens: 0, at: acceptedAt },
  });
}

const of = (principal: Principal, hasModel = false) => getDashboard(database, principal, { hasModel });
const attention = async (principal: Principal) =>
  Object.fromEntries((await of(principal)).attention.map(({ kind, count, names }) => [kind, [count, names]]));

describe('the figures', () => {
  test('of an admin are the whole organization’s, and nobody else’s', async () => {
    expect((await of(admin)).figures).toEqual({
      ...{ employees: 2, agents: 3, running: 1, peopleToday: 1, messagesToday: 2, messagesYesterday: 1 },
      ...{ tokensToday: 4_400_000_000, firstWordMs: 2_000 },
    });
  });

  test('of a manager are their departments’', async () => {
    expect((await of(manager)).figures).toEqual({
      ...{ employees: 1, agents: 1, running: 0, peopleToday: 0, messagesToday: 0, messagesYesterday: 1 },
      ...{ tokensToday: 0, firstWordMs: 2_000 },
    });
  });

  test('of fourteen days are in order, the empty ones too', async () => {
    const { days } = await of(admin);
    expect(days.map(({ messages }) => messages)).toEqual([...Array(12).fill(0), 1, 2]);
    expect(days.at(-1)).toMatchObject({ day: new Date().toISOString().slice(0, 10), people: 1 });
  });

  test('of positions, states and ways', async () => {
    const { positions, states, ways } = await of(admin);
    expect(positions).toEqual([{ name: 'Maker', people: 2, agents: 2 }]);
    expect(states).toContainEqual({ state: 'failed', agents: 1 });
    expect(ways).toEqual([{ origin: 'portal', messages: 3 }]);
    expect((await of(manager)).states).toEqual([{ state: 'hibernated', agents: 1 }]);
  });
});

describe('what needs attention', () => {
  test('names what there is, and leaves out what is well', async () => {
    expect(await attention(admin)).toEqual({
      agents_failed: [1, ['desk']],
      positions_without_layer: [1, ['Maker']],
    });
  });

  test('counts requests, refusals and people without an agent, each for whoever it concerns', async () => {
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ben'));
    await database.db.insert(accessRequests).values({
      ...{ organizationId: 'org', id: 'r', tenantId: 'ann', employeeId: 'ann', employeeName: 'Ann', kind: 'tool' },
      ...{ resource: 'shell', reason: 'builds', risk: 'high', stage: 'manager', origin: 'portal' },
      expiresAt: new Date(Date.now() + 60_000),
    });
    await recordAudit(database.db, 'org', {
      actor: { type: 'agent', id: 'ann', name: 'agent-ann' },
      ...{ action: 'tool.refused', target: null, outcome: 'refused', detail: {} },
    });
    expect(await attention(admin)).toMatchObject({
      requests_waiting: [1, ['Ann']],
      refusals_today: [1, ['agent-ann']],
      employees_without_agent: [1, ['ben']],
    });
    expect(Object.keys(await attention(manager)).sort()).toEqual(['employees_without_agent']);
  });
});

describe('what a count leads to', () => {
  test('agents that failed, and those that somebody has to look at, are each what the list of that state shows', async () => {
    await database.db.update(tenants).set({ state: 'requires_attention' }).where(eq(tenants.id, 'ann'));
    expect(await attention(admin)).toMatchObject({
      agents_failed: [1, ['desk']],
      agents_need_attention: [1, ['agent-ann']],
    });
    await database.db.update(tenants).set({ state: 'running' }).where(eq(tenants.id, 'ann'));
  });

  test('people without a position are what the list of people shows: not those who are suspended', async () => {
    const newcomers = [
      { id: 'new', number: '90', name: 'Newcomer', email: 'new@org.example', active: true },
      { id: 'gone', number: '91', name: 'Gone', email: 'gone@org.example', active: false },
    ];
    await database.db
      .insert(employees)
      .values(newcomers.map((person) => ({ organizationId: 'org', departmentId: 'all', ...person })));
    expect(await attention(admin)).toMatchObject({ employees_without_position: [1, ['Newcomer']] });
    const listed = await peopleOf(database, admin, { with: 'no_position', limit: 10, offset: 0 });
    expect(listed.employees.map(({ name }) => name)).toEqual(['Newcomer']);
  });

  test('refusals today are what the trail shows of agents since midnight, also of agents that are gone', async () => {
    const { db } = database;
    const refused = {
      organizationId: 'org',
      actorName: 'x',
      action: 'tool.refused',
      outcome: 'refused' as const,
      detail: {},
    };
    const midnight = (await of(admin)).midnight;
    await db.insert(auditEvents).values([
      { ...refused, actorType: 'agent', actorId: 'no-more' },
      { ...refused, actorType: 'person', actorId: 'ann' },
      { ...refused, actorType: 'agent', actorId: 'ann', at: new Date(Date.parse(midnight) - 1_000) },
    ]);
    const events = await listAuditEvents(db, 'org', {
      ...{ actor: 'agent', outcome: 'refused', since: midnight, limit: 50 },
    });
    expect((await attention(admin)).refusals_today?.[0]).toBe(events.length);
    expect(events.map(({ actor }) => actor.id)).toContain('no-more');
    expect(await attention(manager)).not.toHaveProperty('refusals_today');
  });
});

describe('the set-up checklist', () => {
  test('is the admins’, and says what is done', async () => {
    expect((await of(manager)).setup).toBeNull();
    const open = async (hasModel: boolean) =>
      (await of(admin, hasModel)).setup?.filter(({ done }) => !done).map(({ step }) => step);
    expect(await open(false)).toEqual(['model', 'global_layer', 'channel']);
    await database.db
      .insert(layers)
      .values({ organizationId: 'org', scope: 'global', ownerId: '', content: 'Be kind.' });
    expect(await open(true)).toEqual(['channel']);
  });

  test('of an organization with nothing in it has everything before it', async () => {
    await database.db.insert(organizations).values({ id: 'new', name: 'New' });
    const { setup, figures } = await of({ ...admin, organizationId: 'new', employeeId: null });
    expect(setup?.every(({ done }) => !done)).toBe(true);
    expect(figures).toMatchObject({ employees: 0, agents: 0, firstWordMs: null });
  });
});
