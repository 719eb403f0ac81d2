import { auditRoutes } from './audit.ts';
import { conversationRoutes } from './conversations.ts';
import { installationRoutes } from './installation.ts';
import { organizationRoutes } from './organization.ts';
import { sessionRoutes } from './session.ts';
import { tenantRoutes } from './tenants.ts';

/** Every endpoint under `/api/v1`. */
export const routes = {
  ...sessionRoutes,
  ...installationRoutes,
  ...conversationRoutes,
  ...tenantRoutes,
  ...organizationRoutes,
  ...auditRoutes,
};
export type Routes = typeof routes;
export type RouteName = keyof Routes;
