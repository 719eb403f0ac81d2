import { agentSettingsRoutes } from './agent-settings.ts';
import { agentsRoutes } from './agents.ts';
import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { backupRoutes } from './backups.ts';
import { channelRoutes } from './channels.ts';
import { configTemplateRoutes } from './config-templates.ts';
import { conversationRoutes } from './conversations.ts';
import { dashboardRoutes } from './dashboard.ts';
import { directoryRoutes } from './directory.ts';
import { filesRoutes } from './files.ts';
import { governanceRoutes } from './governance.ts';
import { identityRoutes } from './identity.ts';
import { installationRoutes } from './installation.ts';
import { integrationRoutes, publicApiRoutes } from './integrations.ts';
import { layerRoutes } from './layers.ts';
import { organizationRoutes } from './organization.ts';
import { poolRoutes } from './pool.ts';
import { routingRoutes } from './routing.ts';
import { scheduleRoutes } from './schedules.ts';
import { sessionRoutes } from './session.ts';
import { sessionMonitorRoutes } from './sessions.ts';
import { skillRoutes } from './skills.ts';
import { tenantRoutes } from './tenants.ts';
import { tierRoutes } from './tiers.ts';
import { twinRoutes } from './twins.ts';

/** Every endpoint under `/api/v1`. */
export const routes = {
  ...sessionRoutes,
  ...installationRoutes,
  ...conversationRoutes,
  ...sessionMonitorRoutes,
  ...channelRoutes,
  ...routingRoutes,
  ...scheduleRoutes,
  ...twinRoutes,
  ...integrationRoutes,
  ...publicApiRoutes,
  ...tenantRoutes,
  ...configTemplateRoutes,
  ...backupRoutes,
  ...poolRoutes,
  ...skillRoutes,
  ...organizationRoutes,
  ...tierRoutes,
  ...agentSettingsRoutes,
  ...agentsRoutes,
  ...approvalRoutes,
  ...directoryRoutes,
  ...filesRoutes,
  ...governanceRoutes,
  ...identityRoutes,
  ...layerRoutes,
  ...dashboardRoutes,
  ...auditRoutes,
};
export type Routes = typeof routes;
export type RouteName = keyof Routes;
