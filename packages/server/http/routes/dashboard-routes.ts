import { dashboardRoutes } from '@clawpool/contracts';
import { getDashboard } from '../../dashboard/dashboard-service.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerDashboardRoutes(app: HttpApp, database: Database, model: { hasModel: boolean }): void {
  registerRoutes(app, dashboardRoutes, {
    getDashboard: ({ principal }) => getDashboard(database, principal, model),
  });
}
