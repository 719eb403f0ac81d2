import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { systemActor } from '../../organization/installation.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import { checkpoints, tenants } from '../../store/schema/index.ts';

export interface DueBackup {
  organizationId: string;
  tenantId: string;
  /** Otherwise its newest checkpoint has everything it has. */
  runs: boolean;
}

/**
 * Tenants that run, or changed since their last backup, and have had none for that long. One that is being restored, moved or deleted
 * is left alone: that makes its own.
 */
export async function listDueBackups(db: Queryable, organizationId: string, hours: number): Promise<DueBackup[]> {
  const { rows } = await db.execute<{ tenant_id: string; runs: boolean }>(sql`
    select t.id as tenant_id, t.state in ('running', 'paused') as runs
    from ${tenants} t
    left join ${checkpoints} newest on newest.organization_id = t.organization_id and newest.id = t.checkpoint_id
    left join lateral (
      select b.created_at, b.root from ${checkpoints} b
      where b.organization_id = t.organization_id and b.tenant_id = t.id and b.backup
      order by b.created_at desc limit 1) backup on true
    where t.organization_id = ${organizationId}
      and (t.state in ('running', 'paused')
        or (t.state in ('hibernated', 'stopped', 'failed') and newest.id is not null
          and newest.root is distinct from backup.root))
      and coalesce(backup.created_at, t.created_at) <= now() - ${hours} * interval '1 hour'
    order by coalesce(backup.created_at, t.created_at)
    limit 1000`);
  return rows.map(({ tenant_id, runs }) => ({ organizationId, tenantId: tenant_id, runs }));
}

/** Keeps what is stored already as the backup. False: it is one, or the tenant began to run meanwhile. */
export async function makeNewestABackup(tx: Transaction, { organizationId, tenantId }: DueBackup): Promise<boolean> {
  const [row] = await tx
    .update(checkpoints)
    .set({ backup: true })
    .from(tenants)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        eq(tenants.id, tenantId),
        eq(checkpoints.organizationId, organizationId),
        eq(checkpoints.id, tenants.checkpointId),
        eq(checkpoints.backup, false),
      ),
    )
    .returning({ id: checkpoints.id, bytes: checkpoints.bytes, tenantName: checkpoints.tenantName });
  if (!row) return false;
  await recordAudit(tx, organizationId, {
    actor: systemActor,
    action: 'backup.created',
    target: { type: 'tenant', id: tenantId, name: row.tenantName },
    outcome: 'allowed',
    detail: { checkpointId: row.id, cause: 'schedule', bytes: row.bytes, storedBytes: 0 },
  });
  return true;
}
