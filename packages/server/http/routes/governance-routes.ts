import { governanceRoutes } from '@clawpool/contracts';
import type { RunningAgents } from '../../governance/tools/running-agents.ts';
import type { ToolPolicyService } from '../../governance/tools/tool-policy-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface GovernanceRoutesOptions {
  policy: ToolPolicyService;
  agents: RunningAgents;
}

export function registerGovernanceRoutes(app: HttpApp, { policy, agents }: GovernanceRoutesOptions): void {
  registerRoutes(app, governanceRoutes, {
    getToolPolicy: ({ principal }) => policy.get(principal),
    saveToolPolicy: ({ principal, body }) => policy.save(principal, body),
    tryCommand: ({ principal, body }) => policy.tryCommand(principal, body),
    listRunningAgents: async ({ principal, query }) => ({ agents: await agents.list(principal, query) }),
    agentTools: ({ principal, params }) => agents.rights(principal, params.tenantId),
  });
}
