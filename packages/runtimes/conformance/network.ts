import { once } from 'node:events';
import { rm, symlink } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { connectToRuntime } from '../launch/connect.ts';
import type { TestPool } from './pool.ts';

export function describeSockets(pool: () => TestPool): void {
  describe('the two pipes', () => {
    it('lets the host reach a server inside through in.sock', async () => {
      const tenant = await pool().tenant();
      const serve = `require('node:net').createServer((socket) => socket.end('from inside')).listen('${tenant.place.socketFolder}/in.sock')`;
      const runtime = await tenant.start(tenant.nodeCommand(serve));
      expect(await vi.waitFor(() => readAll(tenant.spec.socketFolder), { timeout: 20_000 })).toBe('from inside');
      await runtime.stop(0);
    });

    it('lets the command reach a server of the host through out.sock', async () => {
      const tenant = await pool().tenant();
      const server = createServer((socket) => socket.end('from the host'));
      await listening(server, join(tenant.spec.socketFolder, 'out.sock'));
      const read = `require('node:net').connect('${tenant.place.socketFolder}/out.sock').pipe(process.stdout)`;
      expect((await tenant.node(read)).output).toBe('from the host');
      server.close();
    });

    it('lets the command listen on the two loopback ports of its place', async () => {
      const tenant = await pool().tenant();
      const { gatewayPort, egressPort } = tenant.place;
      const serve = `
        const { connect, createServer } = require('node:net');
        const echo = (port) => new Promise((resolve) => {
          const server = createServer((socket) => socket.end()).listen(port, '127.0.0.1', () =>
            connect(port, '127.0.0.1', () => { server.close(); resolve(); }).resume());
        });
        echo(${gatewayPort}).then(() => echo(${egressPort})).then(() => console.log('both'));`;
      expect((await tenant.node(serve)).output).toBe('both\n');
    });

    it('is not led to another socket of the host by a link in place of in.sock', async () => {
      const tenant = await pool().tenant();
      const elsewhere = join(pool().folder, 'elsewhere.sock');
      const server = createServer((socket) => socket.end('secret'));
      await listening(server, elsewhere);
      await symlink(elsewhere, join(tenant.spec.socketFolder, 'in.sock'));
      await expect(connectToRuntime(tenant.spec.socketFolder)).rejects.toMatchObject({ code: 'ENOTSOCK' });
      await rm(join(tenant.spec.socketFolder, 'in.sock'));
      server.close();
    });
  });
}

export function describeNetwork(pool: () => TestPool): void {
  describe('no network', () => {
    it('cannot open a TCP connection to anything of the host, to another tenant, or to the metadata address', async () => {
      const server = createServer((socket) => socket.on('error', () => {}).end('reached'));
      await listening(server, 0);
      const { port } = server.address() as AddressInfo;
      const hosts = ['127.0.0.1', '::1', ...ownAddresses()];
      const reachable = (await Promise.all(hosts.map((host) => reaches(host, port)))).filter(
        (host) => host !== undefined,
      );
      expect(reachable, 'the host itself reaches its listener').toContain('127.0.0.1');

      const other = await pool().tenant();
      const listen = `require('node:net').createServer().listen(${other.place.gatewayPort}, () => console.log('up'))`;
      const running = await other.start(other.nodeCommand(listen));
      await vi.waitFor(async () => expect(await other.output()).toContain('up'), { timeout: 20_000 });

      const targets = [...reachable.map((host) => [host, port]), ['169.254.169.254', 80]];
      targets.push(['127.0.0.1', other.place.gatewayPort], ['10.0.0.1', 443], ['1.1.1.1', 443]);
      const tenant = await pool().tenant();
      const { output } = await tenant.node(tryAll(targets));
      const results = JSON.parse(output) as string[];
      expect(results).toHaveLength(targets.length);
      for (const result of results) expect(result).toMatch(/ECONNREFUSED|ENETUNREACH|EADDRNOTAVAIL|EHOSTUNREACH/);
      await running.stop(0);
      server.close();
    });

    it('sees no network interface but its own loopback', async () => {
      const tenant = await pool().tenant();
      const { output } = await tenant.node('console.log(Object.keys(require("node:os").networkInterfaces()).join())');
      expect(output).toBe('lo\n');
    });

    it('cannot reach an abstract Unix socket of the host', async () => {
      const name = `\0clawpool-${crypto.randomUUID()}`;
      const server = createServer((socket) => socket.end('reached'));
      await listening(server, name);
      const tenant = await pool().tenant();
      const { output } = await tenant.node(
        `require('node:net').connect(${JSON.stringify({ path: name })}).on('error', (error) => console.log(error.code)).pipe(process.stdout)`,
      );
      expect(output).toBe('ECONNREFUSED\n');
      server.close();
    });
  });
}

function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.filter((each) => !each.internal && !each.address.startsWith('fe80')).map((each) => each.address);
}

async function listening(server: Server, where: string | number): Promise<void> {
  server.listen(typeof where === 'number' ? { port: where, host: '::', ipv6Only: false } : where);
  await once(server, 'listening').catch(() => once(server.listen(0, '0.0.0.0'), 'listening')); // a machine without IPv6
}

function reaches(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => resolve(host));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(undefined));
  });
}

async function readAll(socketFolder: string): Promise<string> {
  const socket = await connectToRuntime(socketFolder);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

function tryAll(targets: readonly (readonly (string | number)[])[]): string {
  return `
    const { connect } = require('node:net');
    const attempt = ([host, port]) => new Promise((resolve) => {
      const socket = connect(port, host, () => resolve(host + ' reached'));
      socket.on('error', (error) => resolve(host + ' ' + error.code));
    });
    Promise.all(${JSON.stringify(targets)}.map(attempt)).then((results) => { console.log(JSON.stringify(results)); process.exit(); });`;
}
