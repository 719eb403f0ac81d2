import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { employees, members, users } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertStaffedOrganization } from '../../testing/staffed-organization.ts';
import { systemActor } from '../installation.ts';
import type { PersonChange } from './person.ts';
import { addPerson, changePerson } from './person-writer.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertStaffedOrganization(database);
});
afterEach(() => database.close());

const change = (employeeId: string, what: PersonChange) =>
  database.db.transaction((tx) => changePerson(tx, 'org', systemActor, employeeId, what, 'scim'));
const rowOf = async (id: string) => (await database.db.select().from(employees).where(eq(employees.id, id)))[0];

test('lets no directory get at who stands above it', async () => {
  const above = { code: 'not_allowed', message: 'Ada stands above what a directory may change.' };
  const before = await rowOf('ada');
  await expect(change('ada', { source: 'scim', name: 'Other' })).rejects.toMatchObject(above);
  await database.db.update(employees).set({ source: 'scim' }).where(eq(employees.id, 'ada'));
  for (const what of [{ email: 'x@x.example' }, { active: false }, { roles: ['employee' as const] }]) {
    await expect(change('ada', what)).rejects.toMatchObject(above);
  }
  await change('ada', { name: 'Ada L.' });
  expect(await rowOf('ada')).toEqual({ ...before, source: 'scim', name: 'Ada L.' });
});

test('lets no directory become an operator who is nobody’s person yet', async () => {
  await database.db.insert(users).values({ id: 'op', name: 'Op', email: 'op@small.example' });
  await database.db.insert(members).values({ organizationId: 'org', userId: 'op', roles: ['operator'] });
  const person = {
    ...{ name: 'Op', email: 'op@small.example', departmentId: 'all', positionId: null, source: 'scim' as const },
    ...{ roles: ['employee' as const], passwordHash: null },
  };
  const added = database.db.transaction((tx) => addPerson(tx, 'org', systemActor, person));
  await expect(added).rejects.toMatchObject({ code: 'not_allowed' });
});
