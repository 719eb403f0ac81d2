import { ClawpoolError, type Host, type tenantRoutes } from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { LiveTenants, TenantScope } from '../pool/live-tenants.ts';
import type { TenantPool } from '../pool/tenant-service.ts';
import { findTenantByAnyName } from '../pool/tenant-store.ts';
import type { Database } from '../store/database.ts';
import type { Handlers } from './register.ts';

export interface TenantRoutesOptions {
  database: Database;
  pool: TenantPool;
  live: LiveTenants;
  host: Host;
  /** Departments whose people the principal may see; null for all. */
  scopeOf: (principal: Principal) => Promise<readonly string[] | null>;
}

export function tenantHandlers({
  database,
  pool,
  live,
  host,
  scopeOf,
}: TenantRoutesOptions): Handlers<typeof tenantRoutes> {
  const tenantScope = async (principal: Principal): Promise<TenantScope> => ({
    organizationId: principal.organizationId,
    departmentIds: await scopeOf(principal),
  });
  return {
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
      await recordAudit(database.db, principal.organizationId, {
        actor: { type: 'person', id: principal.userId, name: principal.name },
        action: 'tenant.logs_read',
        target: { type: 'tenant', id: tenant.id, name: tenant.name },
        outcome: 'allowed',
        detail: { lines: query.lines },
      });
      return { tenantId: tenant.id, lines: await host.logs(tenant.id, query.lines) };
    },
  };
}
