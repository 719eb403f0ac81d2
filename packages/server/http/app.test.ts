import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRoutes, ClawpoolError, conversationRoutes, errorBody, type Route, routes } from '@clawpool/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../store/testing.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import { createHttpApp } from './app.ts';
import { registerRoutes } from './register.ts';

let world: HttpWorld;
let cookie: string;
let consoleFolder: string;
/** What the route `listConversations` does, set by each test that uses it. */
let behave: () => unknown = () => ({ conversations: [], more: false });

beforeAll(async () => {
  consoleFolder = await mkdtemp(join(tmpdir(), 'clawpool-console-'));
  await mkdir(join(consoleFolder, 'assets'));
  await writeFile(join(consoleFolder, 'index.html'), '<!doctype html><title>Console</title>');
  await writeFile(join(consoleFolder, 'assets', 'main-4f2a.js'), 'export {};');
  world = await startHttpWorld({
    consoleFolder,
    register: (app) =>
      registerRoutes(
        app,
        { listConversations: conversationRoutes.listConversations },
        { listConversations: () => behave() as { conversations: []; more: boolean } },
      ),
  });
  cookie = await world.signIn(emailOf('admin'));
});
afterAll(async () => {
  await world.close();
  await rm(consoleFolder, { recursive: true });
});

const errorOf = async (response: Response) => errorBody.parse(await response.json()).error;
const fail = async (error: unknown) => {
  behave = () => {
    throw error;
  };
  return world.send('GET', '/api/v1/conversations', { cookie });
};

describe('an error', () => {
  test('has the envelope with the request’s id, which the log has too', async () => {
    const response = await fail(new ClawpoolError('conflict', 'Somebody was faster.', 'Load it again.'));
    expect(response.status).toBe(409);
    const { requestId, ...error } = await errorOf(response);
    expect(error).toEqual({ code: 'conflict', message: 'Somebody was faster.', hint: 'Load it again.' });
    expect(response.headers.get('x-request-id')).toBe(requestId);
    expect(world.log.some((line) => line.includes(requestId))).toBe(true);
  });

  test('that nobody foresaw says nothing about the inside, and stands whole in the log', async () => {
    const response = await fail(new TypeError('secret of /srv/inside'));
    const body = await response.text();
    expect(response.status).toBe(500);
    expect(body).not.toContain('secret');
    expect(JSON.parse(body).error.code).toBe('internal');
    expect(world.log.some((line) => line.includes('secret of /srv/inside'))).toBe(true);
  });

  test('never contains what does not belong into the answer', async () => {
    behave = () => ({ conversations: [], more: false, password: 'leaked' });
    const response = await world.send('GET', '/api/v1/conversations', { cookie });
    expect(await response.json()).toEqual({ conversations: [], more: false });
  });

  test.each([
    ['a full disk', Object.assign(new Error('write'), { code: 'ENOSPC' }), 507, 'storage_full'],
    [
      'a full disk of the database',
      new Error('query', { cause: Object.assign(new Error('x'), { code: '53100' }) }),
      507,
      'storage_full',
    ],
    ['a database that is shutting down', Object.assign(new Error('x'), { code: '57P01' }), 503, 'unavailable'],
    ['a database that went away', new Error('Connection terminated unexpectedly'), 503, 'unavailable'],
  ])('names %s', async (_what, error, status, code) => {
    const response = await fail(error);
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject({ code, hint: expect.any(String) });
  });

  test('413: a message of 2 MB', async () => {
    const response = await world.send('POST', '/api/v1/conversations/c/messages', {
      cookie,
      body: { text: 'x'.repeat(2 * 1024 * 1024), clientMessageId: 'client-message' },
    });
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toMatchObject({ code: 'too_large', hint: expect.any(String) });
  });

  test.each([
    ['broken JSON', { body: '{"text":' }],
    [
      'a body of another kind',
      { body: 'text=hello', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['plain text', { body: '{}', headers: { 'content-type': 'text/plain' } }],
    ['a field that is missing', { body: { text: 'hello' } }],
    ['a field of another type', { body: { text: 5, clientMessageId: 'client-message' } }],
    ['nothing', {}],
  ])('400: %s', async (_what, options) => {
    const response = await world.send('POST', '/api/v1/conversations/c/messages', { cookie, ...options });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe('invalid_request');
  });

  test('400: an address that cannot be decoded', async () => {
    const response = await world.send('GET', '/api/v1/conversations/%ZZ', { cookie });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe('invalid_request');
  });

  test('400: a character the database cannot store', async () => {
    const response = await world.send('GET', '/api/v1/audit?search=%00', { cookie });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe('invalid_request');
  });

  test.each([
    ['GET', '/api/v1/nothing'],
    ['GET', '/api'],
    ['POST', '/somewhere'],
    ['PATCH', '/api/v1/me'],
    ['GET', '/assets/missing.js'],
  ])('404: %s %s', async (method, path) => {
    const response = await world.send(method, path, { cookie });
    expect(response.status).toBe(404);
    expect((await errorOf(response)).code).toBe('not_found');
  });
});

describe('the log', () => {
  test('has one line for a request, without the query and without what signs people in', async () => {
    world.log.length = 0;
    const response = await world.send('GET', '/api/v1/audit?search=private', { cookie });
    const id = response.headers.get('x-request-id') ?? '';
    await world.send('POST', '/api/v1/session', { body: { email: emailOf('admin'), password: 'hunter2-hunter2' } });
    const lines = world.log.filter((line) => line.includes(id)).map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { requestId: id, method: 'GET', path: '/api/v1/audit', status: 200, userId: 'admin' },
    ]);
    const everything = world.log.join('');
    for (const secret of ['private', 'hunter2', cookie.split('=')[1] ?? '', 'session_token'])
      expect(everything).not.toContain(secret);
  });

  test('hides secrets that somebody logs by name', () => {
    world.app.fastify.log.info(
      { password: 'p1', request: { headers: { cookie: 'c1', authorization: 'a1' } } },
      'careless',
    );
    expect(world.log.at(-1)).toContain('careless');
    expect(world.log.at(-1)).not.toMatch(/p1|c1|a1/);
  });
});

