import { text } from 'node:stream/consumers';
import { and, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { departments, employeeImports, employees, quotas, sessions, tenants } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { watchMarkedAgents } from '../../testing/marked-agents.ts';
import { insertBranches, insertStaffedOrganization } from '../../testing/staffed-organization.ts';
import { changeEmployee, createEmployee, deleteEmployee, personOf } from '../people/people-service.ts';
import type { Principal } from '../principal.ts';
import { importEmployees, importsOf, previewImport, undoImport } from './import-service.ts';
import { exportEmployees } from './people-export.ts';

let database: Database;
let ada: Principal;
let abe: Principal;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ada, abe } = await insertStaffedOrganization(database));
  await insertBranches(database);
});
afterEach(() => database.close());

const file = (...lines: string[]) => ({
  csv: ['name,email,department,position,number,roles,contact_for', ...lines].join('\n'),
  fileName: 'people.csv',
});
const zoe = 'Zoe,zoe@x.example,Everybody / North / Pole,maker,77,,snow; ice';
const movedAnn = 'Ann Bo,ann@small.example,Everybody / West,,,"manager, employee",';

describe('the preview', () => {
  test('says line by line what would happen, and changes nothing', async () => {
    const before = await database.db.$count(employees);
    const preview = await previewImport(database, ada, file(zoe, movedAnn, 'ben,ben@small.example,Everybody,,,,'));
    expect(preview).toMatchObject({
      ...{ created: 1, changed: 1, unchanged: 1, refused: 0 },
      newDepartments: ['Everybody / North', 'Everybody / North / Pole'],
    });
    expect(preview.rows[1]?.changes).toEqual([
      { field: 'department', from: 'Everybody', to: 'Everybody / West' },
      { field: 'name', from: 'ann', to: 'Ann Bo' },
      { field: 'roles', from: 'employee', to: 'manager, employee' },
    ]);
    expect(await database.db.$count(employees)).toBe(before);
    expect(await database.db.$count(departments)).toBe(4);
  });

  test.each([
    [
      'an e-mail twice',
      ['A,a@x.example,Everybody,,,,', 'B,A@x.example,Everybody,,,,'],
      'The e-mail is in line 2 already.',
    ],
    ['an unknown position', ['A,a@x.example,Everybody,Wizard,,,'], 'There is no position “Wizard”. Make it first.'],
    ['a taken number', ['A,a@x.example,Everybody,,0,,'], 'The number 0 is ann@small.example’s.'],
    [
      'a number twice',
      ['A,a@x.example,Everybody,,9,,', 'B,b@x.example,Everybody,,9,,'],
      'The number 9 is a@x.example’s.',
    ],
    ['nobody’s department', ['A,a@x.example,,,,,'], 'Somebody new needs a department.'],
  ])('refuses %s', async (_, lines, problem) => {
    const { rows, refused } = await previewImport(database, ada, file(...lines));
    expect(refused).toBe(1);
    expect(rows.at(-1)).toMatchObject({ action: 'refused', problem });
  });

  test('refuses what a directory says, and rights of those above', async () => {
    await database.db.update(employees).set({ source: 'scim' }).where(eq(employees.id, 'ben'));
    const lines = ['Benny,ben@small.example,,,,,', 'Ada,ada@org.example,,,,employee,'];
    const { rows } = await previewImport(database, abe, file(...lines));
    expect(rows.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('comes from the identity provider'),
      'You may not change the roles of this person.',
    ]);
  });
});

