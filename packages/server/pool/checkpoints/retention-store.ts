import type { Retention } from '@clawpool/contracts';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { checkpoints, organizations, retentions, tenants } from '../../store/schema/index.ts';
import { defaultRetention } from './checkpoint.ts';
import type { RetainedCheckpoint } from './retention.ts';

export async function findRetention(db: Queryable, organizationId: string): Promise<Retention> {
  const [row] = await db.select().from(retentions).where(eq(retentions.organizationId, organizationId));
  if (!row) return defaultRetention;
  const { organizationId: _, ...retention } = row;
  return retention;
}

export async function saveRetention(tx: Transaction, organizationId: string, retention: Retention): Promise<void> {
  await tx
    .insert(retentions)
    .values({ organizationId, ...retention })
    .onConflictDoUpdate({ target: retentions.organizationId, set: retention });
}

export async function listOrganizationIds(db: Queryable): Promise<string[]> {
  const rows = await db.select({ id: organizations.id }).from(organizations).orderBy(asc(organizations.id));
  return rows.map(({ id }) => id);
}

/** A tenant that is not deleted, perhaps another one, begins with this checkpoint. */
export const isInUse = sql<boolean>`exists (
  select from ${tenants} as beginning where beginning.organization_id = ${checkpoints.organizationId}
    and beginning.checkpoint_id = ${checkpoints.id} and beginning.state <> 'deleted')`;

export interface TenantCheckpoints {
  tenantId: string;
  deletedAt: Date | null;
  checkpoints: RetainedCheckpoint[];
}

/** The next tenants that have checkpoints, by id, those that are gone too; an empty list at the end. */
export async function listTenantCheckpoints(
  db: Queryable,
  organizationId: string,
  afterTenantId: string,
  limit: number,
): Promise<TenantCheckpoints[]> {
  const next = db
    .selectDistinct({ tenantId: checkpoints.tenantId })
    .from(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), gt(checkpoints.tenantId, afterTenantId)))
    .orderBy(asc(checkpoints.tenantId))
    .limit(limit);
  const rows = await db
    .select({
      tenantId: checkpoints.tenantId,
      deletedAt: tenants.deletedAt,
      id: checkpoints.id,
      createdAt: checkpoints.createdAt,
      backup: checkpoints.backup,
      pinned: checkpoints.pinned,
      inUse: isInUse,
    })
    .from(checkpoints)
    .leftJoin(
      tenants,
      and(eq(tenants.organizationId, checkpoints.organizationId), eq(tenants.id, checkpoints.tenantId)),
    )
    .where(and(eq(checkpoints.organizationId, organizationId), inArray(checkpoints.tenantId, next)))
    .orderBy(asc(checkpoints.tenantId));
  const byTenant = new Map<string, TenantCheckpoints>();
  for (const { tenantId, deletedAt, ...checkpoint } of rows) {
    const of = byTenant.get(tenantId) ?? { tenantId, deletedAt, checkpoints: [] };
    of.checkpoints.push(checkpoint);
    byTenant.set(tenantId, of);
  }
  return [...byTenant.values()];
}

/**
 * Removes those that are still neither pinned nor in use. Resolves with the ids of what was removed. The content stays until it is
 * collected.
 */
export async function removeCheckpoints(
  tx: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  // Whoever makes one of them a tenant's beginning, or pins it, is either before this, and seen, or after it, and finds none.
  await tx
    .select({ id: checkpoints.id })
    .from(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), inArray(checkpoints.id, [...ids])))
    .orderBy(asc(checkpoints.id))
    .for('update');
  const removable = await tx
    .select({ id: checkpoints.id })
    .from(checkpoints)
    .where(
      and(
        eq(checkpoints.organizationId, organizationId),
        inArray(checkpoints.id, [...ids]),
        eq(checkpoints.pinned, false),
        sql`not ${isInUse}`,
      ),
    );
  const removed = removable.map(({ id }) => id);
  if (removed.length === 0) return [];
  // Deleted tenants began with some of them; they begin with nothing any more.
  await tx
    .update(tenants)
    .set({ checkpointId: null })
    .where(and(eq(tenants.organizationId, organizationId), inArray(tenants.checkpointId, removed)));
  await tx
    .delete(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), inArray(checkpoints.id, removed)));
  return removed;
}
