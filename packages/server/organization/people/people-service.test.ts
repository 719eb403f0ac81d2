import { and, eq, sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../store/database.ts';
import {
  accounts,
  conversations,
  employees,
  members,
  messages,
  sessions,
  tenants,
  turns,
  users,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertBranches, insertMember, insertStaffedOrganization } from '../../testing/staffed-organization.ts';
import type { Principal } from '../principal.ts';
import {
  changeEmployee,
  createEmployee,
  deleteEmployee,
  peopleOf,
  personOf,
  provisionEmployee,
  removalOfEmployee,
  resetPassword,
} from './people-service.ts';

const page = { limit: 100, offset: 0 };
const newcomer = {
  ...{ name: 'Zoe', email: 'zoe@small.example', departmentId: 'all', positionId: 'maker' },
  ...{ roles: ['employee' as const], permissions: [], contactFor: [] },
};

let database: Database;
let ann: Principal;
let ada: Principal;
let abe: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ada, abe } = await insertStaffedOrganization(database));
});
afterEach(() => database.close());

describe('the list', () => {
  const names = async (principal: Principal, query: Partial<Parameters<typeof peopleOf>[2]> = {}) =>
    (await peopleOf(database, principal, { ...page, ...query })).employees.map(({ name }) => name);

  test('is found by part of name, e-mail or number, and % means itself', async () => {
    expect(await names(ada, { search: 'AN' })).toEqual(['ann']);
    expect(await names(ada, { search: 'ben@small' })).toEqual(['ben']);
    expect(await names(ada, { search: 'emp-00' })).toEqual(['Ada', 'Abe']);
    expect(await names(ada, { search: '%' })).toEqual([]);
  });

  test('comes in pages, with how many there are', async () => {
    const found = await peopleOf(database, ada, { limit: 1, offset: 1 });
    expect(found.employees.map(({ name }) => name)).toEqual(['ben']);
    expect(found.total).toBe(4);
  });

  test('is narrowed by agent, suspension and position', async () => {
    await changeEmployee(database, ada, 'ben', { active: false });
    expect(await names(ada, { with: 'agent' })).toEqual(['ann', 'ben']);
    expect(await names(ada, { with: 'no_agent' })).toEqual(['Ada', 'Abe']);
    expect(await names(ada, { with: 'suspended' })).toEqual(['ben']);
    expect(await names(ada, { positionId: 'maker' })).toEqual(['ann', 'ben']);
  });

  test('has a department’s people and those below it, in a manager’s scope only', async () => {
    await insertBranches(database);
    await insertMember(database, 'org', 'Cy', ['employee'], [], 'coast');
    await insertMember(database, 'org', 'Ed', ['employee'], [], 'east');
    const manager = await insertMember(database, 'org', 'Mo', ['manager'], [], 'west');
    expect(await names(ada, { departmentId: 'west' })).toEqual(['Cy', 'Mo']);
    expect(await names(manager)).toEqual(['Cy', 'Mo']);
    expect(await names(manager, { departmentId: 'all' })).toEqual(['Cy', 'Mo']);
    await expect(personOf(database, manager, 'ed')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('does not have another organization’s people', async () => {
    const { ada: stranger } = await insertStaffedOrganization(database, 'other');
    await expect(personOf(database, stranger, 'ann')).rejects.toMatchObject({ code: 'not_found' });
    await expect(deleteEmployee(database, stranger, 'ann', { force: true })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('one person', () => {
  test('has the nearest manager upwards who is not they', async () => {
    await insertBranches(database);
    const top = await insertMember(database, 'org', 'Top', ['manager']);
    const near = await insertMember(database, 'org', 'Near', ['manager'], [], 'west');
    const cy = await insertMember(database, 'org', 'Cy', ['employee'], [], 'coast');
    expect((await personOf(database, ada, cy.employeeId ?? '')).manager?.name).toBe('Near');
    expect((await personOf(database, ada, near.employeeId ?? '')).manager?.name).toBe('Top');
    expect((await personOf(database, ada, top.employeeId ?? '')).manager).toBeNull();
  });

  test('has seven days of what they wrote, days without included', async () => {
    await say('one');
    await say('two');
    const { messagesLastWeek, signsIn } = await personOf(database, ada, 'ann');
    expect(messagesLastWeek).toHaveLength(7);
    expect(messagesLastWeek.at(-1)).toEqual({ day: new Date().toISOString().slice(0, 10), messages: 2 });
    expect(messagesLastWeek.slice(0, 6).every((day) => day.messages === 0)).toBe(true);
    expect(signsIn).toBe(false);
  });
});

describe('adding and changing', () => {
  test('tells the first password once, and it has to be changed', async () => {
    const { employee, password } = await createEmployee(database, ada, newcomer);
    expect(password).toMatch(/.{12}/);
    expect(employee).toMatchObject({ name: 'Zoe', position: 'Maker', tenantId: expect.any(String) });
    const [user] = await database.db.select().from(users).where(eq(users.email, newcomer.email));
    expect(user?.mustChangePassword).toBe(true);
  });

  test('gives policy only by somebody who has it', async () => {
    const admin = { ...newcomer, roles: ['admin' as const], permissions: ['policy' as const] };
    await expect(createEmployee(database, abe, admin)).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(
      changeEmployee(database, abe, abe.employeeId ?? '', { permissions: ['policy'] }),
    ).rejects.toMatchObject({
      code: 'not_allowed',
    });
    expect((await createEmployee(database, ada, admin)).employee.permissions).toEqual(['policy']);
  });

  test.each([
    ['e-mail', (id: string) => changeEmployee(database, abe, id, { email: 'mine@small.example' })],
    ['roles', (id: string) => changeEmployee(database, abe, id, { roles: ['employee'] })],
    ['suspension', (id: string) => changeEmployee(database, abe, id, { active: false })],
    ['password', (id: string) => resetPassword(database, abe, id)],
    ['removal', (id: string) => deleteEmployee(database, abe, id, { force: true })],
  ])('does not let an admin without policy get at one who has it: %s', async (_, attempt) => {
    await expect(attempt(ada.employeeId ?? '')).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('does not let an admin get at an operator’s sign-in', async () => {
    await database.db
      .update(members)
      .set({ roles: ['operator'] })
      .where(eq(members.userId, ann.userId));
    await expect(resetPassword(database, ada, 'ann')).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('changes a name without touching roles, permissions or topics', async () => {
    await changeEmployee(database, ada, 'ann', { contactFor: ['tea'] });
    expect(await changeEmployee(database, ada, 'ann', { name: 'Ann B.' })).toMatchObject({
      ...{ name: 'Ann B.', roles: ['employee'], contactFor: ['tea'] },
    });
  });

  test('lets nobody suspend or remove themselves', async () => {
    await expect(changeEmployee(database, ada, 'ada', { active: false })).rejects.toMatchObject({ code: 'conflict' });
    await expect(deleteEmployee(database, ada, 'ada', { force: true })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('gives a new first password, also to somebody who had none, and ends their sessions', async () => {
    const session = { id: 's', userId: ann.userId, token: 't', updatedAt: new Date() };
    await database.db.insert(sessions).values({ ...session, expiresAt: new Date('2099-01-01') });
    const [first, second] = [await resetPassword(database, ada, 'ann'), await resetPassword(database, ada, 'ann')];
    expect(first.password).not.toBe(second.password);
    expect(await database.db.$count(sessions)).toBe(0);
    expect(await database.db.$count(accounts, eq(accounts.userId, ann.userId))).toBe(1);
  });
});

describe('an agent for one person', () => {
  const refusal = (employeeId: string) =>
    provisionEmployee(database, ada, employeeId).catch((error: { code: string; message: string }) => error);

  test('is made once, however many ask, and leaves colleagues as they are', async () => {
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() });
    const made = await Promise.allSettled([1, 2].map(() => provisionEmployee(database, ada, 'ann')));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await personOf(database, ada, 'ann')).tenantId).not.toBeNull();
    expect((await personOf(database, ada, 'ben')).tenantId).toBeNull();
  });

  test('is refused to who has one, has no position, is suspended or is nobody', async () => {
    await expect(refusal('ann')).resolves.toMatchObject({ code: 'conflict', message: 'ann has an agent already.' });
    await expect(refusal('nobody')).resolves.toMatchObject({ code: 'not_found' });
    await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() });
    await changeEmployee(database, ada, 'ben', { active: false });
    await expect(refusal('ben')).resolves.toMatchObject({ code: 'conflict', message: 'ben is suspended.' });
    await database.db.update(employees).set({ positionId: null }).where(eq(employees.id, 'ann'));
    await expect(refusal('ann')).resolves.toMatchObject({ code: 'conflict', message: 'ann has no position.' });
  });
});

describe('removing', () => {
  test('is refused with what would go, unless forced', async () => {
    expect(await removalOfEmployee(database, ada, 'ann')).toMatchObject({ agents: { count: 1, names: ['agent-ann'] } });
    await expect(deleteEmployee(database, ada, 'ann', { force: false })).rejects.toMatchObject({
      code: 'conflict',
      message: 'ann has 1 agent and 0 paired accounts.',
      details: { agents: { count: 1 }, kept: { conversations: 0 } },
    });
    await deleteEmployee(database, ada, 'ann', { force: true });
    await expect(personOf(database, ada, 'ann')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of somebody without anything needs no force', async () => {
    await deleteEmployee(database, ada, 'abe', { force: false });
    expect(await database.db.$count(members, eq(members.userId, abe.userId))).toBe(0);
  });
});

test('an organization of 2,000: a page, and marking everybody’s agents, take as many statements as with two people', async () => {
  const countStatements = async (action: () => Promise<unknown>) => {
    const seen = vi.spyOn(pg.Client.prototype, 'query');
    await action();
    const { length } = seen.mock.calls;
    seen.mockRestore();
    return length;
  };
  const list = () => peopleOf(database, ada, { limit: 1_000, offset: 0 });
  const rename = (name: string) => () => changeEmployee(database, ada, 'ann', { name });
  const before = [await countStatements(list), await countStatements(rename('Ann One'))];
  await database.db.execute(sql`
    insert into employees (organization_id, id, number, name, email, department_id, position_id)
    select 'org', 'p' || n, 'P' || n, 'Person ' || n, 'p' || n || '@small.example', 'all', 'maker' from generate_series(1, 2000) n`);
  await database.db.execute(sql`
    insert into tenants (organization_id, id, name, employee_id, tier_id)
    select 'org', 'p' || n, 'agent-p' || n, 'p' || n, 'standard' from generate_series(1, 2000) n`);
  const marked = await watchMarkedAgents(database);
  expect([await countStatements(list), await countStatements(rename('Ann Two'))]).toEqual(before);
  expect(await marked()).toHaveLength(2_002);
  expect((await list()).total).toBe(2_004);
});

async function say(text: string): Promise<void> {
  const organizationId = 'org';
  const { db } = database;
  await db
    .insert(conversations)
    .values({ organizationId, id: 'c', tenantId: 'ann', userId: ann.userId, path: 'emp', callerKey: 'user' })
    .onConflictDoNothing();
  await db.insert(turns).values({
    ...{ organizationId, id: `t-${text}`, conversationId: 'c', tenantId: 'ann' },
    ...{ state: 'answered', finishedAt: new Date() },
  });
  await db.insert(messages).values({
    ...{ organizationId, id: `m-${text}`, conversationId: 'c', turnId: `t-${text}`, role: 'person', text },
  });
  const own = and(eq(messages.organizationId, organizationId), eq(messages.conversationId, 'c'));
  expect(await db.$count(messages, own)).toBeGreaterThan(0);
}