describe('the description of the API', () => {
  test('is valid OpenAPI 3.1', async () => {
    const document = (await (await world.send('GET', '/api/openapi.json')).json()) as Record<string, unknown>;
    const validator = new Validator();
    expect(await validator.validate(document)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('names every route, with who may call it, its errors, and event streams as such', async () => {
    const { paths } = (await (await world.send('GET', '/api/openapi.json')).json()) as {
      paths: Record<
        string,
        Record<string, { operationId: string; security: unknown[]; responses: Record<string, { content?: object }> }>
      >;
    };
    for (const [name, route] of Object.entries(routes) as [string, Route][]) {
      const operation = paths[`/api/v1${route.path.replace(/:(\w+)/g, '{$1}')}`]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      expect(operation?.security.length === 0).toBe(route.access === 'public');
      expect(operation?.responses).toHaveProperty('500');
      const content = operation?.responses[String(route.status ?? 200)]?.content ?? {};
      expect(Object.keys(content)).toEqual(
        route.events
          ? ['text/event-stream']
          : route.download
            ? [route.download]
            : route.response
              ? ['application/json']
              : [],
      );
    }
  });

  test('has a page for people, whose parts all come from here', async () => {
    const redirect = await world.send('GET', '/api/docs');
    const page = await (redirect.status === 302
      ? await world.send('GET', redirect.headers.get('location') ?? '')
      : redirect
    ).text();
    const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part ?? '');
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) {
      const { origin, pathname } = new URL(part, `${world.url}/api/docs${redirect.status === 302 ? '/' : ''}`);
      expect(origin).toBe(world.url);
      expect((await world.send('GET', pathname)).status).toBe(200);
    }
    expect(page).not.toMatch(/<script>|style="/);
  });
});

describe('every answer', () => {
  test.each(['/', '/api/v1/me', '/api/v1/nothing', '/api/docs', '/healthz'])(
    '%s tells the browser to trust nothing else',
    async (path) => {
      const { headers } = await world.send('GET', path);
      expect(headers.get('content-security-policy')).toContain("script-src 'self';");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
    },
  );

  test('of the API is never stored', async () => {
    expect((await world.send('GET', '/api/v1/me', { cookie })).headers.get('cache-control')).toBe('no-store');
  });
});

describe('the console', () => {
  test.each(['/', '/chat', '/chat/some-conversation', '/assets/', '/assets'])(
    'answers %s with its page, which is asked for anew each time',
    async (path) => {
      const response = await world.send('GET', path, { headers: { accept: 'text/html' } });
      expect(await response.text()).toContain('<title>Console</title>');
      expect(response.headers.get('cache-control')).toBe('no-cache');
    },
  );

  test('lets browsers keep files whose name is a hash of what they hold', async () => {
    const response = await world.send('GET', '/assets/main-4f2a.js');
    expect(response.headers.get('content-type')).toContain('javascript');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test.each(['/../secret.key', '/%2e%2e/secret.key', '/assets/..%2f..%2fsecret.key'])(
    'does not lead out of its folder: %s',
    async (path) => {
      const response = await world.send('GET', path);
      expect(await response.text()).not.toMatch(/^[\w-]{43}\n?$/);
      expect(response.headers.get('content-type')).toMatch(/json|html/);
    },
  );
});

describe('monitoring', () => {
  test('says that it lives and that it is ready', async () => {
    expect((await world.send('GET', '/healthz')).status).toBe(200);
    expect(await (await world.send('GET', '/readyz')).json()).toEqual({ status: 'ready' });
  });

  test('gives metrics to this machine, by the route’s pattern', async () => {
    const metrics = await (await world.send('GET', '/metrics')).text();
    expect(metrics).toContain('route="/api/v1/conversations/:conversationId/messages"');
    expect(metrics).toContain('process_cpu_seconds_total');
  });

  test('gives metrics to others only with the operator token', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9' };
    expect((await world.send('GET', '/metrics', { headers: forwarded })).status).toBe(401);
    const authorization = `Bearer ${world.app.authentication.operatorToken}`;
    expect((await world.send('GET', '/metrics', { headers: { ...forwarded, authorization } })).status).toBe(200);
  });

  test('is not ready while it drains or the database is away', async () => {
    const other = await startHttpWorld();
    const { pool } = other.database;
    const query = pool.query;
    pool.query = (() => Promise.reject(new Error('Connection terminated'))) as never;
    expect(await (await other.send('GET', '/readyz')).json()).toEqual({ status: 'database_unreachable' });
    pool.query = query;
    other.app.drain();
    const draining = await other.send('GET', '/readyz');
    expect(draining.status).toBe(503);
    expect(await draining.json()).toEqual({ status: 'draining' });
    await other.close();
  });
});

test('a server whose contracts name a route without a handler does not start', async () => {
  const database = await createTestDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'clawpool-http-'));
  const app = await createHttpApp({ database, dataFolder, version: '0', logger: false });
  await expect(app.fastify.listen({ port: 0, host: '127.0.0.1' })).rejects.toThrow(
    /without a handler: .*conversationEvents/,
  );
  expect(app.registered).toContain(Object.keys(auditRoutes)[0]);
  await app.fastify.close();
  await database.close();
  await rm(dataFolder, { recursive: true });
});
