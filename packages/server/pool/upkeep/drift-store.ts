import type { Drift } from '@clawpool/contracts';
import { and, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';
import { drifts } from '../../store/schema/index.ts';

export interface NewDrift {
  kind: Drift['kind'];
  /** Null where it is not about an organization's tenant. */
  organizationId?: string | null;
  tenantId?: string | null;
  hostId?: string | null;
  detail: string;
  action: Drift['action'];
}

/** Give it the transaction that sets the difference right: both happen, or neither. */
export async function recordDrift(tx: Queryable, drift: NewDrift): Promise<Drift> {
  const [row] = await tx.insert(drifts).values(drift).returning();
  if (!row) throw new Error('unreachable');
  return toDrift(row);
}

/** Newest first, of the last 7 days: those of the machines, and those of the organization's own tenants. */
export async function listDrifts(db: Queryable, organizationId: string, limit: number): Promise<Drift[]> {
  const rows = await db
    .select()
    .from(drifts)
    .where(
      and(
        gt(drifts.at, sql`now() - interval '7 days'`),
        or(isNull(drifts.organizationId), eq(drifts.organizationId, organizationId)),
      ),
    )
    .orderBy(desc(drifts.id))
    .limit(limit);
  return rows.map(toDrift);
}

/** Has the same been said of a host lately? What lasts is not said again every minute. */
export async function wasNotedLately(db: Queryable, kind: Drift['kind'], hostId: string): Promise<boolean> {
  const rows = await db
    .select({ id: drifts.id })
    .from(drifts)
    .where(and(eq(drifts.kind, kind), eq(drifts.hostId, hostId), gt(drifts.at, sql`now() - interval '1 hour'`)))
    .limit(1);
  return rows.length > 0;
}

export async function removeOldDrifts(db: Queryable): Promise<void> {
  await db.delete(drifts).where(lt(drifts.at, sql`now() - interval '30 days'`));
}

const toDrift = (row: typeof drifts.$inferSelect): Drift => ({
  id: String(row.id),
  kind: row.kind,
  tenantId: row.tenantId,
  host: row.hostId,
  detail: row.detail,
  action: row.action,
  at: row.at.toISOString(),
});
