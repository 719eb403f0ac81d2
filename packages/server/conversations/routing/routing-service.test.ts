import type { RoutingTarget } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { and, eq, like } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { listenForNotifications, type NotificationListener, notify } from '../../store/notifications.ts';
import {
  auditEvents,
  conversations,
  departments,
  employees,
  positions,
  routingRules,
  tenants,
  tiers,
} from '../../store/schema/index.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { createRouter, type Router } from './router.ts';
import { createRoutingService, type RoutingService } from './routing-service.ts';

let database: Database;
let notifications: NotificationListener;
let router: Router;
let routing: RoutingService;
let admin: Principal;
let ann: Principal;
let marked: () => Promise<string[]>;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  await insertSmallOrganization(database, 'rival');
  await database.db.insert(tiers).values([tierRow('restricted', 'Restricted'), tierRow('executive', 'Executive')]);
  await database.db.insert(tenants).values({ organizationId: 'org', id: 'desk', name: 'desk', tierId: 'standard' });
  admin = { ...ann, userId: 'user-ben', name: 'ben', employeeId: 'ben', roles: ['admin'] };
  notifications = await listenForNotifications(database.connection);
  router = createRouter({ database, notifications });
  routing = createRoutingService({
    database,
    router,
    scopeOf: (principal) => scopeOf(database.db, principal),
  });
  marked = await watchMarkedAgents(database);
});
afterEach(async () => {
  router.close();
  await notifications.close();
  await database.close();
});

const tierRow = (id: string, name: string) => ({
  ...{ organizationId: 'org', id, name, memoryMegabytes: 1024, cpuMillis: 1000, pids: 128, diskMegabytes: 1024 },
  ...{ toolsCeiling: ['file'], idleMinutes: 15 },
});
const tier = (tierId: string): RoutingTarget => ({ type: 'tier', tierId });
const tenant = (tenantId: string): RoutingTarget => ({ type: 'tenant', tenantId });
const everybody = { scope: 'organization', ownerId: 'organization' } as const;
const makers = { scope: 'position', ownerId: 'maker' } as const;
const justAnn = { scope: 'employee', ownerId: 'ann' } as const;

const ask = (employeeId: string, tenantId?: string) =>
  router.resolve({ organizationId: 'org', employeeId, origin: 'portal', tenantId });
const answering = async (employeeId: string) => {
  const { tenant: answers, tier: runsIn } = await ask(employeeId);
  return `${answers?.id ?? 'nobody'} in ${runsIn?.id ?? 'nothing'}`;
};
const tierOf = async (id: string) =>
  (await database.db.select({ tier: tenants.tierId }).from(tenants).where(eq(tenants.id, id)))[0]?.tier;
const actions = async (pattern: string) =>
  (
    await database.db
      .select({ action: auditEvents.action, target: auditEvents.targetId })
      .from(auditEvents)
      .where(and(eq(auditEvents.organizationId, 'org'), like(auditEvents.action, pattern)))
      .orderBy(auditEvents.id)
  ).map(({ action, target }) => `${action} ${target}`);

