import { randomUUID } from 'node:crypto';
import type { Grant, GrantEndCause } from '@clawpool/contracts';
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../../store/database.ts';
import { employees, grants, tenants } from '../../../store/schema/index.ts';
import { type Decider, mayTakeBack } from '../requests/access-request.ts';

export type GrantRow = typeof grants.$inferSelect;

/** A grant with what decides whose it is to take back. */
export interface GrantRecord {
  grant: GrantRow;
  tenantName: string;
  /** Of the agent's person, now. */
  departmentId: string | null;
}

/** Those that hold first, then the newest; at most 500. */
export async function listGrants(
  db: Queryable,
  organizationId: string,
  { departmentIds, holding }: { departmentIds: readonly string[] | null; holding: boolean },
): Promise<GrantRecord[]> {
  return selectGrants(db)
    .where(
      and(
        eq(grants.organizationId, organizationId),
        holding ? isNull(grants.endedAt) : undefined,
        departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
      ),
    )
    .orderBy(sql`${grants.endedAt} is null desc`, desc(grants.createdAt))
    .limit(500);
}

export async function findGrant(db: Queryable, organizationId: string, id: string): Promise<GrantRecord | null> {
  const [row] = await selectGrants(db).where(and(eq(grants.organizationId, organizationId), eq(grants.id, id)));
  return row ?? null;
}

export async function insertGrant(tx: Transaction, grant: Omit<typeof grants.$inferInsert, 'id'>): Promise<GrantRow> {
  const [row] = await tx
    .insert(grants)
    .values({ ...grant, id: randomUUID() })
    .returning();
  if (!row) throw new Error('a grant was not inserted');
  return row;
}

/** Null: it had ended before. */
export async function endGrant(
  tx: Transaction,
  { organizationId, id }: Pick<GrantRow, 'organizationId' | 'id'>,
  end: { at: Date; because: GrantEndCause; by: string | null },
): Promise<GrantRow | null> {
  const [row] = await tx
    .update(grants)
    .set({ endedAt: end.at, endedBecause: end.because, endedBy: end.by })
    .where(and(eq(grants.organizationId, organizationId), eq(grants.id, id), isNull(grants.endedAt)))
    .returning();
  return row ?? null;
}

/** As the API shows it to somebody. */
export const toGrant = (
  { grant, tenantName }: Pick<GrantRecord, 'grant' | 'tenantName'>,
  decider: Pick<Decider, 'isAdmin' | 'isManagerOfIt'>,
): Grant => ({
  ...{ id: grant.id, tenantId: grant.tenantId, tenantName, employeeName: grant.employeeName },
  ...{ kind: grant.kind, resource: grant.resource, mode: grant.mode, grantedBy: grant.grantedBy },
  requestId: grant.requestId,
  createdAt: grant.createdAt.toISOString(),
  expiresAt: grant.expiresAt?.toISOString() ?? null,
  endedAt: grant.endedAt?.toISOString() ?? null,
  endedBecause: grant.endedBecause,
  endedBy: grant.endedBy,
  mayRevoke: grant.endedAt === null && mayTakeBack(decider),
});

function selectGrants(db: Queryable) {
  return db
    .select({ grant: grants, tenantName: tenants.name, departmentId: employees.departmentId })
    .from(grants)
    .innerJoin(tenants, and(eq(tenants.organizationId, grants.organizationId), eq(tenants.id, grants.tenantId)))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .$dynamic();
}
