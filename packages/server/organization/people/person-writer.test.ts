import { and, eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import {
  accessRequests,
  accounts,
  assignments,
  auditEvents,
  channelAccounts,
  channelBindings,
  conversations,
  employees,
  layers,
  members,
  operations,
  outbox,
  positions,
  routingRules,
  schedules,
  sessions,
  tenants,
  tiers,
  twins,
  users,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertStaffedOrganization } from '../../testing/staffed-organization.ts';
import { systemActor } from '../installation.ts';
import type { Principal } from '../principal.ts';
import type { NewPerson, PersonChange } from './person.ts';
import { addPerson, changePerson, ensureDepartmentPath, removePerson } from './person-writer.ts';

const newcomer = {
  ...{ name: 'Zoë Müller', email: 'Zoe@Small.example', departmentId: 'all', positionId: 'maker' },
  ...{ roles: ['employee'], passwordHash: 'hash' },
} as const satisfies NewPerson;

let database: Database;
let ann: Principal;
let ada: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ada } = await insertStaffedOrganization(database));
});
afterEach(() => database.close());

const add = (person: Partial<NewPerson> = {}) =>
  database.db.transaction((tx) => addPerson(tx, 'org', systemActor, { ...newcomer, ...person }));
const change = (employeeId: string, what: PersonChange, by?: 'local' | 'scim') =>
  database.db.transaction((tx) => changePerson(tx, 'org', systemActor, employeeId, what, by));
const remove = (employeeId: string) =>
  database.db.transaction((tx) => removePerson(tx, 'org', systemActor, employeeId));
const rowOf = async (id: string) => {
  const [row] = await database.db.select().from(employees).where(eq(employees.id, id));
  return row;
};
const agentOf = async (id: string) => {
  const [row] = await database.db.select().from(tenants).where(eq(tenants.employeeId, id));
  return row;
};
const eventsAbout = async (id: string) => {
  const rows = await database.db.select().from(auditEvents).where(eq(auditEvents.targetId, id)).orderBy(auditEvents.id);
  return rows.map(({ action }) => action);
};
const insertTier = (id: string) =>
  database.db.insert(tiers).values({
    ...{ organizationId: 'org', id, name: id, memoryMegabytes: 2048, cpuMillis: 1000, pids: 128, diskMegabytes: 1024 },
    ...{ toolsCeiling: ['file'], idleMinutes: 15 },
  });

