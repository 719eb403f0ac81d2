import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClawpoolError, tenantRoutes } from '@clawpool/contracts';
import { afterEach, expect, test } from 'vitest';
import { emailOf, type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import { registerRoutes } from './register.ts';
import type { EventStream } from './sse.ts';

const { tenantEvents } = tenantRoutes;
type Event = { type: 'snapshot' };
const snapshot: Event = { type: 'snapshot' };

let world: HttpWorld;
let streams: EventStream<Event>[] = [];
afterEach(() => world.close());

async function start(
  follow: (stream: EventStream<Event>) => void | Promise<void>,
  heartbeatMs = 15_000,
): Promise<string> {
  streams = [];
  world = await startHttpWorld({
    heartbeatMs,
    register: (app) =>
      registerRoutes(
        app,
        { tenantEvents },
        {
          tenantEvents: (_request, stream) => {
            streams.push(stream);
            return follow(stream);
          },
        },
      ),
  });
  return world.signIn(emailOf('admin'));
}

const open = (cookie: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(`${world.url}/api/v1/tenants/events`, { headers: { cookie } }, resolve).on('error', reject);
  });

/** Everything until the server ends the stream. */
async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

const ended = (stream: EventStream<Event> | undefined) =>
  new Promise<void>((resolve) => {
    if (!stream || stream.signal.aborted) resolve();
    else stream.signal.addEventListener('abort', () => resolve());
  });

test('sends events as they come, each one JSON value of the route’s shape', async () => {
  const cookie = await start((stream) => stream.send({ ...snapshot, secret: 'not in the shape' } as Event));
  const response = await open(cookie);
  expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(response.headers['cache-control']).toBe('no-store, no-transform');
  expect(response.headers['content-security-policy']).toContain("default-src 'self'");
  streams[0]?.send(snapshot);
  streams[0]?.end();
  const line = 'data: {"type":"snapshot"}\n\n';
  expect(await readAll(response)).toBe(line + line);
});

test('keeps the connection alive with comments', async () => {
  const cookie = await start((stream) => stream.send(snapshot), 20);
  const response = await open(cookie);
  for await (const chunk of response.setEncoding('utf8')) if (String(chunk).includes(':\n\n')) break;
  await ended(streams[0]);
});

test('an error before the first event is an ordinary error', async () => {
  const cookie = await start(() => {
    throw new ClawpoolError('not_found', 'There is no such thing.');
  });
  const response = await open(cookie);
  expect(response.statusCode).toBe(404);
  expect(JSON.parse(await readAll(response))).toMatchObject({ error: { code: 'not_found' } });
});

test('ends when the session is over', async () => {
  const cookie = await start((stream) => stream.send(snapshot), 20);
  const response = await open(cookie);
  await world.send('DELETE', '/api/v1/session', { cookie });
  await readAll(response);
  expect(streams[0]?.signal.aborted).toBe(true);
});

test('ends when the session expires, which looking at it does not put off', async () => {
  const cookie = await start((stream) => stream.send(snapshot), 20);
  const response = await open(cookie);
  await world.database.pool.query(`update sessions set expires_at = now() + interval '1 second'`);
  await readAll(response);
  const { rows } = await world.database.pool.query(
    'select count(*)::int as alive from sessions where expires_at > now()',
  );
  expect(rows).toEqual([{ alive: 0 }]);
});

test('ends when the server closes', async () => {
  const cookie = await start((stream) => stream.send(snapshot));
  const response = await open(cookie);
  const text = readAll(response);
  await world.app.fastify.close();
  expect(await text).toContain('snapshot');
});

test('tells its source when the reader is gone', async () => {
  const cookie = await start((stream) => stream.send(snapshot));
  const response = await open(cookie);
  response.destroy();
  await ended(streams[0]);
  expect(world.app.openStreams.size).toBe(0);
});

test('lets go of a reader that does not read, instead of keeping everything for it', async () => {
  const cookie = await start((stream) => stream.send(snapshot));
  const response = await open(cookie);
  response.pause();
  const large = { type: 'gone', tenantId: 'x'.repeat(100_000) } as unknown as Event;
  while (!streams[0]?.signal.aborted) {
    streams[0]?.send(large);
    await sleep(0);
  }
  response.on('error', () => {});
});

test('a reader that reads gets an event of any size', async () => {
  const large = { type: 'gone', tenantId: 'x'.repeat(12 * 1024 * 1024) } as unknown as Event;
  const cookie = await start((stream) => {
    stream.send(large);
    stream.end();
  });
  expect((await readAll(await open(cookie))).length).toBeGreaterThan(12 * 1024 * 1024);
});

test('an event that does not have the shape ends the stream, and nothing else', async () => {
  const cookie = await start((stream) => stream.send(snapshot));
  const response = await open(cookie);
  streams[0]?.send({ type: 'nonsense' } as unknown as Event);
  await readAll(response);
  expect(world.log.some((line) => line.includes('does not have the route’s shape'))).toBe(true);
  expect((await world.send('GET', '/healthz')).status).toBe(200);
});