describe('rules', () => {
  test('a tier rule moves the own agents of those it decides, and leaves those with a narrower one', async () => {
    await routing.putRule(admin, justAnn, tier('executive'));
    expect(await routing.putRule(admin, everybody, tier('restricted'))).toMatchObject({
      ...{ scope: 'organization', ownerId: '', targetName: 'Restricted', affects: 1, updatedBy: 'ben' },
    });
    expect([await tierOf('ann'), await tierOf('ben'), await tierOf('desk'), await tierOf('rival-ann')]).toEqual([
      ...['executive', 'restricted', 'standard', 'standard'],
    ]);
    expect(await marked()).toEqual(['ann', 'ben']);
    expect(await actions('tenant.tier_changed')).toEqual(['tenant.tier_changed ann', 'tenant.tier_changed ben']);
    expect(await actions('routing_rule.%')).toEqual([
      ...['routing_rule.saved employee/ann', 'routing_rule.saved organization/organization'],
    ]);
  });

  test('without the rule the wider one’s tier holds, and without any the position’s', async () => {
    await routing.putRule(admin, makers, tier('restricted'));
    await routing.putRule(admin, justAnn, tier('executive'));
    await routing.deleteRule(admin, justAnn);
    expect(await tierOf('ann')).toBe('restricted');
    await marked();
    await routing.deleteRule(admin, makers);
    expect([await tierOf('ann'), await tierOf('ben')]).toEqual(['standard', 'standard']);
    expect(await marked()).toEqual(['ann', 'ben']);
    await expect(routing.deleteRule(admin, makers)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a rule that names an agent leaves everybody’s tier alone', async () => {
    await database.db.update(tenants).set({ tierId: 'executive' }).where(eq(tenants.id, 'ann'));
    await routing.putRule(admin, everybody, tenant('desk'));
    await routing.deleteRule(admin, everybody);
    expect(await tierOf('ann')).toBe('executive');
    expect(await marked()).toEqual([]);
  });

  test('each says how many it decides now: one whose agent is gone decides nothing', async () => {
    await routing.putRule(admin, everybody, tenant('desk'));
    await routing.putRule(admin, justAnn, tier('executive'));
    const affects = async () =>
      (await routing.listRules(admin)).map(({ scope, affects: count }) => `${scope} ${count}`);
    expect(await affects()).toEqual(['organization 1', 'employee 1']);
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'desk'));
    expect(await affects()).toEqual(['organization 0', 'employee 1']);
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ann'));
    expect(await affects()).toEqual(['organization 0', 'employee 0']);
  });

  test('nothing of another organization can be named, nor somebody else’s own agent', async () => {
    for (const [place, target] of [
      [everybody, tenant('rival-ann')],
      [everybody, tier('nothing')],
      [{ scope: 'employee', ownerId: 'rival-ann' }, tier('restricted')],
      [{ scope: 'position', ownerId: 'nothing' }, tier('restricted')],
      [{ scope: 'organization', ownerId: '' }, tier('restricted')],
    ] as const) {
      await expect(routing.putRule(admin, place, target)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(routing.putRule(admin, everybody, tenant('ann'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(routing.putRule(admin, justAnn, tenant('ben'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await database.db.select().from(routingRules)).toEqual([]);
    expect(await actions('routing_rule.%')).toEqual([]);
  });

  test('two that change the same rule at once leave agents in the tier that the rule says', async () => {
    await Promise.all([
      routing.putRule(admin, everybody, tier('restricted')),
      routing.putRule(admin, everybody, tier('executive')),
      routing.putRule(admin, makers, tier('executive')),
      routing.deleteRule(admin, makers).catch(() => {}),
    ]);
    const rules = await routing.listRules(admin);
    const said = rules.find(({ scope }) => scope === 'position') ?? rules[0];
    expect(said?.target).toEqual({ type: 'tier', tierId: await tierOf('ann') });
    expect(await tierOf('ben')).toBe(await tierOf('ann'));
  });
});

describe('the cache', () => {
  test('a rule that is set or removed holds for the next message', async () => {
    expect(await answering('ann')).toBe('ann in standard');
    await routing.putRule(admin, everybody, tenant('desk'));
    await expect.poll(() => answering('ann')).toBe('desk in standard');
    await routing.deleteRule(admin, everybody);
    await expect.poll(() => answering('ann')).toBe('ann in standard');
    await routing.putRule(admin, makers, tier('restricted'));
    await expect.poll(() => answering('ann')).toBe('ann in restricted');
  });

  test('so does an agent that is shared, and one that is no longer', async () => {
    expect((await ask('ann', 'desk')).tenant).toBeNull();
    await routing.assign(admin, 'desk', 'ann');
    await expect.poll(async () => (await ask('ann', 'desk')).tenant?.id).toBe('desk');
    expect((await ask('ben', 'desk')).tenant).toBeNull();
    await routing.unassign(admin, 'desk', 'ann');
    await expect.poll(async () => (await ask('ann', 'desk')).tenant).toBeNull();
  });

  test('so does a change of an agent, and of people, positions and tiers that is told', async () => {
    const { db } = database;
    expect(await answering('ann')).toBe('ann in standard');
    await db.transaction(async (tx) => {
      await tx.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ann'));
      await notify(tx, 'tenant_changed', { organizationId: 'org', tenantId: 'ann' });
    });
    await expect.poll(() => answering('ann')).toBe('nobody in nothing');
    const position = async () => (await ask('ben')).employee.position;
    expect(await position()).toBe('Maker');
    await db.transaction(async (tx) => {
      await tx.update(positions).set({ name: 'Baker' }).where(eq(positions.organizationId, 'org'));
      await notify(tx, 'routing_changed', { organizationId: 'org' });
    });
    await expect.poll(position).toBe('Baker');
  });

  test('an answer is kept when only another organization’s rules change', async () => {
    await ask('ann');
    const heard: string[] = [];
    const stop = notifications.on('routing_changed', ({ organizationId }) => void heard.push(organizationId));
    await database.db.transaction(async (tx) => {
      await tx.update(employees).set({ name: 'Untold' }).where(eq(employees.organizationId, 'org'));
      await notify(tx, 'routing_changed', { organizationId: 'rival' });
    });
    await expect.poll(() => heard).toEqual(['rival']);
    stop();
    expect((await ask('ann')).employee.name).toBe('ann');
  });

  test('after the connection was lost nothing that was known before is believed', async () => {
    expect(await answering('ann')).toBe('ann in standard');
    await database.db
      .insert(routingRules)
      .values({ organizationId: 'org', scope: 'organization', ownerId: '', tenantId: 'desk', updatedBy: 'SQL' });
    expect(await answering('ann')).toBe('ann in standard');
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen clawpool' and datname = current_database()`,
    );
    await expect.poll(() => answering('ann'), { timeout: 10_000 }).toBe('desk in standard');
  });

  test('an employee of another organization is unknown, before and after they were asked for there', async () => {
    await router.resolve({ organizationId: 'rival', employeeId: 'rival-ann', origin: 'portal' });
    await expect(ask('rival-ann')).rejects.toMatchObject({ code: 'not_found' });
    await expect(ask('rival-ann')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('agents that are shared', () => {
  test('are listed with their people; sharing twice is sharing once', async () => {
    await routing.assign(admin, 'desk', 'ben');
    await routing.assign(admin, 'desk', 'ann');
    await routing.assign(admin, 'desk', 'ann');
    expect(await routing.listAssignments(admin)).toEqual([
      {
        ...{ tenantId: 'desk', tenantName: 'desk' },
        employees: [
          { id: 'ann', name: 'ann' },
          { id: 'ben', name: 'ben' },
        ],
      },
    ]);
    expect(await actions('assignment.%')).toEqual(['assignment.created desk', 'assignment.created desk']);
  });

  test('are nobody’s own, and of the same organization as their people', async () => {
    await expect(routing.assign(admin, 'ben', 'ann')).rejects.toMatchObject({ code: 'conflict' });
    await expect(routing.assign(admin, 'desk', 'rival-ann')).rejects.toMatchObject({ code: 'not_found' });
    await expect(routing.assign(admin, 'rival-ann', 'ann')).rejects.toMatchObject({ code: 'not_found' });
    await expect(routing.unassign(admin, 'desk', 'ann')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a manager', () => {
  let manager: Principal;
  beforeEach(async () => {
    await database.db.insert(departments).values({ organizationId: 'org', id: 'other', name: 'Other' });
    await database.db
      .update(employees)
      .set({ departmentId: 'other' })
      .where(and(eq(employees.organizationId, 'org'), eq(employees.id, 'ben')));
    manager = { ...ann, roles: ['manager'] };
  });

  test('asks about their own people only', async () => {
    const resolve = (principal: Principal, employeeId: string) =>
      routing.resolve(principal, { employeeId, origin: 'portal' });
    expect((await resolve(manager, 'ann')).tenant?.id).toBe('ann');
    await expect(resolve(manager, 'ben')).rejects.toMatchObject({ code: 'not_found' });
    expect((await resolve(admin, 'ben')).tenant?.id).toBe('ben');
    await expect(resolve(admin, 'rival-ann')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('sees no rule or sharing of other people', async () => {
    await routing.putRule(admin, { scope: 'employee', ownerId: 'ben' }, tier('restricted'));
    await routing.putRule(admin, makers, tier('restricted'));
    await routing.assign(admin, 'desk', 'ben');
    expect((await routing.listRules(manager)).map(({ scope }) => scope)).toEqual(['position']);
    expect(await routing.listAssignments(manager)).toEqual([]);
  });
});

test('the session that a message would continue is named, where there is one', async () => {
  const session = async (origin: 'portal' | 'telegram' | 'schedule') =>
    (await routing.resolve(admin, { employeeId: 'ann', origin })).session;
  expect(await session('portal')).toBeNull();
  await database.db.insert(conversations).values({
    ...{ organizationId: 'org', id: 'c1', tenantId: 'ann', userId: ann.userId, path: 'emp' },
    callerKey: `user:${ann.userId}`,
  });
  expect(await session('portal')).toBe('emp__ann__c1');
  expect(await session('telegram')).toBe('emp__ann__c1');
  expect(await session('schedule')).toBeNull();
  await database.db.update(conversations).set({ endedAt: new Date() });
  expect(await session('portal')).toBeNull();
});
