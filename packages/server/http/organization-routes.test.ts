import type { Employee } from '@clawpool/contracts';
import { hashPassword } from 'better-auth/crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemActor } from '../organization/installation.ts';
import { addPerson } from '../organization/people/person-writer.ts';
import type { Database } from '../store/database.ts';
import { departments, members, positions, tiers, users } from '../store/schema/index.ts';
import { emailOf, type HttpWorld, startHttpWorld, worldPassword } from '../testing/http-world.ts';

let world: HttpWorld;
const cookies = new Map<string, string>();

beforeAll(async () => {
  world = await startHttpWorld({ register: (_, database) => insertLabAndSales(database) });
  for (const role of ['operator', 'admin', 'auditor', 'employee'] as const) {
    cookies.set(role, await world.signIn(emailOf(role)));
  }
  cookies.set('manager', await world.signIn('mia@world.example'));
});
afterAll(() => world.close());

const send = (method: string, path: string, as: string, body?: unknown) =>
  world.send(method, `/api/v1${path}`, { cookie: cookies.get(as) ?? '', ...(body === undefined ? {} : { body }) });
const idsFor = async (as: string, path: string, key: string) => {
  const all = (await (await send('GET', path, as)).json()) as Record<string, { id: string }[]>;
  return all[key]?.map(({ id }) => id).sort();
};

describe('a manager', () => {
  test('sees their own department, its positions and its people, and below', async () => {
    expect(await idsFor('manager', '/departments', 'departments')).toEqual(['bench', 'lab']);
    expect(await idsFor('manager', '/positions', 'positions')).toEqual(['maker']);
    expect(await idsFor('manager', '/employees', 'employees')).toEqual(['mia', 'tim']);
    expect((await send('GET', '/employees/tim', 'manager')).status).toBe(200);
  });

  test('finds nobody of another department', async () => {
    const response = await send('GET', '/employees/sam', 'manager');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
    expect(await idsFor('manager', '/employees?departmentId=sales', 'employees')).toEqual([]);
  });
});

test.each([
  ['POST', '/departments', { name: 'X', parentId: null }],
  ['PATCH', '/employees/tim', { name: 'X' }],
  ['DELETE', '/positions/maker', undefined],
  ['GET', '/employees.csv', undefined],
])('%s %s is refused to a manager', async (method, path, body) => {
  expect((await send(method, path, 'manager', body)).status).toBe(403);
});

test('a change of one thing leaves the others as they are', async () => {
  await send('PATCH', '/employees/tim', 'admin', { roles: ['employee', 'auditor'], contactFor: ['tea'] });
  await send('PATCH', '/positions/maker', 'admin', { contactFor: ['wood'] });
  const person = (await (await send('PATCH', '/employees/tim', 'admin', { name: 'Tim T.' })).json()) as Employee;
  expect(person).toMatchObject({ name: 'Tim T.', roles: ['employee', 'auditor'], contactFor: ['tea'] });
  const position = await (await send('PATCH', '/positions/maker', 'admin', { name: 'Makers' })).json();
  expect(position).toMatchObject({ name: 'Makers', contactFor: ['wood'] });
});

test('what stands in the way reaches the client, and force goes on', async () => {
  const refused = await send('DELETE', '/departments/bench', 'admin');
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    error: { code: 'conflict', details: { employees: { count: 1 }, movesTo: 'lab' } },
  });
  expect(await (await send('GET', '/departments/bench/removal', 'admin')).json()).toMatchObject({ refusal: null });
  expect((await send('DELETE', '/departments/bench?force=true', 'admin')).status).toBe(204);
  expect(await idsFor('manager', '/employees', 'employees')).toEqual(['mia', 'tim']);
});

