import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emailOf, type HttpWorld, startHttpWorld } from '../testing/http-world.ts';

let world: HttpWorld;
/** With the permission `policy`, and without. */
let admin: string;
let plainAdmin: string;

beforeAll(async () => {
  world = await startHttpWorld({ publicUrl: 'https://claw.acme.example/' });
  plainAdmin = await world.signIn(emailOf('admin'));
  admin = await world.signIn(emailOf('manager'));
  await world.database.pool.query(
    `update members set roles = '["admin"]', permissions = '["policy"]' where user_id = 'manager'`,
  );
  await world.database.pool.query(
    `insert into departments (organization_id, id, name) values ('world', 'all', 'Everybody')`,
  );
});
afterAll(() => world.close());

const path = '/api/v1/identity-providers';
const input = {
  name: 'Entra ID',
  issuer: 'https://login.acme.example/tenant/v2.0',
  clientId: 'client',
  clientSecret: 'very secret',
};
const create = (cookie: string, changes: object = {}) =>
  world.send('POST', path, { cookie, body: { ...input, ...changes } });
const put = (id: string, changes: object, cookie = admin) => {
  const { clientSecret: _, ...kept } = input;
  return world.send('PUT', `${path}/${id}`, { cookie, body: { ...kept, ...changes } });
};
const settings = (changes: object, cookie = admin) =>
  world.send('PUT', '/api/v1/sign-in/settings', {
    cookie,
    body: { secondFactor: 'optional', secondFactorAfterProvider: false, passwords: 'everybody', ...changes },
  });

describe('identity providers', () => {
  let id: string;

  test('are added by admins with the permission, and their secrets never come back', async () => {
    expect((await create(plainAdmin)).status).toBe(403);
    const created = await create(admin);
    expect(created.status).toBe(201);
    const text = await created.text();
    expect(text).not.toContain('very secret');
    const provider = JSON.parse(text);
    id = provider.id;
    expect(provider.redirectUri).toBe(`https://claw.acme.example/api/v1/sign-in/oidc/${id}/callback`);
    const { rows } = await world.database.pool.query('select client_secret from identity_providers');
    expect(rows[0].client_secret).not.toContain('very secret');
    const auditor = await world.signIn(emailOf('auditor'));
    const list = await (await world.send('GET', path, { cookie: auditor })).text();
    expect(list).toContain('Entra ID');
    expect(list).not.toContain('secret');
    const { rows: events } = await world.database.pool.query('select action, detail from audit_events');
    expect(JSON.stringify(events)).toContain('identity_provider.created');
    expect(JSON.stringify(events)).not.toContain('very secret');
  });

  test('are known to strangers by their names', async () => {
    const options = await (await world.send('GET', '/api/v1/sign-in/options')).json();
    expect(options).toEqual({ providers: [{ id, name: 'Entra ID' }] });
  });

  test.each([
    ['http://login.acme.example', 'plain http'],
    ['https://user:pass@login.acme.example', 'credentials'],
    ['https://login.acme.example/?x=1', 'a query'],
    ['file:///etc/passwd', 'a file'],
    ['http://localhost.evil.example', 'a name that only looks local'],
  ])('have no issuer like %s: %s', async (issuer) => {
    expect((await create(admin, { name: 'Other', issuer })).status).toBe(400);
  });

  test('that anybody can have a directory at are not believed about e-mails', async () => {
    const issuer = (tenant: string) => ({ name: tenant, issuer: `https://login.microsoftonline.com/${tenant}/v2.0` });
    for (const tenant of ['common', 'organizations', 'Consumers']) {
      expect((await create(admin, { ...issuer(tenant), trustEmail: true })).status).toBe(400);
    }
    const own = await create(admin, { ...issuer('72f988bf'), trustEmail: true });
    expect(own.status).toBe(201);
    const { id: ownId } = (await own.json()) as { id: string };
    await world.send('DELETE', `${path}/${ownId}`, { cookie: admin });
  });

  test('on this machine are an operator’s to connect', async () => {
    expect((await create(admin, { name: 'Local', issuer: 'http://localhost:9000' })).status).toBe(403);
    expect((await put(id, { issuer: 'https://127.0.0.1', clientSecret: 'new' })).status).toBe(403);
  });

  test('need a secret, a department for people they create, and a name of their own', async () => {
    expect((await create(admin, { name: 'Other', clientSecret: undefined })).status).toBe(400);
    expect((await create(admin, { name: 'Other', autoCreate: true })).status).toBe(400);
    expect((await create(admin, { name: 'Other', autoCreate: true, departmentId: 'nowhere' })).status).toBe(400);
    expect((await create(admin)).status).toBe(409);
    expect((await create(admin, { name: 'Other', groupRoles: [{ group: 'g', role: 'operator' }] })).status).toBe(400);
  });

  test('keep their secret when it is left out, and send it to nobody new', async () => {
    const secret = async () =>
      (await world.database.pool.query('select client_secret from identity_providers')).rows[0].client_secret;
    const before = await secret();
    expect((await put(id, { name: 'Entra' })).status).toBe(200);
    expect(await secret()).toBe(before);
    expect((await put(id, { issuer: 'https://evil.example' })).status).toBe(400);
    expect((await put(id, { clientId: 'other' })).status).toBe(400);
    expect((await put(id, { issuer: 'https://new.acme.example', clientSecret: 'new' })).status).toBe(200);
  });

  test('of another organization are not found', async () => {
    await world.database.pool.query(`insert into organizations (id, name) values ('other', 'Other');
      insert into identity_providers (organization_id, id, name, issuer, client_id, client_secret, scopes, enabled, trust_email,
        auto_create, email_domains, claims, group_roles)
      select 'other', 'theirs', name, issuer, client_id, client_secret, scopes, enabled, trust_email, auto_create, email_domains,
        claims, group_roles from identity_providers`);
    expect((await put('theirs', {})).status).toBe(404);
    expect((await world.send('DELETE', `${path}/theirs`, { cookie: admin })).status).toBe(404);
    expect((await world.send('POST', `${path}/theirs/test`, { cookie: admin })).status).toBe(404);
    const { providers } = (await (await world.send('GET', path, { cookie: admin })).json()) as { providers: object[] };
    expect(providers).toHaveLength(1);
    await world.database.pool.query(`delete from identity_providers where organization_id = 'other'`);
  });

  test('are the way in that stays, while passwords are for admins', async () => {
    expect((await settings({ passwords: 'admins' }, plainAdmin)).status).toBe(403);
    expect((await settings({ passwords: 'admins' })).status).toBe(200);
    const body = { email: emailOf('employee'), password: 'correct horse battery' };
    const refused = await world.send('POST', '/api/v1/session', { body });
    expect(await refused.json()).toMatchObject({ error: { code: 'not_allowed', hint: expect.any(String) } });
    expect((await world.send('POST', '/api/v1/session', { body: { ...body, email: emailOf('admin') } })).status).toBe(
      200,
    );
    expect(
      (await world.send('POST', '/api/v1/session', { body: { ...body, email: emailOf('operator') } })).status,
    ).toBe(200);

    expect((await world.send('DELETE', `${path}/${id}`, { cookie: admin })).status).toBe(409);
    expect((await put(id, { enabled: false, issuer: 'https://new.acme.example' })).status).toBe(409);
    expect((await settings({})).status).toBe(200);
    expect((await world.send('DELETE', `${path}/${id}`, { cookie: admin })).status).toBe(204);
    expect((await settings({ passwords: 'admins' })).status).toBe(409);
  });
});
