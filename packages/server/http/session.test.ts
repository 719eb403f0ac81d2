import { createHook } from 'node:async_hooks';
import { request } from 'node:http';
import { hashPassword } from 'better-auth/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieOf, emailOf, type HttpWorld, startHttpWorld, worldPassword } from '../testing/http-world.ts';

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => world.close());

const signIn = (email: string, password: string, headers: Record<string, string> = {}) =>
  world.send('POST', '/api/v1/session', { body: { email, password }, headers });

const changePassword = (cookie: string, currentPassword: string, newPassword: string) =>
  world.send('POST', '/api/v1/me/password', { cookie, body: { currentPassword, newPassword } });

const me = (cookie: string) => world.send('GET', '/api/v1/me', { cookie });

async function auditActions(): Promise<{ action: string; outcome: string; actor_id: string }[]> {
  const { rows } = await world.database.pool.query(
    'select action, outcome, actor_id from audit_events order by id desc limit 20',
  );
  return rows;
}

describe('signing in', () => {
  test('answers with who one is, and a cookie no script can read', async () => {
    const response = await signIn(emailOf('admin'), worldPassword);
    expect(await response.json()).toEqual({
      userId: 'admin',
      name: 'The admin',
      email: emailOf('admin'),
      roles: ['admin'],
      permissions: [],
      organization: { id: 'world', name: 'World' },
      employee: null,
      mustChangePassword: false,
      mustSetUpSecondFactor: false,
    });
    expect(response.headers.get('set-cookie')).toMatch(
      /^clawpool\.session_token=.*; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect((await auditActions())[0]).toEqual({ action: 'sign_in.succeeded', outcome: 'allowed', actor_id: 'admin' });
  });

  test('marks the cookie Secure when the request came to a trusted proxy by https', async () => {
    const response = await signIn(emailOf('admin'), worldPassword, { 'x-forwarded-proto': 'https' });
    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  test('takes e-mail addresses in any case', async () => {
    expect((await signIn('Admin@World.Example', worldPassword)).status).toBe(200);
  });

  test('gives the same answer for a wrong password and an e-mail nobody has, after the same work', async () => {
    const refusal = async (email: string) => {
      let hashes = 0;
      const hook = createHook({ init: (_id, type) => void (type === 'SCRYPTREQUEST' && hashes++) }).enable();
      const response = await signIn(email, 'wrong');
      hook.disable();
      const { requestId: _, ...error } = ((await response.json()) as { error: { requestId: string } }).error;
      return { status: response.status, error, hashes };
    };
    const wrong = await refusal(emailOf('admin'));
    expect(wrong).toMatchObject({ status: 401, error: { code: 'sign_in_failed' }, hashes: 1 });
    expect(await refusal('nobody@world.example')).toEqual(wrong);
    const refused = (await auditActions()).filter(({ action }) => action === 'sign_in.refused');
    expect(refused.map(({ actor_id }) => actor_id)).toEqual(['', 'admin']);
  });

  test('refuses what is no e-mail address', async () => {
    const response = await signIn('nobody', 'wrong');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_request', message: expect.stringContaining('body.email') },
    });
  });

  test('ends guessing at one account from one address after ten tries, and lets other addresses in', async () => {
    const from = (address: string, password: string) =>
      signIn(emailOf('auditor'), password, { 'x-forwarded-for': address });
    const tries = await Promise.all(Array.from({ length: 10 }, () => from('198.51.100.1', 'wrong')));
    expect(tries.map(({ status }) => status)).toEqual(Array(10).fill(401));
    const limited = await from('198.51.100.1', worldPassword);
    expect(limited.status).toBe(429);
    expect(await limited.json()).toMatchObject({
      error: { code: 'too_many_requests', hint: expect.stringContaining('minutes') },
    });
    expect((await from('198.51.100.2', worldPassword)).status).toBe(200);
  });

  test('opens the limit again when its window is over', async () => {
    const from = (password: string) => signIn(emailOf('manager'), password, { 'x-forwarded-for': '198.51.100.3' });
    for (let n = 0; n < 11; n++) await from('wrong');
    expect((await from(worldPassword)).status).toBe(429);
    await world.database.pool.query('update rate_limits set window_start = window_start - 600001');
    expect((await from(worldPassword)).status).toBe(200);
  });
});

describe('a session', () => {
  test('ends with signing out, and its cookie is worth nothing afterwards', async () => {
    const cookie = await world.signIn(emailOf('employee'));
    const response = await world.send('DELETE', '/api/v1/session', { cookie });
    expect(response.status).toBe(204);
    expect(response.headers.get('set-cookie')).toContain('Max-Age=0');
    const afterwards = await me(cookie);
    expect(await afterwards.json()).toMatchObject({ error: { code: 'session_expired', hint: 'Sign in again.' } });
    expect((await auditActions())[0]).toMatchObject({ action: 'sign_in.ended', actor_id: 'employee' });
  });

  test('expires', async () => {
    const cookie = await world.signIn(emailOf('employee'));
    expect((await me(cookie)).status).toBe(200);
    await world.database.pool.query(
      `update sessions set expires_at = now() - interval '1 second' where user_id = 'employee'`,
    );
    const response = await me(cookie);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'session_expired' } });
  });

  test('is prolonged by use, once a day', async () => {
    const cookie = await world.signIn(emailOf('employee'));
    expect((await me(cookie)).headers.get('set-cookie')).toBeNull();
    await world.database.pool.query(
      `update sessions set expires_at = now() + interval '2 days' where user_id = 'employee'`,
    );
    expect((await me(cookie)).headers.get('set-cookie')).toContain('Max-Age=604800');
    const { rows } = await world.database.pool.query(
      `select min(expires_at) > now() + interval '6 days' as prolonged from sessions where user_id = 'employee'`,
    );
    expect(rows).toEqual([{ prolonged: true }]);
  });

  test('cannot be made up: a cookie with another signature is no session', async () => {
    const cookie = await world.signIn(emailOf('employee'));
    expect((await me(`${cookie.slice(0, -6)}AAAA%3D`)).status).toBe(401);
  });
});

