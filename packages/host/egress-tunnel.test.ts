import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EgressServer, serveEgress } from './egress-server.ts';
import { createEgressTunnel, type EgressTunnelOptions, tunnelBounds } from './egress-tunnel.ts';

let folder: string;
let pipe: EgressServer | undefined;
let echo: Server;
let port: number;
const asked: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-tunnel-'));
  asked.length = 0;
  echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  ({ port } = echo.address() as AddressInfo);
});
afterEach(async () => {
  await pipe?.close();
  echo.close();
  await rm(folder, { recursive: true });
});

async function serve(options: Partial<EgressTunnelOptions> = {}): Promise<void> {
  const tunnel = createEgressTunnel({
    mayConnect: async (host, to) => {
      asked.push(`${host}:${to}`);
      return true;
    },
    ...options,
  });
  pipe = await serveEgress(folder, (_request, response) => response.end('model'), tunnel);
}

function open(target: string) {
  const socket = connect({ path: join(folder, 'out.sock'), allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  return socket;
}

test('carries bytes both ways to a host that the tenant may reach, and ends when either side does', async () => {
  await serve({ allowPrivateAddresses: true });
  const socket = open(`localhost:${port}`);
  expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
  socket.end('hello');
  expect(await text(socket)).toBe('hello');
  expect(asked).toEqual([`localhost:${port}`]);
});

test('a host that the tenant may not reach is refused, with what to do, and nothing is connected', async () => {
  let connections = 0;
  echo.on('connection', () => {
    connections += 1;
  });
  await serve({ allowPrivateAddresses: true, mayConnect: async () => false });
  expect(await text(open(`LOCALHOST:${port}`))).toMatch(
    /^HTTP\/1\.1 403 Forbidden[\s\S]*may not reach localhost\..*request access/u,
  );
  expect(connections).toBe(0);
});

test.each(['127.0.0.1:443', '[::1]:443', '169.254.169.254:443', 'example.com:22', 'example.com:80'])(
  '%s is refused before anybody is asked: an address, or no HTTPS',
  async (target) => {
    await serve();
    expect(await text(open(target))).toMatch(/^HTTP\/1\.1 403 /u);
    expect(asked).toEqual([]);
  },
);

test('a name that leads into the own network is refused although the tenant may reach the name', async () => {
  await serve();
  expect(await text(open('localhost:443'))).toMatch(/^HTTP\/1\.1 403 [\s\S]*not on the public internet/u);
  expect(asked).toEqual(['localhost:443']);
});

test.each(['nothing', ':443', 'a b:443', 'example.com:0', 'example.com:70000', `${'a'.repeat(300)}:443`])(
  '%s is no target',
  async (target) => {
    await serve();
    expect(await text(open(target))).toMatch(/^HTTP\/1\.1 400 /u);
  },
);

test('an open tunnel ends when the tenant may not reach the host any more', async () => {
  let allowed = true;
  await serve({ allowPrivateAddresses: true, againMs: 20, mayConnect: async () => allowed });
  const socket = open(`localhost:${port}`);
  await once(socket, 'data');
  allowed = false;
  expect(await text(socket)).toBe('');
});

test('who hangs up while the host is being connected leaves no connection behind', async () => {
  const connections: Socket[] = [];
  echo.on('connection', (socket) => connections.push(socket));
  const held = Promise.withResolvers<boolean>();
  await serve({ allowPrivateAddresses: true, mayConnect: () => held.promise });
  const socket = open(`localhost:${port}`);
  await once(socket, 'connect');
  socket.destroy();
  await once(socket, 'close');
  held.resolve(true);
  // Another one, so that there is something to wait for.
  const other = open(`localhost:${port}`);
  await once(other, 'data');
  await expect.poll(() => connections.filter(({ destroyed }) => !destroyed).length, { timeout: 10_000 }).toBe(1);
  other.destroy();
});

test('one that asks again and again is told to wait', async () => {
  await serve({ allowPrivateAddresses: true, mayConnect: async () => false });
  for (let time = 0; time < tunnelBounds.perMinute; time++) await text(open(`localhost:${port}`));
  expect(await text(open(`localhost:${port}`))).toMatch(/^HTTP\/1\.1 429 /u);
});

test('a host that does not answer is told as such', async () => {
  await serve({ allowPrivateAddresses: true });
  echo.close();
  expect(await text(open(`localhost:${port}`))).toMatch(/^HTTP\/1\.1 502 [\s\S]*cannot be reached/u);
});

test('one tenant has so many tunnels and no more, until one ends', async () => {
  await serve({ allowPrivateAddresses: true });
  const sockets = await Promise.all(
    Array.from({ length: tunnelBounds.tunnels }, async () => {
      const socket = open(`localhost:${port}`);
      await once(socket, 'data');
      return socket;
    }),
  );
  expect(await text(open(`localhost:${port}`))).toMatch(/^HTTP\/1\.1 429 /u);
  sockets[0]?.destroy();
  await expect
    .poll(
      async () => {
        const socket = open(`localhost:${port}`);
        const [answer] = await once(socket, 'data');
        socket.destroy();
        return String(answer);
      },
      { timeout: 10_000 },
    )
    .toMatch(/^HTTP\/1\.1 200 /u);
  for (const socket of sockets) socket.destroy();
});

test('a pipe without tunnels refuses CONNECT', async () => {
  pipe = await serveEgress(folder, (_request, response) => response.end('model'));
  expect(await text(open('example.com:443'))).toMatch(/^HTTP\/1\.1 403 /u);
});
