import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ipaddr from 'ipaddr.js';

export interface EgressTunnelOptions {
  /** Whether the tenant may connect there; what is not HTTPS is refused before it is asked. */
  mayConnect: (host: string, port: number, open: boolean) => Promise<boolean>;
  /** Milliseconds after which an open one is asked about again; `tunnelBounds.againMs` unless given. */
  againMs?: number;
  /** Also to addresses of this machine and of private networks, and to any port. */
  allowPrivateAddresses?: boolean;
}

/** What one tenant may occupy by its tunnels. */
export const tunnelBounds = {
  tunnels: 16,
  /** Asked for, allowed or not: each is a question to the control plane and an entry in the audit log. */
  perMinute: 120,
  connectMs: 10_000,
  idleMs: 300_000,
  againMs: 15_000,
} as const;

/**
 * Answers HTTP CONNECT (RFC 9110, section 9.3.6) on a tenant's out pipe: the way out for what it may reach, byte by byte and unread. Names
 * are resolved here and the connection goes to an address that was looked at, so that no name leads into the organization's own network.
 */
export function createEgressTunnel({
  mayConnect,
  allowPrivateAddresses = false,
  againMs = tunnelBounds.againMs,
}: EgressTunnelOptions) {
  let open = 0;
  let minute = { began: 0, asked: 0 };

  function isTooOften(): boolean {
    const now = Date.now();
    if (now - minute.began > 60_000) minute = { began: now, asked: 0 };
    minute.asked += 1;
    return minute.asked > tunnelBounds.perMinute;
  }

  /** A grant that has ended ends what is open as well; while nobody can say, it goes on. */
  function askAgain(client: Duplex, host: string, port: number): void {
    const timer = setInterval(() => {
      mayConnect(host, port, true).then(
        (may) => void (may || client.destroy()),
        () => undefined,
      );
    }, againMs).unref();
    client.once('close', () => clearInterval(timer));
  }

  return async (request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> => {
    client.on('error', () => client.destroy());
    const target = targetOf(request.url ?? '');
    if (!target) return refuse(client, 400, 'CONNECT needs host:port.');
    const { host, port } = target;
    if (!allowPrivateAddresses && (port !== 443 || ipaddr.isValid(host))) {
      return refuse(client, 403, `Agents reach hosts by name and HTTPS only (port 443), not ${host}:${port}.`);
    }
    if (open >= tunnelBounds.tunnels) return refuse(client, 429, 'This agent has too many connections. Close some.');
    if (isTooOften()) return refuse(client, 429, 'This agent asks for too many connections. Wait a minute.');
    open += 1;
    client.once('close', () => {
      open -= 1;
    });
    try {
      if (!(await mayConnect(host, port, false))) {
        return refuse(
          client,
          403,
          `This agent may not reach ${host}. Its person can ask for it: request access to the host ${host}.`,
        );
      }
      const address = await addressOf(host, allowPrivateAddresses);
      if (address === null) return refuse(client, 403, `${host} is not on the public internet.`);
      if (client.destroyed) return;
      const reached = await reach(address, port);
      if (client.destroyed) return void reached.destroy();
      join(client, reached, head);
      askAgain(client, host, port);
    } catch (error) {
      refuse(client, 502, `${host} cannot be reached: ${(error as Error).message}.`);
    }
  };
}

/** `host:port` as RFC 9112 (3.2.3) writes it, in lower case. */
function targetOf(authority: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]{1,253})):(\d{1,5})$/iu.exec(authority);
  const host = (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/u, '');
  const port = Number(match?.[3]);
  return host !== '' && port >= 1 && port <= 65_535 ? { host, port } : null;
}

/** Null: every address of it, or one of them, is none of the public internet. */
async function addressOf(host: string, allowPrivateAddresses: boolean): Promise<string | null> {
  const found = await lookup(host, { all: true });
  const isPublic = ({ address }: { address: string }) => ipaddr.process(address).range() === 'unicast';
  if (!allowPrivateAddresses && !found.every(isPublic)) return null;
  return found[0]?.address ?? null;
}

function reach(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, timeout: tunnelBounds.connectMs });
    socket.once('timeout', () => socket.destroy(new Error('it did not answer in time')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function join(client: Duplex, target: Socket, head: Buffer): void {
  const end = () => {
    client.destroy();
    target.destroy();
  };
  target.setTimeout(tunnelBounds.idleMs, end);
  target.on('error', end);
  client.on('error', end);
  client.once('close', end);
  target.once('close', end);
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  if (head.length > 0) target.write(head);
  client.pipe(target);
  target.pipe(client);
}

function refuse(client: Duplex, status: number, message: string): void {
  if (client.destroyed) return;
  const body = `${message}\n`;
  const reason = { 400: 'Bad Request', 403: 'Forbidden', 429: 'Too Many Requests', 502: 'Bad Gateway' }[status] ?? '';
  client.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => client.destroy(),
  );
}
