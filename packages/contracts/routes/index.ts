import { auditRoutes } from './audit.ts';
import { backupRoutes } from './backups.ts';
import { configTemplateRoutes } from './config-templates.ts';
import { conversationRoutes } from './conversations.ts';
import { installationRoutes } from './installation.ts';
import { organizationRoutes } from './organization.ts';
import { poolRoutes } from './pool.ts';
import { sessionRoutes } from './session.ts';
import { skillRoutes } from './skills.ts';
import { tenantRoutes } from './tenants.ts';

/** Every endpoint under `/api/v1`. */
export const routes = {
  ...sessionRoutes,
  ...installationRoutes,
  ...conversationRoutes,
  ...tenantRoutes,
  ...configTemplateRoutes,
  ...backupRoutes,
  ...poolRoutes,
  ...skillRoutes,
  ...organizationRoutes,
  ...auditRoutes,
};
export type Routes = typeof routes;
export type RouteName = keyof Routes;
