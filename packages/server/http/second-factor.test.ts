import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOfStep } from '../identity/second-factor/totp.ts';
import { cookieOf, emailOf, type HttpWorld, startHttpWorld, worldPassword } from '../testing/http-world.ts';

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
  await world.database.pool.query(`update members set permissions = '["policy"]' where user_id = 'admin'`);
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.database.pool.query('delete from rate_limits');
});

const api = '/api/v1';
const password = worldPassword;
const post = (path: string, cookie: string, body: unknown) => world.send('POST', api + path, { cookie, body });
const firstStep = (email: string, cookie = '') =>
  world.send('POST', `${api}/session`, { body: { email, password }, ...(cookie === '' ? {} : { cookie }) });
const secondStep = (cookie: string, code: string, trustDevice = false) =>
  post('/session/second-factor', cookie, { code, trustDevice });
const mine = async (cookie: string) => (await world.send('GET', `${api}/me/second-factor`, { cookie })).json();
/** What an answer says. */
const saidBy = async <Said>(response: Promise<Response> | Response) => (await (await response).json()) as Said;
const codeIn = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

/** What an app with this secret shows, so many steps of half a minute from now. Past ones count again: no test waits half a minute. */
async function codeOf(userId: string, secret: Buffer, step = 0): Promise<string> {
  await world.database.pool.query('update second_factors set last_step = 0 where user_id = $1', [userId]);
  return codeOfStep(secret, Math.floor(Date.now() / 30_000) + step);
}