describe('taking a file in', () => {
  test('makes people with agents, passwords and departments, changes others, and marks agents', async () => {
    const marked = await watchMarkedAgents(database);
    const done = await importEmployees(database, ada, file(zoe, movedAnn));
    expect(done.import).toMatchObject({ created: 1, changed: 1, importedBy: 'Ada', fileName: 'people.csv' });
    expect(done.passwords).toEqual([{ email: 'zoe@x.example', password: expect.stringMatching(/.{12}/) }]);
    expect(await personOf(database, ada, 'zoe')).toMatchObject({
      ...{ department: 'Pole', position: 'Maker', number: '77', contactFor: ['snow', 'ice'], signsIn: true },
      ...{ tenantId: expect.any(String), roles: ['employee'] },
    });
    expect(await personOf(database, ada, 'ann')).toMatchObject({
      ...{ name: 'Ann Bo', department: 'West', position: 'Maker', roles: ['manager', 'employee'] },
    });
    expect(await marked()).toEqual(expect.arrayContaining(['ann', 'ben']));
  });

  test('takes in nothing while one line is refused, and tells which', async () => {
    await expect(importEmployees(database, ada, file(zoe, 'A,wrong,Everybody,,,,'))).rejects.toMatchObject({
      code: 'conflict',
      message: '1 of 2 lines cannot be taken in. Line 3: “wrong” is no e-mail address.',
      details: { refused: 1, created: 1 },
    });
    expect(await database.db.$count(employees, eq(employees.id, 'zoe'))).toBe(0);
  });

  test('takes in nothing where there is no room for every agent', async () => {
    await database.db.insert(quotas).values({ organizationId: 'org', tenants: 2 });
    await expect(importEmployees(database, ada, file(zoe))).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await database.db.$count(departments)).toBe(4);
  });

  test('twice at once makes everybody once', async () => {
    const done = await Promise.allSettled([1, 2].map(() => importEmployees(database, ada, file(zoe))));
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('never takes the last admin’s rights, and says in which line', async () => {
    await changeEmployee(database, ada, 'abe', { roles: ['employee'] });
    await expect(importEmployees(database, ada, file('Ada,ada@org.example,,,,employee,'))).rejects.toMatchObject({
      code: 'conflict',
      message: 'Line 2: Ada is the last admin.',
    });
  });
});

describe('the export', () => {
  test('is a file that changes nothing when it is taken in again', async () => {
    await createEmployee(database, ada, {
      ...{ name: '=cmd|calc', email: 'evil@x.example', departmentId: 'coast', positionId: 'maker' },
      ...{ roles: ['employee', 'manager'], permissions: [], contactFor: ['a', 'b, c'] },
    });
    const { file: stream, name } = await exportEmployees(database, ada);
    const csv = await text(stream);
    expect(name).toBe('people.csv');
    expect(csv).toContain("'=cmd|calc");
    expect(await previewImport(database, ada, { csv })).toMatchObject({ unchanged: 5, changed: 0, refused: 0 });
  });

  test('has nobody of another organization', async () => {
    const { ada: stranger } = await insertStaffedOrganization(database, 'other');
    const { file: stream } = await exportEmployees(database, stranger);
    expect(await text(stream)).not.toContain(',ann@small.example');
    expect(await importsOf(database, stranger)).toEqual([]);
  });
});

describe('undoing', () => {
  test('takes people, agents and departments away again, and puts the others back', async () => {
    const { import: done } = await importEmployees(database, ada, file(zoe, movedAnn));
    const undone = await undoImport(database, ada, done.id);
    expect(undone).toMatchObject({ undoneBy: 'Ada', undoneAt: expect.any(String) });
    expect(await database.db.$count(employees, eq(employees.id, 'zoe'))).toBe(0);
    expect(await database.db.$count(departments)).toBe(4);
    expect(await personOf(database, ada, 'ann')).toMatchObject({
      ...{ name: 'ann', department: 'Everybody', roles: ['employee'] },
    });
    const [agent] = await database.db
      .select()
      .from(tenants)
      .where(and(eq(tenants.name, 'agent-maker-zoe')));
    expect(agent).toMatchObject({ employeeId: null, onExpiry: 'delete' });
    await expect(undoImport(database, ada, done.id)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is refused with names where somebody was changed since, or has signed in', async () => {
    const { import: done } = await importEmployees(database, ada, file(zoe, movedAnn));
    await changeEmployee(database, ada, 'ann', { name: 'Ann Lee' });
    const { rows } = await database.db.execute<{ user_id: string }>(
      `select user_id from members where employee_id = 'zoe'`,
    );
    const session = { id: 's', userId: rows[0]?.user_id ?? '', token: 't', updatedAt: new Date() };
    await database.db.insert(sessions).values({ ...session, expiresAt: new Date('2099-01-01') });
    await expect(undoImport(database, ada, done.id)).rejects.toMatchObject({
      code: 'conflict',
      details: { names: ['Zoe', 'Ann Lee'] },
    });
    expect(await database.db.$count(employees, eq(employees.id, 'zoe'))).toBe(1);
  });

  test('takes nobody’s rights who stands above oneself by now', async () => {
    const { import: done } = await importEmployees(database, abe, file(zoe));
    await changeEmployee(database, ada, 'zoe', { roles: ['admin'], permissions: ['policy'] });
    await expect(undoImport(database, abe, done.id)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await database.db.$count(employees, eq(employees.id, 'zoe'))).toBe(1);
  });

  test('does not remove somebody else who has the id by now', async () => {
    const { import: done } = await importEmployees(database, ada, file(zoe));
    await deleteEmployee(database, ada, 'zoe', { force: true });
    await createEmployee(database, ada, {
      ...{ id: 'zoe', name: 'Another Zoe', email: 'another@x.example', departmentId: 'all', positionId: null },
      ...{ roles: ['employee'], permissions: [], contactFor: [] },
    });
    await expect(undoImport(database, ada, done.id)).rejects.toMatchObject({ details: { names: ['Another Zoe'] } });
  });

  test('leaves a department that others use by now', async () => {
    const { import: done } = await importEmployees(database, ada, file(zoe));
    await changeEmployee(database, ada, 'ben', { departmentId: 'pole' });
    await undoImport(database, ada, done.id);
    expect(await database.db.$count(departments, eq(departments.id, 'pole'))).toBe(1);
  });

  test('is only the organization’s own', async () => {
    const { import: done } = await importEmployees(database, ada, file(zoe));
    const { ada: stranger } = await insertStaffedOrganization(database, 'other');
    await expect(undoImport(database, stranger, done.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await database.db.$count(employeeImports)).toBe(1);
  });
});
