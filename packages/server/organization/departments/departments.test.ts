import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import {
  auditEvents,
  departments,
  directoryMappings,
  directoryPeople,
  employees,
  identityProviders,
  members,
  positions,
  scimGroupMembers,
  scimGroups,
} from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import {
  identityProviderRow,
  insertBranches,
  insertMember,
  insertStaffedOrganization,
} from '../../testing/staffed-organization.ts';
import { changeEmployee } from '../people/people-service.ts';
import type { Principal } from '../principal.ts';
import {
  changeDepartment,
  createDepartment,
  deleteDepartment,
  departmentsOf,
  removalOfDepartment,
} from './department-service.ts';
import { updateDepartment } from './department-writer.ts';

let database: Database;
let ada: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ada } = await insertStaffedOrganization(database));
  await insertBranches(database);
});
afterEach(() => database.close());

const insertProvider = (place: { departmentId: string }) =>
  database.db.insert(identityProviders).values({ ...identityProviderRow, ...place });

const parentOf = async (id: string) => {
  const [row] = await database.db.select().from(departments).where(eq(departments.id, id));
  return row?.parentId;
};

describe('the tree', () => {
  test('counts people, also below, and agents', async () => {
    await insertMember(database, 'org', 'Cy', ['employee'], [], 'coast');
    const all = await departmentsOf(database, ada);
    expect(all.find(({ id }) => id === 'all')).toMatchObject({
      employees: 4,
      employeesBelow: 5,
      agents: 2,
      positions: 1,
    });
    expect(all.find(({ id }) => id === 'west')).toMatchObject({ employees: 0, employeesBelow: 1, parentId: 'all' });
  });

  test('is a manager’s own department, without its parent, and what is below it', async () => {
    const manager = await insertMember(database, 'org', 'Mo', ['manager'], [], 'west');
    const seen = await departmentsOf(database, manager);
    expect(seen.map(({ id, parentId }) => ({ id, parentId }))).toEqual([
      { id: 'coast', parentId: 'west' },
      { id: 'west', parentId: null },
    ]);
  });

  test('is no other organization’s', async () => {
    const { ada: stranger } = await insertStaffedOrganization(database, 'other');
    expect((await departmentsOf(database, stranger)).map(({ id }) => id)).toEqual(['all']);
    await expect(changeDepartment(database, stranger, 'west', { name: 'Mine' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('making and moving', () => {
  test('makes an id out of the name, and another for the next of that name elsewhere', async () => {
    expect((await createDepartment(database, ada, { name: 'R & D', parentId: 'west' })).id).toBe('r-d');
    expect((await createDepartment(database, ada, { name: 'R & D', parentId: 'east' })).id).toBe('r-d-2');
    expect((await createDepartment(database, ada, { name: '研发', parentId: null })).id).toBe('department');
  });

  test('refuses a second one of a name at the same place, and an unknown parent', async () => {
    await expect(createDepartment(database, ada, { name: 'WEST', parentId: 'all' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(createDepartment(database, ada, { name: 'New', parentId: 'nowhere' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('tells agents of a new name, which their directories show', async () => {
    const marked = await watchMarkedAgents(database);
    await changeDepartment(database, ada, 'all', { name: 'The Company' });
    expect(await marked()).toEqual(['ann', 'ben']);
  });

  test.each(['west', 'coast'])('never puts a department below itself: west below %s', async (parentId) => {
    await expect(changeDepartment(database, ada, 'west', { parentId })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('two moves at once that would make a circle together: one is refused', async () => {
    const done = await Promise.allSettled([
      changeDepartment(database, ada, 'west', { parentId: 'east' }),
      changeDepartment(database, ada, 'east', { parentId: 'west' }),
    ]);
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('leaves a directory’s departments to the directory', async () => {
    await database.db.update(departments).set({ source: 'feishu' }).where(eq(departments.id, 'west'));
    await expect(changeDepartment(database, ada, 'west', { name: 'W' })).rejects.toMatchObject({ code: 'conflict' });
    const actor = { type: 'system' as const, id: 'feishu', name: 'Feishu' };
    await database.db.transaction((tx) => updateDepartment(tx, 'org', actor, 'west', { name: 'W' }, 'feishu'));
    expect((await departmentsOf(database, ada)).find(({ id }) => id === 'west')?.name).toBe('W');
  });
});

describe('deleting', () => {
  test('is refused with counts and names while something is in it', async () => {
    await insertMember(database, 'org', 'Cy', ['employee'], [], 'west');
    await expect(deleteDepartment(database, ada, 'west', { force: false })).rejects.toMatchObject({
      code: 'conflict',
      message: 'West is not empty: 1 department, 0 positions, 1 person.',
      details: { departments: { count: 1, names: ['Coast'] }, employees: { count: 1, names: ['Cy'] } },
    });
  });

  test('forced, moves people, positions and departments up, as the preview says', async () => {
    const { employeeId } = await insertMember(database, 'org', 'Cy', ['employee'], [], 'west');
    await database.db.update(positions).set({ departmentId: 'west' });
    const preview = await removalOfDepartment(database, ada, 'west');
    expect(preview).toMatchObject({ movesTo: 'Everybody', refusal: null, positions: { names: ['Maker'] } });
    await deleteDepartment(database, ada, 'west', { force: true });
    expect(await parentOf('coast')).toBe('all');
    const [person] = await database.db
      .select()
      .from(employees)
      .where(eq(employees.id, employeeId ?? ''));
    expect(person?.departmentId).toBe('all');
    expect(await database.db.$count(positions, eq(positions.departmentId, 'all'))).toBe(1);
  });

  test('forced, makes nobody a manager of more than before, says so first, and tells the trail who moved', async () => {
    const mo = await insertMember(database, 'org', 'Mo', ['employee', 'manager'], [], 'west');
    await insertMember(database, 'org', 'Cy', ['employee'], [], 'west');
    await database.db.update(positions).set({ departmentId: 'west' });
    expect(await removalOfDepartment(database, ada, 'west')).toMatchObject({ managers: { count: 1, names: ['Mo'] } });
    await deleteDepartment(database, ada, 'west', { force: true });
    const [member] = await database.db.select().from(members).where(eq(members.userId, mo.userId));
    expect(member?.roles).toEqual(['employee']);
    const events = await database.db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.detail} ->> 'cause' is not null`);
    const departmentId = { from: 'west', to: 'all' };
    const cause = 'department West removed';
    expect(events.map(({ action, targetName, detail }) => [action, targetName, detail])).toEqual(
      expect.arrayContaining([
        ['employee.changed', 'Cy', { cause, changes: { departmentId } }],
        [
          'employee.changed',
          'Mo',
          { cause, changes: { departmentId, roles: { from: ['employee', 'manager'], to: ['employee'] } } },
        ],
        ['position.changed', 'Maker', { cause, changes: { departmentId } }],
      ]),
    );
    expect(events).toHaveLength(3);
  });

  test('is refused, also forced, while a group of a directory would make managers of more again', async () => {
    const mo = await insertMember(database, 'org', 'Mo', ['employee', 'manager'], [], 'west');
    const [organizationId, employeeId] = ['org', mo.employeeId ?? ''];
    await database.db.insert(directoryPeople).values({
      ...{ organizationId, employeeId, source: 'feishu', grantedRoles: ['manager'] },
    });
    const refused = async () => {
      const removal = { refusal: expect.stringContaining('managers of Everybody: Mo'), managers: { names: ['Mo'] } };
      expect(await removalOfDepartment(database, ada, 'west')).toMatchObject(removal);
      await expect(deleteDepartment(database, ada, 'west', { force: true })).rejects.toMatchObject({
        ...{ code: 'conflict', hint: 'Take them out of the group, or change the mapping, first.', details: removal },
      });
    };
    await refused();
    // Had by hand as well, it would come of the group alone.
    await database.db.update(directoryPeople).set({ grantedRoles: [] });
    await database.db.insert(scimGroups).values({ organizationId, id: 'leads', displayName: 'Leads' });
    await database.db.insert(scimGroupMembers).values({ organizationId, groupId: 'leads', employeeId });
    await database.db.insert(directoryMappings).values({
      ...{ organizationId, kind: 'group', key: 'leads', name: 'Leads', role: 'manager' },
    });
    await refused();
    await database.db.delete(directoryMappings);
    await deleteDepartment(database, ada, 'west', { force: true });
    const [member] = await database.db.select().from(members).where(eq(members.userId, mo.userId));
    expect(member?.roles).toEqual(['employee']);
  });

  test('is refused while an identity provider creates people there; forced, it creates them in the parent', async () => {
    await insertProvider({ departmentId: 'coast' });
    await expect(deleteDepartment(database, ada, 'coast', { force: false })).rejects.toMatchObject({
      ...{ code: 'conflict', details: { providers: { count: 1, names: ['Okta'] } } },
    });
    await deleteDepartment(database, ada, 'coast', { force: true });
    expect(await database.db.select().from(identityProviders)).toMatchObject([
      { departmentId: 'west', autoCreate: true },
    ]);
  });

  test('on top, leaves identity providers creating nobody', async () => {
    await createDepartment(database, ada, { id: 'top', name: 'Top', parentId: null });
    await insertProvider({ departmentId: 'top' });
    await deleteDepartment(database, ada, 'top', { force: true });
    expect(await database.db.select().from(identityProviders)).toMatchObject([
      { departmentId: null, autoCreate: false },
    ]);
  });

  test('is refused on top while people are in it, even when forced', async () => {
    await expect(deleteDepartment(database, ada, 'all', { force: true })).rejects.toMatchObject({
      code: 'conflict',
      details: { refusal: expect.stringContaining('on top'), movesTo: null },
    });
  });

  test('makes what is below an empty one on top', async () => {
    await createDepartment(database, ada, { id: 'top', name: 'Top', parentId: null });
    await createDepartment(database, ada, { id: 'under', name: 'Under', parentId: 'top' });
    await deleteDepartment(database, ada, 'top', { force: true });
    expect(await parentOf('under')).toBeNull();
  });

  test('and somebody moving in at the same time: either it is refused, or they are moved up', async () => {
    const { employeeId } = await insertMember(database, 'org', 'Cy', ['employee'], [], 'all');
    await Promise.allSettled([
      deleteDepartment(database, ada, 'coast', { force: false }),
      changeEmployee(database, ada, employeeId ?? '', { departmentId: 'coast' }),
    ]);
    const [person] = await database.db
      .select()
      .from(employees)
      .where(eq(employees.id, employeeId ?? ''));
    const exists = (await parentOf('coast')) !== undefined;
    expect(person?.departmentId).toBe(exists ? 'coast' : 'all');
  });
});
