import { z } from 'zod';
import { effectiveSettings } from '../agent-settings.ts';
import { tenantFilter } from '../operation.ts';
import { tenantState } from '../tenant.ts';
import { toolName } from '../tools.ts';
import { route } from './route.ts';

const readers = ['admin', 'manager', 'auditor'] as const;

/** An agent as whoever governs it sees it: whose it is, what it is made of, what it may do. */
export const agentOverview = z.object({
  tenantId: z.string(),
  name: z.string(),
  kind: z
    .enum(['personal', 'team', 'twin', 'assistant'])
    .describe('a person’s own; nobody’s in particular; a person’s public twin; the organization’s admin assistant'),
  owner: z
    .object({
      employeeId: z.string(),
      name: z.string(),
      positionId: z.string().nullable(),
      position: z.string().nullable(),
      department: z.string(),
    })
    .nullable()
    .describe('whose agent or twin it is'),
  tier: z.string(),
  state: tenantState,
  model: effectiveSettings.shape.model,
  layers: z
    .object({ global: z.int(), position: z.int().nullable(), personal: z.int().nullable() })
    .describe('versions of its SOUL layers; 0: nothing written yet; null: it has no such layer'),
  tools: z.array(toolName).describe('that it may use now'),
  lastActiveAt: z.iso.datetime().nullable(),
});
export type AgentOverview = z.infer<typeof agentOverview>;

/** Model calls of one day, in UTC. */
export const agentUsageDay = z.object({
  day: z.iso.date(),
  calls: z.int(),
  failedCalls: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
});
export type AgentUsageDay = z.infer<typeof agentUsageDay>;

export const agentsRoutes = {
  listAgentOverviews: route({
    method: 'GET',
    path: '/agent-overviews',
    tag: 'Governance',
    summary:
      'The agents in the caller’s scope with what they are made of, page by page: people’s by their names, then the others',
    access: readers,
    scope: 'departments',
    query: tenantFilter.pick({ state: true, tier: true }).extend({
      search: z.string().max(100).optional().describe('words; each has to occur in name, owner, position, tier, …'),
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    response: z.object({
      agents: z.array(agentOverview),
      total: z.int().describe('that fit'),
      counts: z.partialRecord(tenantState, z.int()).describe('by state, of all that fit but for the state'),
    }),
  }),
  getAgentOverview: route({
    method: 'GET',
    path: '/agents/:tenantId/overview',
    tag: 'Governance',
    summary: 'One agent with its model calls day by day',
    access: readers,
    scope: 'departments',
    params: z.object({ tenantId: z.string().max(64) }),
    query: z.object({ days: z.coerce.number().int().min(1).max(90).default(14).describe('today included') }),
    response: z.object({
      agent: agentOverview,
      usage: z.array(agentUsageDay).describe('the oldest first, days without calls included'),
    }),
  }),
};
