import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import type { ModelUsage, TenantModelPolicy, ToolCallRecord, ToolRefusal } from '@clawpool/contracts';
import OpenAI from 'openai';
import type { ModelGatewayOptions } from '../gateway.ts';
import { createModelGateway } from '../gateway.ts';
import { startFakeAnthropic } from '../providers/conformance/fakes/anthropic.ts';
import { startFakeOpenAI } from '../providers/conformance/fakes/openai.ts';

export const tenantId = 'tenant-carol';

/** A gateway on a Unix socket in front of two fake vendors, and the vendors' own clients to call it with. */
export async function startGatewayBench(options: Partial<ModelGatewayOptions> = {}) {
  const openaiVendor = await startFakeOpenAI();
  const anthropicVendor = await startFakeAnthropic();
  const usage: ModelUsage[] = [];
  const refusals: ToolRefusal[] = [];
  const toolCalls: ToolCallRecord[] = [];
  const problems: unknown[] = [];
  const policy: TenantModelPolicy = {
    organizationId: 'organization-1',
    tenantId,
    tools: new Set(['read', 'session_status']),
    models: ['openai/first', 'anthropic/second'],
    maxCallsPerTurn: 3,
    refusedTools: new Map([
      ['exec', { tool: 'shell', because: 'not_in_position', request: null }],
      ['write', { tool: 'file_write', because: 'not_in_position', request: null }],
    ]),
    positionName: 'Finance Analyst',
  };
  const state = { policy: policy as TenantModelPolicy | null };

  const gateway = createModelGateway({
    ports: {
      policyFor: async () => state.policy,
      recordUsage: async (record) => void usage.push(record),
      recordRefusal: async (refusal) => void refusals.push(refusal),
      recordToolCall: async (call) => void toolCalls.push(call),
    },
    settings: {
      providers: {
        openai: { apiKey: 'sk-secret-openai', baseUrl: openaiVendor.url },
        anthropic: { apiKey: 'sk-secret-anthropic', baseUrl: anthropicVendor.url },
        demo: { pauseMs: 0 },
      },
    },
    random: () => 0,
    wait: async () => undefined,
    report: (problem) => problems.push(problem),
    ...options,
  });

  const folder = await mkdtemp(path.join(tmpdir(), 'clawpool-models-'));
  const socket = path.join(folder, 'model.sock');
  const server = createServer(gateway.handler(tenantId));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const token = gateway.tokens.issue(tenantId, 1);
  const fetchOverSocket = overUnixSocket(socket);

  return {
    gateway,
    token,
    openaiVendor,
    anthropicVendor,
    usage,
    refusals,
    toolCalls,
    problems,
    /** Replaces parts of the policy; null: the tenant may call no models. */
    setPolicy(change: Partial<TenantModelPolicy> | null) {
      state.policy = change && { ...policy, ...change };
    },
    openai: (apiKey = token) =>
      new OpenAI({ apiKey, baseURL: 'http://gateway/v1', maxRetries: 2, fetch: fetchOverSocket, logLevel: 'off' }),
    anthropic: (apiKey = token) =>
      new Anthropic({ apiKey, baseURL: 'http://gateway', maxRetries: 2, fetch: fetchOverSocket, logLevel: 'off' }),
    fetch: (route: string, init: RequestInit = {}) =>
      fetchOverSocket(`http://gateway${route}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
      }),
    async close() {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all([openaiVendor.close(), anthropicVendor.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

export type GatewayBench = Awaited<ReturnType<typeof startGatewayBench>>;

/** `fetch` through a Unix socket. */
function overUnixSocket(socketPath: string): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    const headers = Object.fromEntries(new Headers(init?.headers).entries());
    return new Promise<Response>((resolve, reject) => {
      const outgoing = httpRequest(
        {
          socketPath,
          path: url.pathname + url.search,
          method: init?.method ?? 'GET',
          headers,
          ...(init?.signal ? { signal: init.signal } : {}),
        },
        (incoming) => {
          const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
          const answered = new Headers();
          for (const [name, value] of Object.entries(incoming.headers)) answered.set(name, String(value));
          resolve(new Response(body, { status: incoming.statusCode ?? 0, headers: answered }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(init?.body as string | undefined);
    });
  };
}
