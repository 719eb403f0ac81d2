import { auditOutcome } from '@clawpool/contracts';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { Lookup } from '../assistant/assistant.ts';
import { listAsking } from '../assistant/assistant-store.ts';
import { createLookups, mostEvents, mostRows } from '../assistant/lookups.ts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Database } from '../store/database.ts';
import { type CallRules, createAttempt } from './tool-call.ts';
import type { CallingAgent } from './tool-server.ts';

/** The tools of an organization’s admin assistant: it looks things up, and each look is in the audit log before it is answered. */
export function createLookupServer({
  database,
  agent,
  rules,
}: {
  database: Database;
  agent: CallingAgent;
  rules: CallRules;
}): McpServer {
  const { organizationId, tenantId, agentName } = agent;
  const server = new McpServer({ name: 'clawpool', version: '1' });
  const attempt = createAttempt(rules);
  const lookups = createLookups(database, organizationId);

  function register<Shape extends z.ZodRawShape>(
    tool: Lookup,
    title: string,
    description: string,
    inputSchema: Shape,
    answer: (given: z.output<z.ZodObject<Shape>>) => Promise<unknown>,
  ): void {
    const annotations = { readOnlyHint: true, openWorldHint: false };
    const call = (given: unknown) =>
      attempt(async () => {
        await recordAudit(database.db, organizationId, {
          actor: { type: 'agent', id: tenantId, name: agentName },
          action: 'assistant.lookup',
          target: { type: 'tool', id: tool, name: tool },
          outcome: 'allowed',
          detail: { tool, arguments: given, askedBy: await listAsking(database.db, organizationId, tenantId) },
        });
        return answer(given as z.output<z.ZodObject<Shape>>);
      });
    server.registerTool(tool, { title, description, inputSchema: z.object(inputSchema), annotations }, call);
  }

  register(
    'list_employees',
    'List employees',
    `The organization’s people by name, with department and position; at most ${mostRows} at once, and how many there are in all.`,
    {
      department: name.optional().describe('only of this department and those below it: its name or id'),
      position: name.optional().describe('only of this position: its name or id'),
      offset: z.number().int().min(0).max(1_000_000).default(0).describe('so many are left out at the beginning'),
    },
    (given) => lookups.listEmployees(given),
  );
  register(
    'get_employee',
    'Look an employee up',
    'One person: department, position, roles, the state, tier, tools and last activity of their agent, and their paired channels.',
    { employee: who },
    ({ employee }) => lookups.getEmployee(employee),
  );
  register(
    'list_departments_and_positions',
    'List departments and positions',
    'All departments with what they are part of, and all positions with department, tier and tools; how many people are in each.',
    {},
    () => lookups.listDepartmentsAndPositions(),
  );
  register(
    'get_soul',
    'Read a SOUL layer',
    'The text of one layer of SOUL.md: the global one, a position’s or a person’s. An empty text: nobody has written it.',
    {
      layer: z.enum(['global', 'position', 'personal']),
      of: name.optional().describe('the position, or the person; nothing for the global layer'),
    },
    (given) => lookups.getSoul(given),
  );
  register(
    'usage_report',
    'Report usage',
    `Calls and tokens of models in the last days, by day, by department or by agent; at most ${mostRows} rows.`,
    {
      days: z.number().int().min(1).max(90).default(7),
      by: z.enum(['day', 'department', 'tenant']).default('day').describe('tenant: by agent'),
    },
    (given) => lookups.usageReport(given),
  );
  register(
    'service_health',
    'Look at the service’s health',
    'How many agents are in which state, the hosts, and what waits or could not be delivered.',
    {},
    () => lookups.serviceHealth(),
  );
  register(
    'audit_log',
    'Read the audit log',
    `What happened, newest first: who did what to what, and how it ended. At most ${mostEvents} events.`,
    {
      employee: who.optional().describe('only what this person or their agent did, or what was done to them'),
      action: name
        .optional()
        .describe('only this action, for example tool.refused; with a dot at its end, all of a kind: tool.'),
      outcome: auditOutcome.optional(),
      limit: z.number().int().min(1).max(mostEvents).default(20),
    },
    (given) => lookups.auditLog(given),
  );
  register(
    'list_bindings',
    'List paired channels',
    `Which employees have paired which messaging accounts; at most ${mostRows}.`,
    { channel: name.optional().describe('only of this platform, for example telegram') },
    (given) => lookups.listBindings(given),
  );
  return server;
}

const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'one line of text');
const who = name.describe('id, employee number, e-mail address or whole name');
