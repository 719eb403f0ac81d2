import { agentsRoutes } from '@clawpool/contracts';
import type { AgentOverviews } from '../../pool/agent-overview.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerAgentsRoutes(app: HttpApp, agents: AgentOverviews): void {
  registerRoutes(app, agentsRoutes, {
    listAgentOverviews: ({ principal, query }) => agents.list(principal, query),
    getAgentOverview: ({ principal, params, query }) => agents.get(principal, params.tenantId, query.days),
  });
}
