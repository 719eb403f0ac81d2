import { ClawpoolError, type Host, tenantRoutes } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { LiveTenants, TenantScope } from '../../pool/live-tenants.ts';
import type { TenantPool } from '../../pool/tenant-service.ts';
import { findTenantByAnyName } from '../../pool/tenant-store.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface TenantRoutesOptions {
  database: Database;
  pool: TenantPool;
  live: LiveTenants;
  host: Host;
  /** Departments whose people the principal may see; null for all. */
  scopeOf: (principal: Principal) => Promise<readonly string[] | null>;
}

export function registerTenantRoutes(app: HttpApp, { database, pool, live, host, scopeOf }: TenantRoutesOptions): void {
  const tenantScope = async (principal: Principal): Promise<TenantScope> => ({
    organizationId: principal.organizationId,
    departmentIds: await scopeOf(principal),
  });
  const isNewReading = createReadings();
  registerRoutes(app, tenantRoutes, {
    listTenants: async ({ principal }) => {
      const { organizationId, departmentIds } = await tenantScope(principal);
      return { tenants: await pool.list(organizationId, departmentIds) };
    },
    tenantEvents: async ({ principal }, stream) => {
      const stop = await live.follow(await tenantScope(principal), (event) => stream.send(event));
      if (stream.signal.aborted) stop();
      else stream.signal.addEventListener('abort', stop);
    },
    tenantLogs: async ({ principal, params, query }) => {
      const tenant = await findTenantByAnyName(database.db, principal.organizationId, params.tenantId);
      if (!tenant) {
        throw new ClawpoolError(
          'not_found',
          `There is no tenant “${params.tenantId}”.`,
          '`clawpool tenants` lists them.',
        );
      }
      if (isNewReading(principal.userId, tenant.id, Date.now())) {
        await recordAudit(database.db, principal.organizationId, {
          actor: { type: 'person', id: principal.userId, name: principal.name },
          action: 'tenant.logs_read',
          target: { type: 'tenant', id: tenant.id, name: tenant.name },
          outcome: 'allowed',
          detail: { lines: query.lines },
        });
      }
      return { tenantId: tenant.id, lines: await host.logs(tenant.id, query.lines) };
    },
  });
}

/** Whoever follows a log asks every few seconds: that is one reading, and one audit event, as long as no pause is longer than this. */
const readingPauseMs = 10 * 60 * 1000;

function createReadings() {
  const last = new Map<string, number>();
  return (userId: string, tenantId: string, at: number): boolean => {
    for (const [key, readAt] of last) if (at - readAt > readingPauseMs) last.delete(key);
    const key = `${userId} ${tenantId}`;
    const isNew = !last.has(key);
    last.set(key, at);
    return isNew;
  };
}
