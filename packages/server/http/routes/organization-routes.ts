import { organizationRoutes } from '@clawpool/contracts';
import { scopeOf } from '../../organization/department-store.ts';
import { listEmployees } from '../../organization/employee-store.ts';
import { listTiers } from '../../organization/tier-store.ts';
import type { Drizzle } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerOrganizationRoutes(app: HttpApp, db: Drizzle): void {
  registerRoutes(app, organizationRoutes, {
    listEmployees: async ({ principal }) => ({
      employees: await listEmployees(db, principal.organizationId, await scopeOf(db, principal)),
    }),
    listTiers: async ({ principal }) => ({ tiers: await listTiers(db, principal.organizationId) }),
  });
}
