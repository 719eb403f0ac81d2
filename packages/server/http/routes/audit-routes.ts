import { auditRoutes } from '@clawpool/contracts';
import { listAuditEvents } from '../../audit/audit-store.ts';
import type { Drizzle } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerAuditRoutes(app: HttpApp, db: Drizzle): void {
  registerRoutes(app, auditRoutes, {
    listAuditEvents: async ({ principal, query }) => {
      const events = await listAuditEvents(db, principal.organizationId, query);
      return { events, next: events.length === query.limit ? (events.at(-1)?.id ?? null) : null };
    },
  });
}
