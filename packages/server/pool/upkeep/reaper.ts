import type { Drift, OperationFailureReason, OperationKind, TenantState } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { release } from '../capacity/capacity-store.ts';
import type { OperationService } from '../operations/operation-service.ts';
import { findOpenOperation } from '../operations/operation-store.ts';
import { operationFailureHints } from '../tenant.ts';
import { lockTenant, transitionTenant } from '../tenant-store.ts';
import { recordDrift } from './drift-store.ts';

/**
 * Ends operations that are past their deadline, whatever they wait for, and names the state of tenants that were left on their way by
 * nobody any more.
 */
export async function reap(database: Database, operations: OperationService): Promise<Drift[]> {
  return [...(await endOverdue(database, operations)), ...(await settleStranded(database))];
}

async function endOverdue({ db }: Database, operations: OperationService): Promise<Drift[]> {
  const { rows } = await db.execute<{
    organization_id: string;
    id: string;
    tenant_id: string;
    host_id: string | null;
    kind: OperationKind;
    phase: string;
    seconds: number;
  }>(sql`
    select o.organization_id, o.id, o.tenant_id, t.host_id, o.kind, o.phase,
      extract(epoch from now() - o.deadline_at)::int as seconds
    from operations o
    join tenants t on t.organization_id = o.organization_id and t.id = o.tenant_id
    where o.finished_at is null and o.deadline_at < now()
    order by o.deadline_at limit 100`);
  const found: Drift[] = [];
  for (const row of rows) {
    const message = `The ${row.kind} was not over at its deadline; it was at “${row.phase.replaceAll('_', ' ')}”.`;
    if (!(await operations.abandon(row.id, { reason: 'deadline_exceeded', message }))) continue;
    found.push(
      await recordDrift(db, {
        kind: 'overdue_operation',
        organizationId: row.organization_id,
        tenantId: row.tenant_id,
        hostId: row.host_id,
        detail: `${row.kind} (${row.phase}), ${row.seconds} s past its deadline`,
        action: 'failed',
      }),
    );
  }
  return found;
}

/** States that an operation leads out of: without one, nothing would. `queued` and `pending` had not begun with anything. */
const stranded: Partial<Record<TenantState, 'failed' | 'requires_attention'>> = {
  queued: 'failed',
  pending: 'failed',
  creating: 'failed',
  migrating: 'requires_attention',
  restoring: 'requires_attention',
  deleting: 'requires_attention',
};

async function settleStranded(database: Database): Promise<Drift[]> {
  const states = sql.join(
    Object.keys(stranded).map((state) => sql`${state}`),
    sql`, `,
  );
  // Half a minute, so that a process that is just taking the tenant over is not outrun.
  const { rows } = await database.db.execute<{ organization_id: string; id: string }>(sql`
    select t.organization_id, t.id from tenants t
    where t.state in (${states}) and t.state_since < now() - interval '30 seconds'
      and not exists (select 1 from operations o where o.organization_id = t.organization_id and o.tenant_id = t.id
        and (o.finished_at is null or o.finished_at > now() - interval '30 seconds'))
    limit 100`);
  const found: Drift[] = [];
  for (const row of rows) {
    const drift = await settle(database, row.organization_id, row.id);
    if (drift) found.push(drift);
  }
  return found;
}

const strandedReason: OperationFailureReason = 'superseded';

async function settle({ db }: Database, organizationId: string, tenantId: string): Promise<Drift | null> {
  return db.transaction(async (tx) => {
    const tenant = await lockTenant(tx, organizationId, tenantId);
    const to = tenant && stranded[tenant.state];
    if (!to || (await findOpenOperation(tx, organizationId, tenantId))) return null;
    const moved = await transitionTenant(tx, {
      ...{ organizationId, tenantId, to, generation: tenant.generation },
      reason: strandedReason,
      hint: operationFailureHints[strandedReason],
      detail: { stateBefore: tenant.state },
    });
    if (!moved) return null;
    // A runtime that is there nevertheless is the reconciler's to find.
    await release(tx, tenantId);
    return recordDrift(tx, {
      ...{ kind: 'overdue_operation', organizationId, tenantId, hostId: tenant.hostId, action: 'failed' },
      detail: `was ${tenant.state} without an operation`,
    });
  });
}
