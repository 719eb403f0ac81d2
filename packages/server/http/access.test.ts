import { type Route, routes } from '@clawpool/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareInstallation } from '../organization/first-start-service.ts';
import { insertApiKey } from '../testing/api-keys.ts';
import { emailOf, type HttpWorld, startHttpWorld, worldPassword } from '../testing/http-world.ts';
import { accessCases } from '../testing/route-access.ts';

let world: HttpWorld;
let apiKey: string;
const cookies = new Map<string, string>();
beforeAll(async () => {
  world = await startHttpWorld();
  for (const role of ['operator', 'admin', 'manager', 'employee', 'auditor'] as const) {
    cookies.set(role, await world.signIn(emailOf(role)));
  }
  apiKey = await insertApiKey(world.database, { organizationId: 'world', tenants: [] });
});
afterAll(() => world.close());

describe('access to every route of the contracts', () => {
  test.each(accessCases())('$name: $role, allowed $allowed', async ({ name, method, path, role, allowed }) => {
    world.reached.length = 0;
    const response = await world.send(method, path, { cookie: cookies.get(role) ?? '', ...bodyOf(name) });
    if (allowed) {
      expect([401, 403]).not.toContain(response.status);
    } else {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: 'not_allowed', hint: expect.any(String) } });
      expect(world.reached).toEqual([]);
    }
  });

  const closed = (Object.entries(routes) as [keyof typeof routes, Route][]).filter(
    ([, { access }]) => access !== 'public',
  );

  test.each(closed)('%s needs somebody who is signed in', async (name, { method, path }) => {
    world.reached.length = 0;
    const response = await world.send(method, `/api/v1${path}`, bodyOf(name));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'not_signed_in' } });
    expect(world.reached).toEqual([]);
  });

  test.each(closed)('%s with an API key: only where the table says so', async (name, { method, path, access }) => {
    world.reached.length = 0;
    await world.database.pool.query('delete from rate_limits');
    const filled = `/api/v1${path.replace(/:\w+/g, 'nothing')}`;
    const headers = { authorization: `Bearer ${apiKey}` };
    const response = await world.send(method, filled, { headers, ...bodyOf(name) });
    if (access === 'api-key') {
      expect([401, 403]).not.toContain(response.status);
    } else {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: 'not_allowed' } });
      expect(world.reached).toEqual([]);
    }
  });

  test('refuses a token that is not the operator’s, and a cookie next to it does not help', async () => {
    const cookie = await world.signIn(emailOf('admin'));
    const response = await world.send('GET', '/api/v1/me', { cookie, headers: { authorization: 'Bearer guess' } });
    expect(response.status).toBe(401);
  });

  test('lets the operator token act as the local operator', async () => {
    const fresh = await startHttpWorld();
    await fresh.database.pool.query('delete from members; delete from organizations');
    await prepareInstallation(fresh.database.db, { demo: false });
    const headers = { authorization: `Bearer ${fresh.app.authentication.operatorToken}` };
    const response = await fresh.send('GET', '/api/v1/me', { headers });
    expect(await response.json()).toMatchObject({ name: 'local operator', roles: ['operator', 'admin'] });
    await fresh.close();
  });
});

/** A body that fits where a route wants one, so that access alone decides. */
function bodyOf(name: keyof typeof routes): { body?: unknown } {
  const bodies: Partial<Record<keyof typeof routes, unknown>> = {
    signIn: { email: emailOf('admin'), password: worldPassword },
    changePassword: { currentPassword: worldPassword, newPassword: worldPassword },
    startConversation: {},
    sendMessage: { text: 'hello', clientMessageId: 'client-message' },
  };
  const body = bodies[name];
  return body === undefined ? {} : { body };
}
