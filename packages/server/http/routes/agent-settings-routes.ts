import { agentSettingsRoutes } from '@clawpool/contracts';
import type { AgentSettingsService } from '../../governance/settings/agent-settings-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerAgentSettingsRoutes(app: HttpApp, settings: AgentSettingsService): void {
  registerRoutes(app, agentSettingsRoutes, {
    listAgentSettings: ({ principal }) => settings.list(principal),
    saveAgentSettings: ({ principal, params, body }) => settings.save(principal, params, body),
    effectiveSettings: ({ principal, params }) => settings.effective(principal, params.tenantId),
  });
}