test('people go out as a file, and come in again', async () => {
  const response = await send('GET', '/employees.csv', 'auditor');
  expect(response.headers.get('content-type')).toContain('text/csv');
  expect(response.headers.get('content-disposition')).toContain('people.csv');
  const csv = await response.text();
  expect(await (await send('POST', '/employee-imports/preview', 'admin', { csv })).json()).toMatchObject({
    ...{ created: 0, changed: 0, refused: 0 },
  });
  const wider = `${csv}Uma,uma@world.example,sales,,,,\r\n`;
  const done = await send('POST', '/employee-imports', 'admin', { csv: wider });
  expect(done.status).toBe(201);
  expect(await done.json()).toMatchObject({ import: { created: 1 }, passwords: [{ email: 'uma@world.example' }] });
  expect(await idsFor('auditor', '/employee-imports', 'imports')).toHaveLength(1);
});

test('somebody who is suspended is let in nowhere, with a session or a password, until they are let in again', async () => {
  const sam = await world.signIn('sam@world.example');
  cookies.set('sam', sam);
  expect((await send('GET', '/me', 'sam')).status).toBe(200);
  await send('PATCH', '/employees/sam', 'admin', { active: false });
  const refused = await send('GET', '/me', 'sam');
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    error: { code: 'not_allowed', message: 'Your account is suspended.', hint: expect.any(String) },
  });
  const attempt = await send('POST', '/session', 'nobody', { email: 'sam@world.example', password: worldPassword });
  expect(attempt.status).toBe(403);
  await send('PATCH', '/employees/sam', 'admin', { active: true });
  expect((await send('GET', '/me', 'sam')).status).toBe(401);
  await world.signIn('sam@world.example');
});

test('a person who is added signs in with the password that was told, and has to change it', async () => {
  const made = await send('POST', '/employees', 'admin', {
    ...{ name: 'Vic', email: 'Vic@world.example', departmentId: 'lab', positionId: 'maker' },
  });
  expect(made.status).toBe(201);
  const { password, employee } = (await made.json()) as { password: string; employee: Employee };
  expect(employee).toMatchObject({ id: 'vic', email: 'vic@world.example', tenantId: expect.any(String) });
  cookies.set('vic', await world.signIn('vic@world.example', password));
  expect((await send('GET', '/employees', 'vic')).status).toBe(403);
});

/** Mia, a manager, in the lab; Tim on the lab's bench; Sam in sales. */
async function insertLabAndSales(database: Database): Promise<void> {
  const organizationId = 'world';
  const { db } = database;
  await db
    .insert(departments)
    .values([
      ...['lab', 'sales'].map((id) => ({ organizationId, id, name: id })),
      { organizationId, id: 'bench', name: 'bench', parentId: 'lab' },
    ]);
  await db.insert(tiers).values({
    ...{ organizationId, id: 'standard', name: 'Standard', memoryMegabytes: 1024, cpuMillis: 1000, pids: 128 },
    ...{ diskMegabytes: 1024, toolsCeiling: ['file'], idleMinutes: 15 },
  });
  await db.insert(positions).values([
    { organizationId, id: 'maker', departmentId: 'lab', tierId: 'standard', name: 'Maker', tools: ['file'] },
    { organizationId, id: 'seller', departmentId: 'sales', tierId: 'standard', name: 'Seller', tools: [] },
  ]);
  const passwordHash = await hashPassword(worldPassword);
  for (const [id, name, departmentId, roles] of [
    ['mia', 'Mia', 'lab', ['employee', 'manager']],
    ['tim', 'Tim', 'bench', ['employee']],
    ['sam', 'Sam', 'sales', ['employee']],
  ] as const) {
    const person = { id, name, email: `${id}@world.example`, departmentId, positionId: null, roles, passwordHash };
    const { userId } = await db.transaction((tx) => addPerson(tx, organizationId, systemActor, person));
    await db.update(users).set({ mustChangePassword: false }).where(eq(users.id, userId));
  }
  await db
    .update(members)
    .set({ permissions: ['policy'] })
    .where(eq(members.userId, 'admin'));
}
