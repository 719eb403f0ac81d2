import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** The ends of tenants' out pipes, where the agent API answers, and agents that call it as OpenClaw does. */
export interface AgentPipes {
  /** Each tenant’s token is `token-of-` and its id. */
  accepts(tenantId: string, bearer: string): boolean;
  /** The out pipe of a tenant, as an address. */
  pipeOf(tenantId: string, api: (tenantId: string) => RequestListener): Promise<string>;
  connect(tenantId: string, url: string, token?: string): Promise<Client>;
  close(): Promise<void>;
}

export function createAgentPipes(): AgentPipes {
  const servers: Server[] = [];
  return {
    accepts: (tenantId, bearer) => bearer === `token-of-${tenantId}`,
    pipeOf: async (tenantId, api) => {
      const server = createServer(api(tenantId)).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    },
    connect: async (tenantId, url, token = `token-of-${tenantId}`) => {
      const client = new Client({ name: 'test', version: '1' });
      const transport = new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers: { authorization: `Bearer ${token}` } },
      });
      await client.connect(transport as Parameters<Client['connect']>[0]);
      return client;
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

export async function callTool(client: Client, name: string, args: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: args });
  const [content] = result.content as { text: string }[];
  return { failed: result.isError === true, text: content?.text ?? '' };
}
