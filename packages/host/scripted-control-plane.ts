import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * The control plane's MCP server for runtimes that are nobody's: it has no tools, and answers so that what a gateway needs for calling
 * them has been loaded (Model Context Protocol, "Streamable HTTP").
 */
export const scriptedControlPlane: RequestListener = (request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  text(request).then(
    (body) => {
      const { id, method, params } = JSON.parse(body) as Call;
      if (id === undefined) {
        response.writeHead(202).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) }));
    },
    () => response.destroy(),
  );
};

interface Call {
  /** Absent: a notification. */
  id?: number | string;
  method: string;
  params?: { protocolVersion?: string };
}

function resultOf(method: string, params: Call['params']): object {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion ?? '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'clawpool', version: '0' },
      };
    case 'tools/list':
      return { tools: [] };
    default:
      return {};
  }
}
