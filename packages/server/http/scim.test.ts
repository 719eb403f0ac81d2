import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { createDirectorySync, type DirectorySync } from '../directory/directory-sync.ts';
import {
  departments,
  directoryMappings,
  directoryPeople,
  directorySettings,
  employees,
  members,
  positions,
  rateLimits,
  scimGroups,
  scimTokens,
  tenants,
} from '../store/schema/index.ts';
import { type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { registerScimRoutes } from './scim-routes.ts';

const user = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patchOp = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];

let world: HttpWorld;
let sync: DirectorySync;
let token: string;
let foreignToken: string;
let counter = 0;
/** A name of its own for each test. */
let name: string;

beforeAll(async () => {
  world = await startHttpWorld({
    register: (app, database) => {
      sync = createDirectorySync({ database, secret: 'secret', owner: 'test', onError: () => {} });
      registerScimRoutes(app, { database, users: sync.users, groups: sync.groups });
    },
  });
  const { ann } = await insertSmallOrganization(world.database);
  const { ann: stranger } = await insertSmallOrganization(world.database, 'other');
  const permissions = ['policy' as const];
  token = (await sync.tokens.create({ ...ann, permissions }, 'Entra ID')).secret;
  foreignToken = (await sync.tokens.create({ ...stranger, permissions }, 'Okta')).secret;
});
afterAll(() => world.close());
beforeEach(() => {
  name = `person${++counter}`;
});

