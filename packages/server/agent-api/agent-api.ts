import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { and, eq, inArray } from 'drizzle-orm';
import { createScheduleService } from '../conversations/schedules/schedule-service.ts';
import { createAccessRequestService } from '../governance/approvals/requests/access-request-service.ts';
import { findTenant } from '../pool/tenant-store.ts';
import type { Database } from '../store/database.ts';
import { conversations, organizations, turns, twins } from '../store/schema/index.ts';
import { createLookupServer } from './lookup-server.ts';
import type { AgentMemory } from './memory-tools.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { type CallingAgent, createToolServer } from './tool-server.ts';

export interface AgentApiOptions {
  database: Database;
  /** Whether this is the token of that tenant’s runtime, now. */
  accepts: (tenantId: string, bearer: string) => boolean | Promise<boolean>;
  /** Ids of the turns that a tenant's runtime works on now. */
  runningTurns: (tenantId: string) => readonly string[];
  /** Where agents write down what they remember. */
  memory: AgentMemory;
  onError: (error: unknown) => void;
  now?: () => Date;
}

/** What one tenant may ask for in a minute. A tool call is about four requests: two to greet, one to list, one to call. */
const perMinute = { calls: 30, requests: 240 } as const;

const bodyBytes = 64 * 1024;

/**
 * What an agent may ask of the control plane: an MCP server over streamable HTTP (https://modelcontextprotocol.io/specification/2025-06-18/basic/transports),
 * without sessions, at `/mcp` of the runtime’s out pipe. Each tenant has its own pipe, and so its own listener: it acts as this tenant, whatever
 * a request says.
 */
export function createAgentApi({
  database,
  accepts,
  runningTurns,
  memory,
  onError,
  now = () => new Date(),
}: AgentApiOptions): (tenantId: string) => RequestListener {
  const schedules = createScheduleService(database, { now });
  const access = createAccessRequestService(database, { now });
  const limit = (most: number) => createRateLimit(most, 60_000, now);
  const calls = limit(perMinute.calls);
  const requests = limit(perMinute.requests);

  async function answer(tenantId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (pathOf(request) !== '/mcp') return refuse(response, 404, 'There is nothing here.');
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(response, 405, 'This server has no streams and no sessions: use POST.');
    }
    if (!requests.take(tenantId)) {
      response.setHeader('retry-after', '60');
      return refuse(response, 429, 'Too many requests. Wait a minute.');
    }
    if (!(await accepts(tenantId, bearerOf(request)))) return refuse(response, 401, 'This is not the runtime’s token.');
    const body = await readBody(request);
    if (body === 'too large') return refuse(response, 413, `A request may have ${bodyBytes} bytes.`);
    if (body === 'not json') return refuse(response, 400, 'This is not JSON.', -32_700);
    const agent = await findAgent(database, tenantId);
    if (!agent) return refuse(response, 403, 'This agent is not there any more.');
    await handle(agent, calls, request, response, body.json);
  }

  async function handle(
    agent: CallingAgent & { isAssistant: boolean },
    limit: RateLimit,
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<void> {
    const { tenantId } = agent;
    const isTest = () => isAnyTest(database, tenantId, runningTurns(tenantId));
    const rules = { mayCall: () => limit.take(tenantId), isTest, onError };
    const server = agent.isAssistant
      ? createLookupServer({ database, agent, rules })
      : createToolServer({ agent, schedules, requests: access, memory, rules, now });
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.once('close', () => void server.close().catch(onError));
    // The SDK's own types are not exact about optional properties.
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(request, response, body);
  }

  return (tenantId) => (request, response) => {
    answer(tenantId, request, response).catch((error) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'This went wrong. Try again in a minute.', -32_603);
    });
  };
}

async function findAgent(
  { db }: Database,
  tenantId: string,
): Promise<(CallingAgent & { isAssistant: boolean }) | null> {
  const tenant = await findTenant(db, tenantId);
  if (!tenant || tenant.state === 'deleting' || tenant.state === 'deleted') return null;
  const { organizationId, isAssistant, employeeId } = tenant;
  const [organization] = await db
    .select({ timezone: organizations.timezone })
    .from(organizations)
    .where(eq(organizations.id, organizationId));
  const isTwin =
    (await db.$count(twins, and(eq(twins.organizationId, organizationId), eq(twins.tenantId, tenantId)))) > 0;
  const timezone = organization?.timezone ?? 'UTC';
  return { organizationId, tenantId, agentName: tenant.name, timezone, isAssistant, isTwin, employeeId };
}

/** A test is alone with the agent, so whatever is called meanwhile is called by it. */
async function isAnyTest({ db }: Database, tenantId: string, turnIds: readonly string[]): Promise<boolean> {
  if (turnIds.length === 0) return false;
  const tests = db
    .select({ id: turns.id })
    .from(turns)
    .innerJoin(
      conversations,
      and(eq(conversations.organizationId, turns.organizationId), eq(conversations.id, turns.conversationId)),
    )
    .where(and(eq(turns.tenantId, tenantId), inArray(turns.id, [...turnIds]), eq(conversations.path, 'pgnd')));
  return (await tests.limit(1)).length > 0;
}

const pathOf = (request: IncomingMessage) => (request.url ?? '').split('?', 1)[0];

const bearerOf = (request: IncomingMessage) => /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';

async function readBody(request: IncomingMessage): Promise<{ json: unknown } | 'too large' | 'not json'> {
  if (Number(request.headers['content-length'] ?? 0) > bodyBytes) return 'too large';
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytes) return 'too large';
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return 'not json';
  }
}

/** As JSON-RPC says it, so that a client shows the message. What was not read of the request is not waited for. */
function refuse(response: ServerResponse, status: number, message: string, code = -32_000): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }));
}
