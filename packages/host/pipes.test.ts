import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, NetConnectOpts, Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Pipes {
  offerGateway(socketPath: string, port: number): Server;
  offerEgress(socketPath: string, port: number): Server;
}
const pipes = (await import(new URL('guest/pipes.mjs', import.meta.url).href)) as Pipes;

let folder: string;
let open: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-pipes-'));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
  await rm(folder, { recursive: true });
});

async function listening(server: Server, address: { path: string } | { port: number }): Promise<Server> {
  open.push(server);
  await new Promise<void>((resolve) =>
    server.listen('port' in address ? { ...address, host: '127.0.0.1' } : address, resolve),
  );
  return server;
}

/** Answers only when the other side has finished sending: what needs half-open connections. */
const lateAnswer = () =>
  createServer({ allowHalfOpen: true }, (socket) => {
    void text(socket).then((said) => socket.end(`heard ${said}`));
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function say(to: { path: string } | { port: number }, words: string): Promise<string> {
  const options: NetConnectOpts = { ...to, allowHalfOpen: true };
  const socket = connect(options);
  socket.end(words);
  return text(socket);
}

test('in: a caller who comes before the gateway waits for it, and hears its answer after having finished', async () => {
  const port = await freePort();
  const path = join(folder, 'in.sock');
  open.push(pipes.offerGateway(path, port));
  await new Promise((resolve) => open[0]?.once('listening', resolve));
  const answer = say({ path }, 'hello');
  await listening(lateAnswer(), { port });
  expect(await answer).toBe('heard hello');
});

test('out: what is said to the port reaches the host’s socket', async () => {
  const port = await freePort();
  const path = join(folder, 'out.sock');
  await listening(lateAnswer(), { path });
  const server = pipes.offerEgress(path, port);
  open.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await say({ port }, 'model call')).toBe('heard model call');
});

test('an end that breaks on one side breaks the other', async () => {
  const port = await freePort();
  const path = join(folder, 'in.sock');
  const reset = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await listening(reset, { port });
  const server = pipes.offerGateway(path, port);
  open.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const socket = connect(path);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('hello');
  await closed;
});
