import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProviderConnections, guardedFetch } from './provider-connection.ts';

let server: Server;
let issuer: string;
/** What the provider says of itself, besides who it is. */
let description: Record<string, unknown> = {};
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/elsewhere') return response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    if (request.url === '/large') return response.end('x'.repeat(2 * 1024 * 1024));
    asked++;
    const described = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ ...described, jwks_uri: `${issuer}/keys`, ...description }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const access = (changed: number) => ({ id: 'p', issuer, clientId: 'c', clientSecret: 's', changed });

describe('a provider’s description', () => {
  test('is kept for ten minutes, unless the provider’s settings change', async () => {
    let time = 0;
    const connections = createProviderConnections(() => time);
    await connections.connect(access(1));
    await connections.connect(access(1));
    expect(asked).toBe(1);
    await connections.connect(access(2));
    expect(asked).toBe(2);
    time += 10 * 60_000;
    await connections.connect(access(2));
    expect(asked).toBe(3);
  });

  test('of somebody else is not believed', async () => {
    description = { issuer: 'http://localhost:1' };
    await expect(createProviderConnections().connect(access(1))).rejects.toThrow();
    description = {};
  });
});

describe('what is fetched', () => {
  test('is https, or on this machine where the issuer is', async () => {
    const refused = 'an address without https';
    await expect(guardedFetch(`${issuer}/keys`, {}, { local: false })).rejects.toThrow(refused);
    await expect(guardedFetch('http://169.254.169.254/keys', {}, { local: true })).rejects.toThrow(refused);
    await expect(guardedFetch('file:///etc/passwd', {}, { local: true })).rejects.toThrow(refused);
    expect((await guardedFetch(`${issuer}/keys`, {}, { local: true })).status).toBe(200);
  });

  test('leads nowhere else, and has an end', async () => {
    expect((await guardedFetch(`${issuer}/elsewhere`, {}, { local: true })).status).toBe(302);
    await expect(guardedFetch(`${issuer}/large`, {}, { local: true })).rejects.toThrow('larger than 1 MiB');
  });
});