describe('addPerson', () => {
  test('makes person, sign-in and agent at once, and tells every agent', async () => {
    const marked = await watchMarkedAgents(database);
    const { employeeId, tenantId, passwordIsTheirs } = await add();
    expect({ employeeId, passwordIsTheirs }).toEqual({ employeeId: 'zoe-muller', passwordIsTheirs: true });
    expect(await rowOf(employeeId)).toMatchObject({
      email: 'zoe@small.example',
      number: 'EMP-003',
      positionId: 'maker',
    });
    expect(await agentOf(employeeId)).toMatchObject({ id: tenantId, tierId: 'standard', state: 'hibernated' });
    expect((await agentOf(employeeId))?.name).toBe('agent-maker-zoe-muller');
    expect(await marked()).toEqual(expect.arrayContaining(['ann', 'ben']));
    expect(await eventsAbout(employeeId)).toEqual(['employee.created']);
  });

  test('gives nobody an agent before they have a position, and one with the first', async () => {
    const { employeeId, tenantId } = await add({ positionId: null });
    expect(tenantId).toBeNull();
    await change(employeeId, { positionId: 'maker' });
    expect(await agentOf(employeeId)).toMatchObject({ tierId: 'standard' });
  });

  test.each([
    ['e-mail', { email: 'ANN@small.example' }],
    ['number', { number: '0' }],
    ['id', { id: 'ann' }],
  ])('refuses a taken %s and leaves nothing behind', async (_, taken) => {
    await expect(add({ ...taken })).rejects.toMatchObject({ code: 'conflict' });
    expect(await database.db.$count(employees)).toBe(4);
  });

  test('refuses a department or position that is another organization’s', async () => {
    await insertStaffedOrganization(database, 'other');
    await database.db.insert(positions).values({
      ...{ organizationId: 'other', id: 'spy', departmentId: 'all', tierId: 'standard', name: 'Spy', tools: [] },
    });
    await expect(add({ positionId: 'spy' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(add({ departmentId: 'nowhere' })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('makes all of it or nothing: without room for the agent there is no person', async () => {
    await database.db.execute(sql`insert into quotas (organization_id, tenants) values ('org', 2)`);
    await expect(add()).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await rowOf('zoe-muller')).toBeUndefined();
    expect(await database.db.$count(users, eq(users.email, 'zoe@small.example'))).toBe(0);
  });

  test('becomes the user who has the e-mail and is in no organization, without their old ways in', async () => {
    await database.db.insert(users).values({ id: 'left', name: 'Left', email: 'zoe@small.example' });
    await database.db.insert(sessions).values({ ...session('left'), expiresAt: new Date('2099-01-01') });
    const { userId } = await add();
    expect(userId).toBe('left');
    expect(await database.db.$count(sessions, eq(sessions.userId, 'left'))).toBe(0);
    expect(await database.db.$count(accounts, eq(accounts.userId, 'left'))).toBe(1);
  });

  test('keeps what a member without a person is, and their password', async () => {
    await database.db.insert(users).values({ id: 'boss', name: 'Boss', email: 'zoe@small.example' });
    const roles = ['operator', 'admin'];
    await database.db.insert(members).values({ organizationId: 'org', userId: 'boss', roles, permissions: ['policy'] });
    const { userId, passwordIsTheirs } = await add();
    expect({ userId, passwordIsTheirs }).toEqual({ userId: 'boss', passwordIsTheirs: false });
    const [member] = await database.db.select().from(members).where(eq(members.userId, 'boss'));
    expect(member).toMatchObject({ employeeId: 'zoe-muller', permissions: ['policy'] });
    expect(new Set(member?.roles)).toEqual(new Set(['operator', 'admin', 'employee']));
  });

  test('never makes an operator', async () => {
    const { userId } = await add({ roles: ['employee', 'operator'] });
    const [member] = await database.db.select().from(members).where(eq(members.userId, userId));
    expect(member?.roles).toEqual(['employee']);
  });

  test('gives an agent the tier that the rules say', async () => {
    await insertTier('wide');
    await database.db.insert(routingRules).values({
      ...{ organizationId: 'org', scope: 'position' as const, ownerId: 'maker', tierId: 'wide', updatedBy: 'Ada' },
    });
    const { employeeId } = await add();
    expect(await agentOf(employeeId)).toMatchObject({ tierId: 'wide' });
  });

  test('two at once with one e-mail make one person', async () => {
    const done = await Promise.allSettled([add(), add({ name: 'Another' })]);
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('changePerson', () => {
  test('writes and tells nothing where nothing differs', async () => {
    const marked = await watchMarkedAgents(database);
    await change('ann', { name: 'ann', email: 'ANN@small.example', positionId: 'maker', roles: ['employee'] });
    expect(await eventsAbout('ann')).toEqual([]);
    expect(await marked()).toEqual([]);
  });

  test('keeps the agent of somebody who is moved, and moves its tier with the position', async () => {
    await insertTier('wide');
    await database.db.insert(positions).values({
      ...{ organizationId: 'org', id: 'lead', departmentId: 'all', tierId: 'wide', name: 'Lead', tools: [] },
    });
    await change('ann', { positionId: 'lead' });
    expect(await agentOf('ann')).toMatchObject({ id: 'ann', tierId: 'wide' });
    expect(await eventsAbout('ann')).toEqual(expect.arrayContaining(['tenant.tier_changed', 'employee.changed']));
  });

  test('leaves a tier alone that was chosen by hand', async () => {
    await insertTier('wide');
    await insertTier('chosen');
    await database.db.insert(positions).values({
      ...{ organizationId: 'org', id: 'lead', departmentId: 'all', tierId: 'wide', name: 'Lead', tools: [] },
    });
    await database.db.update(tenants).set({ tierId: 'chosen' }).where(eq(tenants.id, 'ann'));
    await change('ann', { positionId: 'lead' });
    expect(await agentOf('ann')).toMatchObject({ tierId: 'chosen' });
  });

  test('changes how somebody signs in with their e-mail', async () => {
    await change('ann', { email: 'Ann.New@small.example', name: 'Ann New' });
    const [user] = await database.db.select().from(users).where(eq(users.id, ann.userId));
    expect(user).toMatchObject({ email: 'ann.new@small.example', name: 'Ann New' });
  });

  test('does not touch the operator role, and takes permissions away with the admin role', async () => {
    await database.db
      .update(members)
      .set({ roles: ['operator', 'employee'] })
      .where(eq(members.userId, ann.userId));
    await change('ann', { roles: ['manager'] });
    await change('abe', { roles: ['employee', 'admin'], permissions: ['policy'] });
    await change(ada.employeeId ?? '', { roles: ['employee'] });
    const rows = await database.db.select().from(members);
    expect(rows.find(({ employeeId }) => employeeId === 'ann')?.roles).toEqual(['operator', 'manager']);
    expect(rows.find(({ employeeId }) => employeeId === 'ada')?.permissions).toEqual([]);
  });

  test('says no to a change of what a directory says, unless the directory says it', async () => {
    const { employeeId } = await add({ source: 'scim', externalId: 'x1' });
    await expect(change(employeeId, { name: 'Mine' })).rejects.toMatchObject({
      code: 'conflict',
      details: { source: 'scim', fields: ['name'] },
    });
    await change(employeeId, { contactFor: ['tea'] });
    await change(employeeId, { name: 'Theirs' }, 'scim');
    expect(await rowOf(employeeId)).toMatchObject({ name: 'Theirs', contactFor: ['tea'] });
  });

  test('does not give the e-mail of somebody who is gone to anybody', async () => {
    const email = 'user-ann@Removed.invalid';
    await expect(add({ email })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(change('ann', { email })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('counts on from the highest number, however long', async () => {
    await change('ann', { number: `EMP-${'9'.repeat(30)}` });
    const { employeeId } = await add();
    expect(await rowOf(employeeId)).toMatchObject({ number: `EMP-1${'0'.repeat(30)}` });
  });

  test('does not give a newcomer what somebody of the same name asked for', async () => {
    const { employeeId, tenantId } = await add();
    await database.db.insert(accessRequests).values({
      ...{ organizationId: 'org', id: 'r1', employeeId, employeeName: 'Zoë', tenantId: tenantId ?? '', kind: 'tool' },
      ...{ resource: 'shell', reason: 'because', risk: 'high', stage: 'admin', origin: 'portal' },
      expiresAt: new Date('2099-01-01'),
    });
    await remove(employeeId);
    expect((await add()).employeeId).toBe(`${employeeId}-2`);
  });

  test('lets a directory adopt somebody who was made by hand', async () => {
    await change('ann', { source: 'scim', externalId: 'x9', name: 'Ann of SCIM' });
    expect(await rowOf('ann')).toMatchObject({ source: 'scim', externalId: 'x9', name: 'Ann of SCIM' });
  });

  test('keeps an admin’s suspension against a directory, and lifts a directory’s by hand', async () => {
    await change('ann', { active: false });
    await change('ann', { active: true }, 'scim');
    expect(await rowOf('ann')).toMatchObject({ active: false, suspendedBy: 'local' });
    await change('ann', { active: true });
    await change('ann', { active: false }, 'scim');
    expect(await rowOf('ann')).toMatchObject({ active: false, suspendedBy: 'scim' });
    await change('ann', { active: true }, 'scim');
    expect(await rowOf('ann')).toMatchObject({ active: true, suspendedBy: null });
  });

  test('puts the running agent of somebody who is suspended to sleep', async () => {
    await database.db.update(tenants).set({ state: 'running' }).where(eq(tenants.id, 'ann'));
    await change('ann', { active: false });
    const [operation] = await database.db.select().from(operations).where(eq(operations.tenantId, 'ann'));
    expect(operation).toMatchObject({ kind: 'hibernate', state: 'queued' });
  });

  test.each([
    ['demoted', { roles: ['employee'] as const }],
    ['suspended', { active: false }],
  ])('does not let the last admin be %s', async (_, what) => {
    await change('abe', { roles: ['employee'] });
    await expect(change('ada', what)).rejects.toMatchObject({ code: 'conflict', message: 'Ada is the last admin.' });
  });

  test('does not let the last admin with policy lose it, while others are admins', async () => {
    await expect(change('ada', { permissions: [] })).rejects.toMatchObject({ code: 'conflict' });
    await expect(change('ada', { active: false })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('two admins who demote each other at once: one stays', async () => {
    await change('abe', { permissions: ['policy'] });
    const done = await Promise.allSettled([change('ada', { roles: [] }), change('abe', { roles: [] })]);
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('does not find another organization’s people', async () => {
    await insertStaffedOrganization(database, 'other');
    await expect(change('other-ann', { name: 'X' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('removePerson', () => {
  test('takes everything that is theirs and leaves the trail', async () => {
    await giveEverything();
    await remove('ann');
    expect(await rowOf('ann')).toBeUndefined();
    const gone = { channelBindings, assignments, routingRules, schedules, layers, twins };
    for (const [name, table] of Object.entries(gone))
      expect([name, await database.db.$count(table)]).toEqual([name, 0]);
    expect(await database.db.$count(sessions)).toBe(0);
    // What was on its way to a chat of theirs.
    expect(await database.db.select().from(outbox)).toMatchObject([{ state: 'discarded' }]);
    expect(await database.db.$count(members, eq(members.userId, ann.userId))).toBe(0);
    expect(await database.db.$count(conversations)).toBe(1);
    const rows = await database.db.select().from(operations).orderBy(operations.tenantId);
    expect(rows.map(({ tenantId, kind }) => `${kind} ${tenantId}`)).toEqual(['delete ann', 'delete twin-ann']);
    expect(rows.every(({ request }) => (request as { skipBackup?: boolean }).skipBackup === false)).toBe(true);
    expect(await eventsAbout('ann')).toContain('employee.removed');
  });

  test('leaves the deletion of a busy agent to the upkeep', async () => {
    await database.db.insert(operations).values({
      ...{ organizationId: 'org', id: 'busy', tenantId: 'ann', kind: 'backup', requestedBy: 'Ada', state: 'running' },
      ...{ request: { kind: 'backup', note: '', pinned: false }, deadlineAt: new Date('2099-01-01') },
    });
    await remove('ann');
    const [agent] = await database.db.select().from(tenants).where(eq(tenants.id, 'ann'));
    expect(agent).toMatchObject({ employeeId: null, onExpiry: 'delete' });
    expect(agent?.expiresAt?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test('frees the e-mail for somebody else, who does not become the one before', async () => {
    await remove('ann');
    const { userId } = await add({ email: 'ann@small.example', name: 'Ann Two' });
    expect(userId).not.toBe(ann.userId);
  });

  test('does not remove the last admin', async () => {
    await change('abe', { roles: ['employee'] });
    await expect(remove('ada')).rejects.toMatchObject({ code: 'conflict' });
  });
});

test('a path of departments is at most ten deep', async () => {
  const path = Array.from({ length: 11 }, (_, level) => `Level ${level}`);
  await expect(
    database.db.transaction((tx) => ensureDepartmentPath(tx, 'org', systemActor, path, 'scim')),
  ).rejects.toMatchObject({ code: 'invalid_request' });
});

test('two at once make a path of departments once, and find it in any case', async () => {
  const path = (names: string[]) =>
    database.db.transaction((tx) => ensureDepartmentPath(tx, 'org', systemActor, names, 'local'));
  const [one, two] = await Promise.all([
    path(['Everybody', 'Backend ', 'Core']),
    path(['everybody', 'BACKEND', 'core']),
  ]);
  expect(one).toBe(two);
  const { rows } = await database.db.execute(sql`select id, parent_id from departments where id <> 'all' order by id`);
  expect(rows).toEqual([
    { id: 'backend', parent_id: 'all' },
    { id: 'core', parent_id: 'backend' },
  ]);
});

const session = (userId: string) => ({ id: `s-${userId}`, userId, token: `t-${userId}`, updatedAt: new Date() });

async function giveEverything(): Promise<void> {
  const { db } = database;
  const organizationId = 'org';
  await db.insert(sessions).values({ ...session(ann.userId), expiresAt: new Date('2099-01-01') });
  await db.insert(channelAccounts).values({
    ...{ organizationId, id: 'bot', channel: 'telegram', name: 'Bot', accountName: '@bot', mode: 'polling' },
    ...{ settings: {} as never, sealedSecret: '', sealedWebhookSecret: '' },
  });
  await db.insert(channelBindings).values({
    ...{ organizationId, accountId: 'bot', platformUserId: '1', chatId: '1', displayName: 'Ann' },
    ...{ employeeId: 'ann', userId: ann.userId },
  });
  await db.insert(outbox).values({
    ...{ organizationId, id: 'waiting', accountId: 'bot', chatId: '1', kind: 'reply', dedupeKey: 'waiting' },
    content: { text: 'Hello', attachments: [], buttons: [] },
  });
  await db.insert(tenants).values([
    { organizationId, id: 'team', name: 'team', tierId: 'standard' },
    { organizationId, id: 'twin-ann', name: 'twin-ann', tierId: 'standard' },
  ]);
  await db.insert(assignments).values({ organizationId, tenantId: 'team', employeeId: 'ann' });
  await db.insert(twins).values({ organizationId, employeeId: 'ann', tenantId: 'twin-ann', token: 't', active: true });
  await db.insert(routingRules).values({
    ...{ organizationId, scope: 'employee' as const, ownerId: 'ann', tierId: 'standard', updatedBy: 'Ada' },
  });
  await db.insert(layers).values({ organizationId, scope: 'personal', ownerId: 'ann', content: 'short answers' });
  await db.insert(schedules).values({
    ...{ organizationId, id: 'daily', tenantId: 'ann', name: 'Daily', prompt: 'Say', missedRuns: 'skip' },
    ...{ timing: { kind: 'every', minutes: 60 } as never, deliverTo: 'portal', createdByType: 'person' },
    ...{ createdByName: 'ann' },
  });
  await db.insert(conversations).values({
    ...{ organizationId, id: 'c1', tenantId: 'ann', userId: ann.userId, path: 'emp', callerKey: `user:${ann.userId}` },
  });
  const [own] = await db
    .select()
    .from(tenants)
    .where(and(eq(tenants.id, 'ann'), eq(tenants.employeeId, 'ann')));
  expect(own).toBeDefined();
}
