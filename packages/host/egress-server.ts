import { chmod } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createEgressTunnel } from './egress-tunnel.ts';

/** The host's end of a tenant's out pipe. */
export interface EgressServer {
  close(): Promise<void>;
}

/** Answers CONNECT; never rejects. */
export type Tunnel = (request: IncomingMessage, client: Duplex, head: Buffer) => Promise<void>;

/** What one tenant may occupy of the host through its out pipe; far above what an agent that works needs. */
export const egressBounds = {
  connections: 64,
  headerBytes: 16_384,
  /** A prompt that fills the largest context, with pictures. */
  bodyBytes: 32 * 1024 * 1024,
  headersMs: 10_000,
  requestMs: 120_000,
  idleMs: 60_000,
} as const;

/**
 * Serves a tenant's model calls, and the connections it may make, on `out.sock` in its socket folder. To be started before the tenant is: it has to find the
 * socket there. Requests must say how long they are, so that none grows beyond the bound while it is read.
 */
export async function serveEgress(
  socketFolder: string,
  listener: RequestListener,
  tunnel: Tunnel = noTunnel,
): Promise<EgressServer> {
  const { headerBytes, headersMs, requestMs, idleMs, connections } = egressBounds;
  const server = createServer(
    {
      maxHeaderSize: headerBytes,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => {
      if (isBounded(request, response)) listener(request, response);
    },
  );
  server.maxConnections = connections;
  const tunnels = new Set<Duplex>();
  server.on('connect', (request, client, head) => {
    tunnels.add(client);
    client.once('close', () => tunnels.delete(client));
    void tunnel(request, client, head);
  });
  const path = join(socketFolder, 'out.sock');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', () => {}); // one refused connection is the tenant's loss
  await chmod(path, 0o600); // the driver gives the folder to the tenant's user
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const client of tunnels) client.destroy();
      }),
  };
}

const noTunnel = createEgressTunnel({ mayConnect: async () => false });

function isBounded(request: IncomingMessage, response: ServerResponse): boolean {
  request.on('error', () => {});
  response.on('error', () => {});
  const length = request.headers['content-length'];
  const hasBody = length !== undefined || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody) return true;
  if (length === undefined) return refuse(response, 411, 'A request must say its Content-Length.');
  if (Number(length) > egressBounds.bodyBytes) return refuse(response, 413, 'The request is too large.');
  return true;
}

function refuse(response: ServerResponse, status: number, message: string): false {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error' } }), () => response.destroy());
  return false;
}
