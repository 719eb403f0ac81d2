import { ClawpoolError } from '@clawpool/contracts';
import { and, desc, eq } from 'drizzle-orm';
import { scopeOf } from '../organization/department-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { CheckpointRow } from '../pool/checkpoints/checkpoint.ts';
import { findTenant, type TenantColumns, type TenantRow } from '../pool/tenant-store.ts';
import type { Queryable, Transaction } from '../store/database.ts';
import { assignments, checkpoints, tenants } from '../store/schema/index.ts';
import { accessOf, type WorkspaceAccess } from './workspace-access.ts';

/** An agent whose workspace the principal reaches. Error: `not_found`. */
export async function findWorkspace(
  db: Queryable,
  principal: Principal,
  tenantId: string,
): Promise<{ tenant: TenantRow; access: WorkspaceAccess }> {
  const { organizationId, roles } = principal;
  const tenant = await findTenant(db, tenantId);
  const gone = !tenant || tenant.state === 'deleted' || tenant.state === 'deleting';
  if (gone || tenant.organizationId !== organizationId) throw noSuchAgent();
  // An auditor sees all departments; what they manage is less.
  const managed = roles.includes('manager') ? await scopeOf(db, { ...principal, roles: ['manager'] }) : [];
  const access = accessOf(principal, {
    employeeId: tenant.employeeId,
    departmentId: tenant.departmentId,
    assigned: await isAssigned(db, principal, tenantId),
    managed: managed ?? [],
  });
  if (!access) throw noSuchAgent();
  return { tenant, access };
}

async function isAssigned(
  db: Queryable,
  { organizationId, employeeId }: Principal,
  tenantId: string,
): Promise<boolean> {
  if (employeeId === null) return false;
  const found = await db
    .select({ tenantId: assignments.tenantId })
    .from(assignments)
    .where(
      and(
        eq(assignments.organizationId, organizationId),
        eq(assignments.tenantId, tenantId),
        eq(assignments.employeeId, employeeId),
      ),
    );
  return found.length > 0;
}

/**
 * The row as it is, locked until the transaction's end against whatever else would move the agent's files; not against turns and checkpoints, which
 * only refer to it.
 */
export async function lockFiles(
  tx: Transaction,
  organizationId: string,
  tenantId: string,
): Promise<TenantColumns | null> {
  const [row] = await tx
    .select()
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)))
    .for('no key update');
  return row ?? null;
}

export const noSuchAgent = () =>
  new ClawpoolError('not_found', 'There is no such agent.', 'Choose one of those that are listed.');

/** Newest first, at most 200: more than any retention keeps of the newest ones. */
export async function listCheckpointRoots(
  db: Queryable,
  organizationId: string,
  tenantId: string,
): Promise<Pick<CheckpointRow, 'id' | 'root' | 'createdAt' | 'backup'>[]> {
  return db
    .select({
      id: checkpoints.id,
      root: checkpoints.root,
      createdAt: checkpoints.createdAt,
      backup: checkpoints.backup,
    })
    .from(checkpoints)
    .where(and(eq(checkpoints.organizationId, organizationId), eq(checkpoints.tenantId, tenantId)))
    .orderBy(desc(checkpoints.createdAt), desc(checkpoints.id))
    .limit(200);
}
