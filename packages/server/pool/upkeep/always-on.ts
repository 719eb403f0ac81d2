import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { tenants, tiers } from '../../store/schema/index.ts';
import type { OperationService } from '../operations/operation-service.ts';
import { startBackoffMs } from '../tenant.ts';
import { requestQuietly } from './request.ts';

export interface AlwaysOnOptions {
  database: Database;
  operations: OperationService;
  onError: (error: unknown) => void;
}

/** After this long without an end, earlier failures are forgotten. */
const provenMinutes = 10;

/**
 * Starts what always should run and does not: after Clawpool's start at once, after a crash or a failed start with a growing pause. What
 * a person stopped, paused or has to look at stays as it is.
 */
export async function startAlwaysOn({ database, operations, onError }: AlwaysOnOptions): Promise<void> {
  await forgetOldFailures(database);
  const rows = await database.db
    .select({
      organizationId: tenants.organizationId,
      id: tenants.id,
      state: tenants.state,
      startFailures: tenants.startFailures,
      isDue: sql<boolean>`${tenants.retryAt} is null or ${tenants.retryAt} <= now()`,
      /** A pause that was set for this failure, and not for one before it. */
      hasPause: sql<boolean>`coalesce(${tenants.retryAt} >= ${tenants.stateSince}, false)`,
    })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .where(
      and(
        eq(tiers.alwaysOn, true),
        inArray(tenants.state, ['hibernated', 'failed']),
        // Of somebody who is suspended it would run for nobody.
        sql`not exists (select 1 from employees e where e.organization_id = ${tenants.organizationId}
          and e.id = ${tenants.employeeId} and not e.active)`,
        sql`not exists (select 1 from operations o where o.organization_id = ${tenants.organizationId}
          and o.tenant_id = ${tenants.id} and o.finished_at is null)`,
      ),
    );
  for (const tenant of rows) {
    if (tenant.state === 'failed' && !tenant.hasPause) {
      await pause(database, tenant, startBackoffMs(tenant.startFailures + 1), 1);
    } else if (tenant.isDue) {
      const result = await requestQuietly(operations, tenant, { kind: 'start' }, 'always-on', onError);
      // A quota, for example: it may be raised, or others may stop.
      if (result !== 'requested' && result !== 'busy') await pause(database, tenant, startBackoffMs(10), 0);
    }
  }
}

async function pause(
  { db }: Database,
  tenant: { organizationId: string; id: string },
  ms: number,
  failures: number,
): Promise<void> {
  await db
    .update(tenants)
    .set({
      startFailures: sql`${tenants.startFailures} + ${failures}`,
      retryAt: sql`now() + ${ms} * interval '1 millisecond'`,
    })
    .where(and(eq(tenants.organizationId, tenant.organizationId), eq(tenants.id, tenant.id)));
}

async function forgetOldFailures({ db }: Database): Promise<void> {
  await db
    .update(tenants)
    .set({ startFailures: 0, retryAt: null })
    .where(
      and(
        eq(tenants.state, 'running'),
        sql`${tenants.startFailures} > 0`,
        sql`${tenants.stateSince} < now() - ${provenMinutes} * interval '1 minute'`,
      ),
    );
}
