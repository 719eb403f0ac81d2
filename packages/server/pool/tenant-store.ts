import type { RuntimeFailureReason, TenantState } from '@clawpool/contracts';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import type { Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { departments, employees, positions, tenants, tiers } from '../store/schema/index.ts';
import { statesBefore, transitionAction } from './tenant.ts';

/** A tenant with what its tier, owner and position say of it. */
export type TenantRow = Awaited<ReturnType<typeof selectTenants>>[number];

function selectTenants(db: Queryable) {
  return db
    .select({
      organizationId: tenants.organizationId,
      id: tenants.id,
      name: tenants.name,
      employeeId: tenants.employeeId,
      uid: tenants.uid,
      state: tenants.state,
      stateSince: tenants.stateSince,
      reason: tenants.reason,
      hint: tenants.hint,
      generation: tenants.generation,
      lastActiveAt: tenants.lastActiveAt,
      ownerName: employees.name,
      departmentId: employees.departmentId,
      department: departments.name,
      position: positions.name,
      positionTools: positions.tools,
      tier: tiers.name,
      tierDriver: tiers.driver,
      tierImage: tiers.image,
      tierModel: tiers.model,
      toolsCeiling: tiers.toolsCeiling,
      memoryMegabytes: tiers.memoryMegabytes,
      cpuMillis: tiers.cpuMillis,
      pids: tiers.pids,
    })
    .from(tenants)
    .innerJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .innerJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .$dynamic();
}

/** All tenants of an organization, or those owned in the given departments, by name. */
export async function listTenants(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
): Promise<TenantRow[]> {
  if (departmentIds?.length === 0) return [];
  return selectTenants(db)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
      ),
    )
    .orderBy(tenants.name);
}

/** By its installation-wide id. */
export async function findTenant(db: Queryable, tenantId: string): Promise<TenantRow | null> {
  const [row] = await selectTenants(db).where(eq(tenants.id, tenantId)).limit(1);
  return row ?? null;
}

export async function findTenantOfEmployee(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<TenantRow | null> {
  const [row] = await selectTenants(db)
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.employeeId, employeeId)))
    .limit(1);
  return row ?? null;
}

/** By id, name or owner, for people at a command line. */
export async function findTenantByAnyName(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<TenantRow | null> {
  const rows = await selectTenants(db)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        sql`${name} in (${tenants.id}, ${tenants.name}, ${tenants.employeeId})`,
      ),
    )
    // An exact id wins over a name that happens to be equal.
    .orderBy(sql`${tenants.id} = ${name} desc`)
    .limit(1);
  return rows[0] ?? null;
}

/** What a transition writes besides the state. */
export interface Transition {
  organizationId: string;
  tenantId: string;
  to: TenantState;
  /** The generation the caller acts for. A start passes the present one and raises it. */
  generation: number;
  reason?: RuntimeFailureReason;
  hint?: string;
  detail?: Record<string, unknown>;
}

/**
 * One step of the lifecycle: state, audit event and notification in the caller's transaction.
 * Returns null when the tenant has moved on: another generation, or a state from which the step is not allowed.
 */
export async function transitionTenant(tx: Transaction, step: Transition): Promise<{ generation: number } | null> {
  const key = and(eq(tenants.organizationId, step.organizationId), eq(tenants.id, step.tenantId));
  const [before] = await tx
    .select({ state: tenants.state, name: tenants.name, generation: tenants.generation })
    .from(tenants)
    .where(key)
    .for('update');
  if (!before || before.generation !== step.generation || !statesBefore(step.to).includes(before.state)) return null;

  const generation = step.to === 'creating' ? before.generation + 1 : before.generation;
  await tx
    .update(tenants)
    .set({ state: step.to, stateSince: new Date(), generation, reason: step.reason ?? null, hint: step.hint ?? null })
    .where(key);
  await recordAudit(tx, step.organizationId, {
    actor: { type: 'system', id: 'pool', name: 'Clawpool' },
    action: transitionAction(before.state, step.to),
    target: { type: 'tenant', id: step.tenantId, name: before.name },
    outcome: step.to === 'failed' ? 'failed' : 'allowed',
    detail: { generation, ...(step.reason ? { reason: step.reason } : {}), ...step.detail },
  });
  await notify(tx, 'tenant_changed', { organizationId: step.organizationId, tenantId: step.tenantId });
  return { generation };
}

/** Tenants whose state says that they have, get or lose a runtime. */
export async function listTenantsWithRuntime(
  db: Queryable,
): Promise<{ organizationId: string; id: string; generation: number }[]> {
  return db
    .select({ organizationId: tenants.organizationId, id: tenants.id, generation: tenants.generation })
    .from(tenants)
    .where(inArray(tenants.state, ['creating', 'running', 'stopping']));
}

export async function touchTenant(tx: Queryable, organizationId: string, tenantId: string, at: Date): Promise<void> {
  await tx
    .update(tenants)
    .set({ lastActiveAt: at })
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
}

export async function countTenants(
  db: Queryable,
  organizationId: string,
): Promise<{ total: number; running: number; failed: number }> {
  const [row] = await db
    .select({
      total: sql<number>`count(*)::int`,
      running: sql<number>`count(*) filter (where ${tenants.state} = 'running')::int`,
      failed: sql<number>`count(*) filter (where ${tenants.state} = 'failed')::int`,
    })
    .from(tenants)
    .where(eq(tenants.organizationId, organizationId));
  return row ?? { total: 0, running: 0, failed: 0 };
}
