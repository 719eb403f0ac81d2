import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EgressServer } from './egress-server.ts';
import { egressBounds, serveEgress } from './egress-server.ts';

let folder: string;
let server: EgressServer;
let served: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-egress-'));
  served = 0;
  server = await serveEgress(folder, (request, response) => {
    served += 1;
    void text(request).then((body) => response.end(`got ${body}`));
  });
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const open = () => connect(join(folder, 'out.sock'));

/** Sends raw bytes and reads until the other side hangs up. */
function exchange(bytes: string): Promise<string> {
  const socket = open();
  socket.on('error', () => {});
  socket.write(bytes);
  return text(socket);
}

test('a model call reaches the model gateway', async () => {
  const answer = await exchange('POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi');
  expect(answer).toMatch(/^HTTP\/1\.1 200 /u);
  expect(answer).toContain('got hi');
});

test('what an MCP client asks passes with its bearer: bodies that say how long they are, and none', async () => {
  await server.close();
  const seen: string[] = [];
  server = await serveEgress(folder, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(202, { connection: 'close' }).end();
  });
  const head = (method: string, more = '') =>
    `${method} /mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n${more}\r\n`;
  for (const bytes of [`${head('POST', 'Content-Length: 2\r\n')}hi`, head('GET'), head('DELETE')]) {
    expect(await exchange(bytes)).toMatch(/^HTTP\/1\.1 202 /u);
  }
  expect(seen).toEqual(['POST /mcp Bearer t', 'GET /mcp Bearer t', 'DELETE /mcp Bearer t']);
});

test.each([
  ['does not say how long it is', 'Transfer-Encoding: chunked', 411],
  ['is longer than any prompt', `Content-Length: ${egressBounds.bodyBytes + 1}`, 413],
])('a request that %s is refused before it is read', async (_, header, status) => {
  const answer = await exchange(`POST /v1/x HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
  expect(answer).toContain(`HTTP/1.1 ${status} `);
  expect(served).toBe(0);
});

test('endless headers are cut off', async () => {
  const answer = await exchange(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(egressBounds.headerBytes)}`);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /u);
  expect(served).toBe(0);
});

test('a tunnel to elsewhere is not offered', async () => {
  await exchange('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n');
  expect(served).toBe(0);
});

test('a tenant has a bounded number of connections; closing one makes room again', async () => {
  const isRefused = (socket: Socket) =>
    new Promise<boolean>((resolve) => {
      socket.on('error', () => {});
      socket.on('close', () => resolve(true));
      socket.on('data', () => resolve(false));
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    });
  const sockets = Array.from({ length: egressBounds.connections }, open);
  expect(await Promise.all(sockets.map(isRefused))).not.toContain(true);
  expect(await isRefused(open())).toBe(true);
  sockets[0]?.destroy();
  let refused = true;
  while (refused) refused = await isRefused(open());
  for (const socket of sockets) socket.destroy();
});
