import { organizationRoutes } from '@clawpool/contracts';
import { scopeOf } from '../../organization/department-store.ts';
import { listEmployees } from '../../organization/employee-store.ts';
import { changeTier, listTiers } from '../../organization/tier-store.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerOrganizationRoutes(app: HttpApp, database: Database): void {
  const { db } = database;
  registerRoutes(app, organizationRoutes, {
    listEmployees: async ({ principal }) => {
      const employees = await listEmployees(db, principal.organizationId, await scopeOf(db, principal));
      return { employees, total: employees.length };
    },
    listTiers: async ({ principal }) => ({ tiers: await listTiers(db, principal.organizationId) }),
    changeTier: ({ principal, params, body }) => changeTier(database, principal, params.tierId, body),
  });
}