async function scim(method: string, path: string, body?: unknown, { as = token, type = 'application/scim+json' } = {}) {
  const response = await fetch(`${world.url}/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${as}`, ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

/** As Entra ID's provisioning service makes a person. */
const entraPerson = (changes: object = {}) => ({
  schemas: [user, enterprise],
  externalId: `oid-${name}`,
  userName: `${name}@small.example`,
  active: true,
  emails: [{ primary: true, type: 'work', value: `${name}@small.example` }],
  meta: { resourceType: 'User' },
  name: { formatted: `Given ${name}`, familyName: name, givenName: 'Given' },
  title: 'Engineer',
  phoneNumbers: [{ type: 'work', value: '+49 30 1' }],
  [enterprise]: { employeeNumber: `N-${name}`, department: 'Engineering / Backend' },
  ...changes,
});
const made = async (changes: object = {}) => (await scim('POST', '/Users', entraPerson(changes))).body;
const patch = (id: string, ...Operations: object[]) => scim('PATCH', `/Users/${id}`, { schemas: patchOp, Operations });
const employee = async (id: string) =>
  (
    await world.database.db
      .select()
      .from(employees)
      .where(and(eq(employees.organizationId, 'org'), eq(employees.id, id)))
  )[0];
const rolesOf = async (id: string) =>
  (await world.database.db.select().from(members).where(eq(members.employeeId, id)))[0]?.roles;

describe('the door', () => {
  test('lets nobody in without a token that is good', async () => {
    for (const as of ['', 'cps_guess', 'cpk_key']) {
      const refused = await scim('GET', '/Users', undefined, { as });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('Bearer');
      expect(refused.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' });
    }
  });

  test('is closed for a token from the moment it is revoked; only its hash was ever kept', async () => {
    const principal = { userId: 'u', name: 'ann', organizationId: 'org', employeeId: null, roles: ['admin' as const] };
    const { token: one, secret } = await sync.tokens.create({ ...principal, permissions: ['policy'] }, 'Short');
    expect(JSON.stringify(await world.database.db.select().from(scimTokens))).not.toContain(secret);
    expect((await scim('GET', '/Users?count=0', undefined, { as: secret })).status).toBe(200);
    await sync.tokens.revoke(principal, one.id);
    expect((await scim('GET', '/Users?count=0', undefined, { as: secret })).status).toBe(401);
    await expect(sync.tokens.revoke({ ...principal, organizationId: 'other' }, one.id)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('counts what a token asks for', async () => {
    const [row] = await world.database.db.select().from(scimTokens).where(eq(scimTokens.name, 'Okta'));
    const key = `scim token ${row?.id}`;
    await world.database.db.insert(rateLimits).values({ key, count: 1_500, windowStart: Date.now() });
    const refused = await scim('GET', '/Users', undefined, { as: foreignToken });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await world.database.db.delete(rateLimits).where(eq(rateLimits.key, key));
  });

  test('tells what it can, in SCIM’s shapes', async () => {
    expect((await scim('GET', '/ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true },
    });
    const types = await scim('GET', '/ResourceTypes');
    expect(types.headers.get('content-type')).toContain('application/scim+json');
    expect(types.body.Resources.map(({ id }: { id: string }) => id)).toEqual(['User', 'Group']);
    expect((await scim('GET', `/Schemas/${enterprise}`)).body.attributes.length).toBeGreaterThan(4);
    expect((await scim('POST', '/Bulk', {})).status).toBe(501);
    expect((await scim('GET', '/Nothing')).body).toMatchObject({ status: '404' });
    expect((await scim('POST', '/Users', '{', { type: 'application/json' })).status).toBe(400);
  });
});

describe('a person', () => {
  test('is made with department, number and name, and is served as it was sent', async () => {
    const { status, body, headers } = await scim('POST', '/Users', entraPerson());
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(body.meta.location);
    expect(body).toMatchObject({
      ...{ userName: `${name}@small.example`, externalId: `oid-${name}`, active: true, title: 'Engineer' },
      [enterprise]: { department: 'Engineering / Backend' },
    });
    expect(body.phoneNumbers).toBeUndefined();
    const row = await employee(body.id);
    expect(row).toMatchObject({ name: `Given ${name}`, number: `N-${name}`, source: 'scim', positionId: null });
    const [place] = await world.database.db
      .select()
      .from(departments)
      .where(eq(departments.id, row?.departmentId ?? ''));
    expect(place).toMatchObject({ name: 'Backend', source: 'scim' });
    expect((await scim('GET', `/Users/${body.id}`)).body).toEqual(body);
    const [event] = await listAuditEvents(world.database.db, 'org', { limit: 1, action: 'employee.created' });
    expect(event?.actor).toMatchObject({ type: 'system', name: 'SCIM (Entra ID)' });
  });

  test('cannot be made twice', async () => {
    await made();
    const again = await scim('POST', '/Users', entraPerson({ userName: `${name.toUpperCase()}@small.example` }));
    expect(again).toMatchObject({ status: 409, body: { scimType: 'uniqueness', status: '409' } });
    const both = await Promise.all(
      [1, 2].map(() =>
        scim('POST', '/Users', {
          ...entraPerson(),
          userName: `${name}x@small.example`,
          emails: undefined,
          externalId: undefined,
          [enterprise]: undefined,
        }),
      ),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });

  test('who was made by hand is adopted with their agent', async () => {
    const { status, body } = await scim('POST', '/Users', entraPerson({ userName: 'BEN@small.example', emails: [] }));
    expect([status, body.id]).toEqual([201, 'ben']);
    expect(await employee('ben')).toMatchObject({ source: 'scim', positionId: 'maker', name: `Given ${name}` });
    expect(await world.database.db.$count(tenants, eq(tenants.employeeId, 'ben'))).toBe(1);
  });

  test('needs an e-mail', async () => {
    const { status, body } = await scim('POST', '/Users', { schemas: [user], userName: name });
    expect([status, body.scimType]).toEqual([400, 'invalidValue']);
  });

  test('is found the ways Entra ID and Okta look for one', async () => {
    const { id } = await made();
    const find = async (filter: string) => {
      const { body } = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}&startIndex=1&count=100`);
      return body.Resources.map((one: { id: string }) => one.id);
    };
    expect(await find(`userName eq "${name.toUpperCase()}@SMALL.example"`)).toEqual([id]);
    expect(await find(`externalId eq "oid-${name}"`)).toEqual([id]);
    expect(await find(`emails[type eq "work"].value eq "${name}@small.example"`)).toEqual([id]);
    expect(await find(`active eq true and ${enterprise}:employeeNumber eq "N-${name}"`)).toEqual([id]);
    expect(await find(`${user}:userName eq "nobody@small.example"`)).toEqual([]);
    const broken = await scim('GET', '/Users?filter=userName%20eq');
    expect(broken).toMatchObject({ status: 400, body: { scimType: 'invalidFilter' } });
  });

  test('comes in pages that begin with 1, and in the shape that is asked for', async () => {
    await made();
    const { body: all } = await scim('GET', '/Users?count=0');
    expect(all).toMatchObject({ Resources: [], itemsPerPage: 0, startIndex: 1 });
    const { body: page } = await scim('GET', '/Users?startIndex=2&count=1&attributes=userName');
    expect(page).toMatchObject({ totalResults: all.totalResults, startIndex: 2, itemsPerPage: 1 });
    expect(Object.keys(page.Resources[0]).toSorted()).toEqual(['id', 'meta', 'schemas', 'userName']);
  });
});

describe('a change', () => {
  test('by Entra ID: capital operations, texts for booleans, paths with filters', async () => {
    const { id } = await made();
    const off = await patch(id, { op: 'Replace', path: 'active', value: 'False' });
    expect(off).toMatchObject({ status: 200, body: { active: false } });
    expect(await employee(id)).toMatchObject({ active: false, suspendedBy: 'scim' });
    const { body } = await patch(
      id,
      { op: 'Replace', path: 'active', value: 'True' },
      { op: 'Add', path: 'emails[type eq "work"].value', value: `${name}.new@small.example` },
      { op: 'Replace', path: 'name.familyName', value: 'Novak' },
      { op: 'Add', path: `${enterprise}:department`, value: 'Sales' },
      { op: 'Add', path: `${enterprise}:manager`, value: 'boss-id' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1' },
      { op: 'Remove', path: 'addresses[type eq "work"].country' },
      { op: 'Replace', path: 'displayName', value: 'Nova Novak' },
    );
    expect(body).toMatchObject({
      active: true,
      displayName: 'Nova Novak',
      [enterprise]: { manager: { value: 'boss-id' } },
    });
    expect(await employee(id)).toMatchObject({ active: true, name: 'Nova Novak', email: `${name}.new@small.example` });
  });

  test('by Okta: a value without a path, and whole resources', async () => {
    const { id, ...resource } = await made();
    await patch(id, { op: 'replace', value: { active: false } });
    expect(await employee(id)).toMatchObject({ active: false });
    await patch(id, {
      op: 'replace',
      value: { active: true, 'name.givenName': 'Nina', displayName: '', [enterprise]: { department: 'Support' } },
    });
    const { body } = await scim('GET', `/Users/${id}`);
    expect(body).toMatchObject({ active: true, name: { givenName: 'Nina' }, [enterprise]: { department: 'Support' } });
    const put = await scim('PUT', `/Users/${id}`, { ...resource, id, active: false, displayName: 'Put' });
    expect(put).toMatchObject({ status: 200, body: { displayName: 'Put', active: false } });
    expect(await employee(id)).toMatchObject({ name: 'Put', active: false });
  });

  test('that changes nothing leaves no trace', async () => {
    const { id, ...resource } = await made();
    const trace = async () => [
      (await listAuditEvents(world.database.db, 'org', { limit: 200 })).length,
      await world.database.db.select({ revision: tenants.agentRevision }).from(tenants).orderBy(tenants.id),
    ];
    const before = await trace();
    await scim('PUT', `/Users/${id}`, { id, ...resource });
    await patch(id, { op: 'Replace', path: 'userName', value: resource.userName });
    expect(await trace()).toEqual(before);
  });

  test('does not let in whom an admin suspended', async () => {
    const { id } = await made();
    await world.database.db
      .update(employees)
      .set({ active: false, suspendedBy: 'local' })
      .where(and(eq(employees.organizationId, 'org'), eq(employees.id, id)));
    expect((await patch(id, { op: 'replace', path: 'active', value: true })).body.active).toBe(false);
  });

  test('that would lead out of the resource is refused', async () => {
    const { id } = await made();
    for (const operation of [
      { op: 'add', path: '__proto__.polluted', value: 'yes' },
      { op: 'add', value: { 'name.__proto__.polluted': 'yes' } },
    ]) {
      expect((await patch(id, operation)).status).toBe(400);
    }
    await patch(id, { op: 'add', path: 'name', value: { 'constructor.prototype.polluted': 'yes' } });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('that is none is refused with what is wrong', async () => {
    const { id } = await made();
    expect(await patch(id, { op: 'move', path: 'active' })).toMatchObject({
      status: 400,
      body: { scimType: 'invalidSyntax' },
    });
    expect(await patch(id, { op: 'remove' })).toMatchObject({ status: 400, body: { scimType: 'noTarget' } });
    expect(await patch(id, { op: 'remove', path: 'userName' })).toMatchObject({ status: 400 });
    expect(
      (await scim('PATCH', '/Users/nobody', { schemas: patchOp, Operations: [{ op: 'add', value: {} }] })).status,
    ).toBe(404);
  });
});

describe('a deletion', () => {
  test('suspends, and a person made again is the same one', async () => {
    const { id } = await made();
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
    expect(await employee(id)).toMatchObject({ active: false, source: 'local', externalId: null });
    expect((await made()).id).toBe(id);
    expect(await employee(id)).toMatchObject({ active: true, source: 'scim' });
  });

  test('removes where the settings say so', async () => {
    const { id } = await made();
    await world.database.db.insert(directorySettings).values({ organizationId: 'org', scimDelete: 'remove' });
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect(await employee(id)).toBeUndefined();
    await world.database.db.delete(directorySettings);
  });
});

describe('whoever may change what holds for everybody', () => {
  test('is neither adopted nor suspended nor removed by a token', async () => {
    const { id } = await made();
    const theirs = and(eq(members.organizationId, 'org'), eq(members.employeeId, id));
    await world.database.db
      .update(members)
      .set({ roles: ['admin'], permissions: ['policy'] })
      .where(theirs);
    const mailbox = { value: 'thief@small.example', primary: true };
    expect((await patch(id, { op: 'replace', path: 'active', value: false })).status).toBe(403);
    expect((await patch(id, { op: 'replace', path: 'emails', value: [mailbox] })).status).toBe(403);
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(403);
    await world.database.db.insert(directorySettings).values({ organizationId: 'org', scimDelete: 'remove' });
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(403);
    await world.database.db.delete(directorySettings);
    await world.database.db.delete(directoryPeople).where(eq(directoryPeople.employeeId, id));
    await world.database.db.update(employees).set({ source: 'local' }).where(eq(employees.id, id));
    expect((await scim('POST', '/Users', entraPerson())).status).toBe(403);
    expect(await employee(id)).toMatchObject({ active: true, source: 'local', email: `${name}@small.example` });
  });
});

test('tokens and mappings are made by admins with the permission “policy” alone', async () => {
  const plain = {
    userId: 'user-ann',
    name: 'ann',
    organizationId: 'org',
    employeeId: 'ann',
    roles: ['admin' as const],
  };
  const mapping = { kind: 'group' as const, name: 'Admins', positionId: null, role: 'admin' as const };
  for (const refused of [
    () => sync.tokens.create(plain, 'Mine'),
    () => sync.mappings.save(plain, mapping),
    () => sync.mappings.saveSettings(plain, { departmentDelimiter: '/', scimDelete: 'remove' }),
  ]) {
    await expect(refused()).rejects.toMatchObject({ code: 'not_allowed' });
  }
});

describe('a group', () => {
  const group = (members: string[] = [], displayName = `Group of ${name}`) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName,
    externalId: `gid-${name}`,
    members: members.map((value) => ({ value })),
  });
  const patchGroup = (id: string, ...Operations: object[]) =>
    scim('PATCH', `/Groups/${id}`, { schemas: patchOp, Operations });
  const membersOf = async (id: string) =>
    (await scim('GET', `/Groups/${id}`)).body.members.map(({ value }: { value: string }) => value);

  test('is kept with its members, whichever way they come and go', async () => {
    const { id: ann } = await made();
    name = `${name}b`;
    const { id: bob } = await made();
    const { status, body } = await scim('POST', '/Groups', group());
    expect(status).toBe(201);
    const { id } = body;
    expect((await patchGroup(id, { op: 'Add', path: 'members', value: [{ value: ann }, { value: bob }] })).status).toBe(
      204,
    );
    expect((await membersOf(id)).toSorted()).toEqual([ann, bob].toSorted());
    await patchGroup(id, { op: 'Remove', path: 'members', value: [{ value: ann, display: 'whoever' }] });
    expect(await membersOf(id)).toEqual([bob]);
    await patchGroup(id, { op: 'remove', path: `members[value eq "${bob}"]` });
    expect(await membersOf(id)).toEqual([]);
    await patchGroup(id, { op: 'replace', value: { id, displayName: `Renamed ${name}` } });
    await patchGroup(id, { op: 'replace', path: 'members', value: [{ value: ann }] });
    const found = await scim(
      'GET',
      `/Groups?filter=${encodeURIComponent(`displayName eq "renamed ${name}"`)}&excludedAttributes=members`,
    );
    expect(found.body.Resources).toMatchObject([{ id, displayName: `Renamed ${name}` }]);
    expect(found.body.Resources[0].members).toBeUndefined();
    expect((await scim('GET', `/Users/${ann}`)).body.groups).toMatchObject([{ value: id }]);
    expect(await patchGroup(id, { op: 'add', path: 'members', value: [{ value: 'nobody' }] })).toMatchObject({
      status: 400,
    });
    expect((await scim('POST', '/Groups', group([], `RENAMED ${name}`))).status).toBe(409);
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${ann}`)).body.groups).toEqual([]);
  });

  test('gives a position and a role where an admin says so, and takes the role away with the membership', async () => {
    const admin = {
      userId: 'user-ann',
      name: 'ann',
      organizationId: 'org',
      employeeId: 'ann',
      roles: ['admin' as const],
      permissions: ['policy' as const],
    };
    const { id } = await made({ title: undefined });
    const { body } = await scim('POST', '/Groups', group([id]));
    const mapping = {
      kind: 'group' as const,
      name: body.displayName.toUpperCase(),
      positionId: 'maker',
      role: 'manager' as const,
    };
    expect(await sync.mappings.save(admin, mapping)).toEqual({ changed: 1 });
    expect(await employee(id)).toMatchObject({ positionId: 'maker' });
    expect(await world.database.db.$count(tenants, eq(tenants.employeeId, id))).toBe(1);
    expect(await rolesOf(id)).toEqual(['employee', 'manager']);
    await patchGroup(body.id, { op: 'remove', path: 'members' });
    expect(await rolesOf(id)).toEqual(['employee']);
    expect(await employee(id)).toMatchObject({ positionId: 'maker' });
    const listed = await sync.mappings.list(admin);
    expect(listed).toContainEqual(
      expect.objectContaining({ kind: 'group', people: 0, positionId: 'maker', role: 'manager' }),
    );
  });

  test('does not decide against a title, and never makes operators', async () => {
    const admin = {
      userId: 'user-ann',
      name: 'ann',
      organizationId: 'org',
      employeeId: 'ann',
      roles: ['admin' as const],
      permissions: ['policy' as const],
    };
    await world.database.db
      .insert(positions)
      .values({ organizationId: 'org', id: 'lead', departmentId: 'all', tierId: 'standard', name: 'Lead', tools: [] });
    const { id } = await made({ title: 'Team LEAD' });
    const { body } = await scim('POST', '/Groups', group([id]));
    await sync.mappings.save(admin, { kind: 'group', name: body.displayName, positionId: 'maker', role: null });
    await sync.mappings.save(admin, { kind: 'title', name: 'team lead', positionId: 'lead', role: null });
    expect(await employee(id)).toMatchObject({ positionId: 'lead' });
    const operators = { organizationId: 'org', kind: 'group' as const, key: 'x', name: 'x', role: 'operator' as const };
    await expect(world.database.db.insert(directoryMappings).values(operators)).rejects.toThrow();
    await expect(
      sync.mappings.save(admin, { kind: 'title', name: 'x', positionId: null, role: 'admin' }),
    ).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(
      sync.mappings.save(admin, { kind: 'title', name: 'x', positionId: 'nowhere', role: null }),
    ).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

test('a token of another organization sees and reaches nothing', async () => {
  const { id } = await made();
  const { body: group } = await scim('POST', '/Groups', { displayName: `Hidden ${name}`, members: [{ value: id }] });
  const as = { as: foreignToken };
  expect((await scim('GET', '/Users', undefined, as)).body.totalResults).toBe(0);
  expect((await scim('GET', '/Groups', undefined, as)).body.totalResults).toBe(0);
  const operations = { schemas: patchOp, Operations: [{ op: 'replace', path: 'active', value: false }] };
  for (const [method, body] of [['GET'], ['PUT', entraPerson()], ['PATCH', operations], ['DELETE']] as const) {
    expect((await scim(method, `/Users/${id}`, body, as)).status).toBe(404);
    expect((await scim(method, `/Groups/${group.id}`, method === 'PUT' ? { displayName: 'x' } : body, as)).status).toBe(
      404,
    );
  }
  expect(await employee(id)).toMatchObject({ active: true });
  const member = { displayName: 'Ours', members: [{ value: id }] };
  expect((await scim('POST', '/Groups', member, as)).status).toBe(400);
  expect(await world.database.db.$count(scimGroups, eq(scimGroups.organizationId, 'other'))).toBe(0);
});
