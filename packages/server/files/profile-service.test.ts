import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { auditEvents, departments, employees, members, tenants, users } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createProfileService, type ProfileService } from './profile-service.ts';

let database: Database;
let ann: Principal;
let profiles: ProfileService;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  await insertSmallOrganization(database, 'other');
  profiles = createProfileService(database);
  const { db } = database;
  const organizationId = 'org';
  await db.insert(departments).values([
    { organizationId, id: 'north', name: 'North', parentId: 'all' },
    { organizationId, id: 'far-north', name: 'Far north', parentId: 'north' },
  ]);
  await db
    .update(employees)
    .set({ departmentId: 'far-north', contactFor: ['tea'] })
    .where(eq(employees.id, 'ann'));
  await addManager('above', 'all');
  await addManager('near', 'north');
});
afterAll(() => database.close());

async function addManager(id: string, departmentId: string): Promise<void> {
  const who = { organizationId: 'org', id, name: `The manager ${id}`, email: `${id}@small.example` };
  await database.db.insert(users).values({ id, name: who.name, email: who.email });
  await database.db.insert(employees).values({ ...who, number: id, departmentId });
  await database.db.insert(members).values({ organizationId: 'org', userId: id, employeeId: id, roles: ['manager'] });
}

const revision = async (id: string) =>
  (await database.db.select({ revision: tenants.agentRevision }).from(tenants).where(eq(tenants.id, id)))[0]?.revision;

test('a person sees who they are, with the manager nearest above them and their agent', async () => {
  expect(await profiles.get(ann)).toEqual({
    ...{ name: 'ann', email: 'ann@small.example', number: '0', position: 'Maker', department: 'Far north' },
    manager: 'The manager near',
    contactFor: ['tea'],
    agent: { tenantId: 'ann', name: 'agent-ann', tier: 'Standard' },
    ...{ about: '', aboutVersion: 1 },
  });
});

test('a manager has the one above, and who has nobody above has none', async () => {
  const as = (employeeId: string): Principal => ({ ...ann, employeeId });
  expect((await profiles.get(as('near'))).manager).toBe('The manager above');
  expect(await profiles.get(as('above'))).toMatchObject({ manager: null, position: null, agent: null });
});

test('what they tell of themselves reaches their own agent with its next turn, and only its length the trail', async () => {
  const before = [await revision('ann'), await revision('ben')] as [number, number];
  const saved = await profiles.saveAbout(ann, { about: ' I like tea.\n', expectedVersion: 1 });
  expect(saved).toEqual({ about: 'I like tea.', aboutVersion: 2 });
  expect([await revision('ann'), await revision('ben')]).toEqual([before[0] + 1, before[1]]);
  const [event] = await database.db.select().from(auditEvents).orderBy(desc(auditEvents.id)).limit(1);
  expect(event).toMatchObject({
    action: 'profile.about_saved',
    actorName: 'ann',
    detail: { version: 2, characters: 11 },
  });
});

test('a change made elsewhere meanwhile is shown, and not overwritten', async () => {
  await expect(profiles.saveAbout(ann, { about: 'older', expectedVersion: 1 })).rejects.toMatchObject({
    code: 'conflict',
    details: { about: 'I like tea.', aboutVersion: 2 },
  });
  expect((await profiles.get(ann)).about).toBe('I like tea.');
});

test('who is no employee, and one of another organization, has no profile', async () => {
  for (const who of [
    { ...ann, employeeId: null },
    { ...ann, organizationId: 'other' },
  ]) {
    await expect(profiles.get(who)).rejects.toMatchObject({ code: 'not_found' });
    await expect(profiles.saveAbout(who, { about: 'x', expectedVersion: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
  }
});
