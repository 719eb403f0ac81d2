import { z } from 'zod';
import { runningAgent, toolPolicy, toolStanding } from '../tool-policy.ts';
import { route } from './route.ts';

export const governanceRoutes = {
  getToolPolicy: route({
    method: 'GET',
    path: '/tool-policy',
    tag: 'Governance',
    summary: 'What no agent may do, whatever its position allows',
    access: ['operator', 'admin', 'manager', 'auditor'],
    scope: 'organization',
    response: toolPolicy,
  }),
  saveToolPolicy: route({
    method: 'PUT',
    path: '/tool-policy',
    tag: 'Governance',
    summary: 'Change it; needs the permission `policy`. Holds from the next model call on',
    access: ['admin'],
    scope: 'organization',
    body: toolPolicy.pick({ blockedTools: true, commandPatterns: true }).extend({ expectedVersion: z.int().min(0) }),
    response: toolPolicy,
  }),
  tryCommand: route({
    method: 'POST',
    path: '/tool-policy/try',
    tag: 'Governance',
    summary: 'Whether a command would be refused, by the saved patterns or by these',
    access: ['admin', 'auditor'],
    scope: 'organization',
    body: toolPolicy
      .pick({ commandPatterns: true })
      .partial()
      .extend({ command: z.string().min(1).max(4_000) }),
    response: z.object({ refused: z.boolean(), why: z.string().nullable(), pattern: z.string().nullable() }),
  }),
  listRunningAgents: route({
    method: 'GET',
    path: '/security/agents',
    tag: 'Governance',
    summary: 'What really runs, and what each agent may do and why; in the caller’s scope',
    access: ['operator', 'admin', 'manager', 'auditor'],
    scope: 'departments',
    query: z.object({ running: z.stringbool().default(true).describe('false: those that sleep too') }),
    response: z.object({ agents: z.array(runningAgent) }),
  }),
  agentTools: route({
    method: 'GET',
    path: '/agents/:tenantId/tools',
    tag: 'Governance',
    summary: 'What one agent may do, and why',
    access: 'signed-in',
    scope: 'departments',
    params: z.object({ tenantId: z.string().max(64) }),
    response: z.object({ tools: z.array(toolStanding), skills: z.array(z.string()), hosts: z.array(z.string()) }),
  }),
};