function bytesOf(base32: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Somebody with a second factor: their cookie, the secret in their app, their backup codes. */
async function enrol(userId: string, email: string) {
  await world.database.pool.query('delete from second_factors where user_id = $1', [userId]);
  const cookie = await world.signIn(email);
  const started = (await (await post('/me/second-factor', cookie, { password })).json()) as { secret: string };
  const secret = bytesOf(started.secret);
  const confirmed = await post('/me/second-factor/confirm', cookie, { code: await codeOf(userId, secret) });
  const { backupCodes } = (await confirmed.json()) as { backupCodes: string[] };
  return { cookie, secret, backupCodes };
}

async function auditOf(action: string): Promise<{ outcome: string; detail: Record<string, unknown> }[]> {
  const text = 'select outcome, detail from audit_events where action = $1 order by id desc';
  return (await world.database.pool.query(text, [action])).rows;
}

describe('setting up a second factor', () => {
  test('needs the password, and counts from the first right code on', async () => {
    const email = emailOf('employee');
    const cookie = await world.signIn(email);
    expect(await codeIn(await post('/me/second-factor', cookie, { password: 'wrong' }))).toBe('sign_in_failed');
    expect(await codeIn(await post('/me/second-factor', cookie, { password: null }))).toBe('sign_in_failed');
    const started = await saidBy<{ secret: string; uri: string }>(post('/me/second-factor', cookie, { password }));
    expect(started.uri).toContain(`secret=${started.secret}`);
    expect((await firstStep(email)).status).toBe(200);

    const secret = bytesOf(started.secret);
    expect((await post('/me/second-factor/confirm', cookie, { code: '000000' })).status).toBe(401);
    const other = await world.signIn(email);
    const confirmed = await post('/me/second-factor/confirm', cookie, { code: await codeOf('employee', secret) });
    const { backupCodes } = await saidBy<{ backupCodes: string[] }>(confirmed);
    expect(new Set(backupCodes).size).toBe(10);
    expect(await mine(cookie)).toMatchObject({ enabledAt: expect.any(String), backupCodesLeft: 10, hasPassword: true });
    // Whoever else was signed in has not shown it.
    expect((await world.send('GET', `${api}/me`, { cookie: other })).status).toBe(401);
    expect(await codeIn(await post('/me/second-factor', cookie, { password }))).toBe('conflict');
  });

  test('leaves neither secret nor backup codes readable in the database, nor codes in the audit trail', async () => {
    const { secret, backupCodes } = await enrol('employee', emailOf('employee'));
    const { rows } = await world.database.pool.query(
      'select secret, hash from second_factors join backup_codes using (user_id)',
    );
    const stored = JSON.stringify(rows);
    expect(rows).toHaveLength(10);
    for (const plain of [secret.toString('base64url'), ...backupCodes]) expect(stored).not.toContain(plain);
    expect(JSON.stringify(await auditOf('second_factor.enabled'))).not.toContain(backupCodes[0]);
  });
});

describe('signing in with a second factor', () => {
  let someone: Awaited<ReturnType<typeof enrol>>;
  const email = emailOf('employee');
  beforeEach(async () => {
    someone = await enrol('employee', email);
  });

  test('is not done with the password: it opens no session', async () => {
    const response = await firstStep(email);
    expect(response.status).toBe(401);
    const cookie = cookieOf(response);
    expect(await codeIn(response)).toBe('second_factor_required');
    expect(cookie).not.toContain('session_token');
    expect((await world.send('GET', `${api}/me`, { cookie })).status).toBe(401);
  });

  test('does not go on when they may not use a password any more', async () => {
    const waiting = cookieOf(await firstStep(email));
    const { pool } = world.database;
    await pool.query(
      `insert into sign_in_policies (organization_id, second_factor, second_factor_after_provider, passwords)
       values ('world', 'optional', false, 'admins')`,
    );
    const refused = await secondStep(waiting, await codeOf('employee', someone.secret));
    await pool.query('delete from sign_in_policies');
    expect(await codeIn(refused)).toBe('session_expired');
    expect(cookieOf(refused)).not.toContain('session_token');
  });

  test('goes on with a code, which is good once', async () => {
    const first = cookieOf(await firstStep(email));
    const code = await codeOf('employee', someone.secret);
    const done = await secondStep(first, code);
    expect(await done.json()).toMatchObject({ userId: 'employee' });
    expect((await world.send('GET', `${api}/me`, { cookie: cookieOf(done) })).status).toBe(200);
    expect(await codeIn(await secondStep(first, code))).toBe('sign_in_failed');
    expect((await auditOf('sign_in.succeeded'))[0]?.detail).toMatchObject({ secondFactor: 'app' });
    expect((await auditOf('sign_in.refused'))[0]?.detail).toMatchObject({ reason: 'wrong second factor' });
  });

  test('of two browsers with one code lets one in', async () => {
    const code = await codeOf('employee', someone.secret);
    const firsts = await Promise.all([firstStep(email), firstStep(email)]);
    const done = await Promise.all(firsts.map((first) => secondStep(cookieOf(first), code)));
    expect(done.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('goes on with a backup code too, however it is typed, once', async () => {
    const [code = ''] = someone.backupCodes;
    const first = cookieOf(await firstStep(email));
    expect((await secondStep(first, ` ${code.toUpperCase().replace('-', ' ')}`)).status).toBe(200);
    expect((await secondStep(first, code)).status).toBe(401);
    expect(await mine(someone.cookie)).toMatchObject({ backupCodesLeft: 9 });
  });

  test('ends for a while after five wrong codes, for right ones too', async () => {
    const first = cookieOf(await firstStep(email));
    for (let tries = 0; tries < 5; tries++) expect((await secondStep(first, '000000')).status).toBe(401);
    const response = await secondStep(first, await codeOf('employee', someone.secret));
    expect(await response.json()).toMatchObject({ error: { code: 'too_many_requests', hint: expect.any(String) } });
  });

  test('does not begin with the second step', async () => {
    expect(await codeIn(await secondStep('', '123456'))).toBe('session_expired');
    expect(await codeIn(await secondStep('clawpool.pending_sign_in=v1.made-up', '123456'))).toBe('session_expired');
  });

  test('is asked for only once a month on a device that is trusted, until the password changes', async () => {
    const first = cookieOf(await firstStep(email));
    const done = await secondStep(first, await codeOf('employee', someone.secret), true);
    const device = done.headers.getSetCookie().find((line) => line.startsWith('clawpool.trusted_device='));
    expect(device).toMatch(/HttpOnly/u);
    const token = device?.split(';', 1)[0] ?? '';
    expect((await firstStep(email, token)).status).toBe(200);
    // The same browser with another person's password is trusted for nobody else.
    expect((await firstStep(email, 'clawpool.trusted_device=guessed')).status).toBe(401);

    const changed = 'staple battery correct horse';
    await post('/me/password', cookieOf(done), { currentPassword: password, newPassword: changed });
    await world.database.pool.query(`update accounts set password = (select password from accounts where user_id = 'admin')
      where user_id = 'employee'`);
    expect((await firstStep(email, token)).status).toBe(401);
  });
});

describe('an own second factor', () => {
  test('has new backup codes for a right password and code; the old ones end', async () => {
    const { cookie, secret, backupCodes } = await enrol('employee', emailOf('employee'));
    const renew = (code: string, given: string | null = password) =>
      post('/me/second-factor/backup-codes', cookie, { password: given, code });
    expect((await renew(await codeOf('employee', secret), 'wrong')).status).toBe(401);
    expect((await renew('000000')).status).toBe(401);
    const renewed = await saidBy<{ backupCodes: string[] }>(renew(await codeOf('employee', secret)));
    const first = cookieOf(await firstStep(emailOf('employee')));
    expect((await secondStep(first, backupCodes[0] ?? '')).status).toBe(401);
    expect((await secondStep(first, renewed.backupCodes[0] ?? '')).status).toBe(200);
  });

  test('is removed with password and code', async () => {
    const { cookie, secret } = await enrol('employee', emailOf('employee'));
    const remove = (given: string, code: string) => post('/me/second-factor/remove', cookie, { password: given, code });
    expect((await remove('wrong', await codeOf('employee', secret))).status).toBe(401);
    expect((await remove(password, '000000')).status).toBe(401);
    expect((await remove(password, await codeOf('employee', secret))).status).toBe(204);
    expect(await mine(cookie)).toMatchObject({ enabledAt: null, backupCodesLeft: 0 });
    expect((await firstStep(emailOf('employee'))).status).toBe(200);
  });
});

describe('an organization that demands a second factor', () => {
  const put = (cookie: string, settings: object) =>
    world.send('PUT', `${api}/sign-in/settings`, {
      cookie,
      body: { secondFactor: 'optional', secondFactorAfterProvider: false, passwords: 'everybody', ...settings },
    });

  test('shuts everything but setting one up, for whom it asks', async () => {
    await world.database.pool.query('delete from second_factors');
    const admin = await world.signIn(emailOf('admin'));
    expect((await put(admin, { secondFactor: 'admins' })).status).toBe(200);
    const shut = await world.send('GET', `${api}/audit`, { cookie: admin });
    expect(await codeIn(shut)).toBe('second_factor_setup_required');
    expect(await (await world.send('GET', `${api}/me`, { cookie: admin })).json()).toMatchObject({
      mustSetUpSecondFactor: true,
    });
    const employee = await world.signIn(emailOf('employee'));
    expect(await (await world.send('GET', `${api}/me`, { cookie: employee })).json()).toMatchObject({
      mustSetUpSecondFactor: false,
    });
    const { cookie } = await enrol('admin', emailOf('admin'));
    expect((await put(cookie, { secondFactor: 'everybody' })).status).toBe(200);
    const lists = await world.send('GET', `${api}/second-factors?only=missing`, { cookie });
    const { people, missing } = await saidBy<{ people: { userId: string }[]; missing: number }>(lists);
    expect(people.map(({ userId }) => userId)).toEqual(['auditor', 'employee', 'manager', 'operator']);
    expect(missing).toBe(4);
    await put(cookie, {});
    await world.database.pool.query('delete from second_factors');
  });

  test('does not lock out the command line', async () => {
    const admin = await world.signIn(emailOf('admin'));
    await put(admin, { secondFactor: 'everybody' });
    const headers = { authorization: `Bearer ${world.app.authentication.operatorToken}` };
    await world.database.pool.query(`insert into users (id, name, email) values ('local-operator', 'local operator', 'l@o.example')
      on conflict do nothing`);
    await world.database.pool.query(`insert into members (organization_id, user_id, roles)
      values ('world', 'local-operator', '["operator", "admin"]') on conflict do nothing`);
    expect((await world.send('GET', `${api}/audit`, { headers })).status).toBe(200);
    await world.database.pool.query('delete from sign_in_policies');
  });
});

describe('resetting somebody’s second factor', () => {
  const reset = (cookie: string, userId: string) => world.send('DELETE', `${api}/second-factors/${userId}`, { cookie });

  test('is an admin’s, told in the audit trail; then the password alone is enough', async () => {
    await enrol('employee', emailOf('employee'));
    const admin = await world.signIn(emailOf('admin'));
    expect((await reset(await world.signIn(emailOf('manager')), 'employee')).status).toBe(403);
    expect((await reset(admin, 'employee')).status).toBe(204);
    expect((await firstStep(emailOf('employee'))).status).toBe(200);
    expect((await auditOf('second_factor.reset'))[0]).toMatchObject({ outcome: 'allowed' });
    expect((await reset(admin, 'employee')).status).toBe(404);
  });

  test('of an operator is an operator’s; of an admin it needs the permission', async () => {
    const admin = await world.signIn(emailOf('admin'));
    await enrol('operator', emailOf('operator'));
    const { people } = await saidBy<{ people: object[] }>(
      world.send('GET', `${api}/second-factors?only=with`, { cookie: admin }),
    );
    expect(people).toMatchObject([{ userId: 'operator', mayReset: false }]);
    expect((await reset(admin, 'operator')).status).toBe(403);
    const { cookie } = await enrol('admin', emailOf('admin'));
    await world.database.pool.query(`update members set permissions = '[]' where user_id = 'admin'`);
    expect((await reset(cookie, 'admin')).status).toBe(403);
    await world.database.pool.query(`update members set permissions = '["policy"]' where user_id = 'admin'`);
    expect((await reset(cookie, 'admin')).status).toBe(204);
    await world.database.pool.query('delete from second_factors');
  });

  test('of another organization’s person finds nobody', async () => {
    await world.database.pool.query(`insert into organizations (id, name) values ('other', 'Other');
      insert into users (id, name, email) values ('stranger', 'Stranger', 'stranger@other.example');
      insert into members (organization_id, user_id, roles) values ('other', 'stranger', '["employee"]');
      insert into second_factors (user_id, secret, confirmed_at) values ('stranger', 'x', now())`);
    expect((await reset(await world.signIn(emailOf('admin')), 'stranger')).status).toBe(404);
  });
});