describe('a new password', () => {
  const first = 'abcde-fghij-klmno-pqrst';

  async function withFirstPassword(role: 'operator' | 'employee'): Promise<string> {
    const { pool } = world.database;
    await pool.query('update users set must_change_password = true where id = $1', [role]);
    await pool.query('update accounts set password = $1 where user_id = $2', [await hashPassword(first), role]);
    return world.signIn(emailOf(role), first);
  }

  test('is due before anything else; what is needed to set it stays open', async () => {
    const cookie = await withFirstPassword('operator');
    expect(await (await me(cookie)).json()).toMatchObject({ mustChangePassword: true });
    const shut = await world.send('GET', '/api/v1/employees', { cookie });
    expect(shut.status).toBe(403);
    expect(await shut.json()).toMatchObject({ error: { code: 'password_change_required' } });

    const changed = await changePassword(cookie, first, 'seven gentle walruses');
    expect(await changed.json()).toMatchObject({ userId: 'operator', mustChangePassword: false });
    expect((await world.send('GET', '/api/v1/employees', { cookie })).status).toBe(200);
    expect((await signIn(emailOf('operator'), first)).status).toBe(401);
    expect((await signIn(emailOf('operator'), 'seven gentle walruses')).status).toBe(200);
  });

  test('ends all other sessions of the person, and is audited', async () => {
    const cookie = await withFirstPassword('employee');
    const elsewhere = await world.signIn(emailOf('employee'), first);
    expect((await changePassword(cookie, first, 'eleven purple kettles')).status).toBe(200);
    expect((await me(elsewhere)).status).toBe(401);
    expect((await me(cookie)).status).toBe(200);
    expect((await auditActions())[0]).toEqual({ action: 'password.changed', outcome: 'allowed', actor_id: 'employee' });
  });

  test.each([
    ['too short', 'short'],
    ['the old one', first],
    ['one of the first that are tried', 'Password1234'],
    ['a run', '0123456789'],
    ['little more than one’s own name', 'operator2026'],
  ])('is refused when it is %s, and the old one stays', async (_why, newPassword) => {
    const cookie = await withFirstPassword('operator');
    const response = await changePassword(cookie, first, newPassword);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'weak_password', message: expect.any(String) } });
    expect((await signIn(emailOf('operator'), first)).status).toBe(200);
  });

  test('is refused without the right current one, and that is audited', async () => {
    const cookie = await withFirstPassword('operator');
    const response = await changePassword(cookie, 'not this one', 'seven gentle walruses');
    expect(await response.json()).toMatchObject({ error: { code: 'sign_in_failed' } });
    expect((await auditActions())[0]).toEqual({ action: 'password.changed', outcome: 'refused', actor_id: 'operator' });
  });
});

describe('a request that a foreign page causes', () => {
  test.each([
    ['tells it by Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['comes from another host of the same site', { 'sec-fetch-site': 'same-site' }, 403],
    ['tells it by Origin', { 'sec-fetch-site': '', origin: 'https://evil.example' }, 403],
    ['hides its origin', { 'sec-fetch-site': '', origin: 'null' }, 403],
    ['says nothing', { 'sec-fetch-site': '' }, 403],
    ['is ours, by Origin', { 'sec-fetch-site': '', origin: 'ours' }, 204],
  ])('%s: %o', async (_how, headers, status) => {
    const cookie = await world.signIn(emailOf('employee'), 'eleven purple kettles');
    const { hostname, port, pathname } = new URL(`${world.url}/api/v1/session`);
    const sent = Object.entries(headers)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, value === 'ours' ? world.url : value]);
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      request(
        { hostname, port, path: pathname, method: 'DELETE', headers: { cookie, ...Object.fromEntries(sent) } },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(answer).toBe(status);
    expect((await me(cookie)).status).toBe(status === 403 ? 200 : 401);
  });

  test('cannot sign somebody in either', async () => {
    const response = await signIn(emailOf('admin'), worldPassword, { 'sec-fetch-site': 'cross-site' });
    expect(response.status).toBe(403);
    expect(cookieOf(response)).toBe('');
  });
});
