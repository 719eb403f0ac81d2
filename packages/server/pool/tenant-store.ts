import type { ConfigTemplateContent, OperationFailureReason, TenantState } from '@clawpool/contracts';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { recordAudit } from '../audit/audit-store.ts';
import type { Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import {
  checkpoints,
  configTemplates,
  departments,
  employees,
  operations,
  positions,
  tenants,
  tiers,
} from '../store/schema/index.ts';
import { statesBefore, transitionAction } from './tenant.ts';

/** A tenant with what its tier, template, owner and position say of it, and what is being done to it. */
export type TenantRow = Awaited<ReturnType<typeof selectTenants>>[number];

/** A tenant's own columns. */
export type TenantColumns = typeof tenants.$inferSelect;

const open = alias(operations, 'open_operation');

const ofAssistant = sql`exists (select from assistants where assistants.organization_id = ${tenants.organizationId}
  and assistants.tenant_id = ${tenants.id})`;

export function selectTenants(db: Queryable) {
  return db
    .select({
      organizationId: tenants.organizationId,
      id: tenants.id,
      name: tenants.name,
      employeeId: tenants.employeeId,
      tierId: tenants.tierId,
      uid: tenants.uid,
      state: tenants.state,
      stateSince: tenants.stateSince,
      reason: tenants.reason,
      hint: tenants.hint,
      generation: tenants.generation,
      lastActiveAt: tenants.lastActiveAt,
      createdAt: tenants.createdAt,
      group: tenants.group,
      tags: tenants.tags,
      skills: tenants.skills,
      skillGroups: tenants.skillGroups,
      configTemplate: tenants.configTemplate,
      image: tenants.image,
      cpuMillis: tenants.cpuMillis,
      memoryMegabytes: tenants.memoryMegabytes,
      diskMegabytes: tenants.diskMegabytes,
      expiresAt: tenants.expiresAt,
      onExpiry: tenants.onExpiry,
      timetable: tenants.timetable,
      timetableDoneAt: tenants.timetableDoneAt,
      hostId: tenants.hostId,
      filesEpoch: tenants.filesEpoch,
      agentRevision: tenants.agentRevision,
      checkpointId: tenants.checkpointId,
      diskBytes: tenants.diskBytes,
      startFailures: tenants.startFailures,
      retryAt: tenants.retryAt,
      ownerName: employees.name,
      departmentId: employees.departmentId,
      positionId: employees.positionId,
      department: departments.name,
      position: positions.name,
      // Anybody talks to a public twin: it has no tools, whatever its tier would allow. The admin assistant only looks things up, and what is
      // about to be deleted does nothing any more.
      positionTools: sql<
        string[] | null
      >`case when exists (select from twins where twins.organization_id = ${tenants.organizationId} and twins.tenant_id = ${tenants.id})
          or ${ofAssistant} or (${tenants.onExpiry} = 'delete' and ${tenants.expiresAt} <= now()) then '[]'::jsonb
          else ${positions.tools} end`,
      /** The organization's admin assistant. */
      isAssistant: sql<boolean>`${ofAssistant}`,
      tier: tiers.name,
      tierDriver: tiers.driver,
      tierImage: tiers.image,
      tierModel: tiers.model,
      toolsCeiling: tiers.toolsCeiling,
      tierMemoryMegabytes: tiers.memoryMegabytes,
      tierCpuMillis: tiers.cpuMillis,
      tierDiskMegabytes: tiers.diskMegabytes,
      tierIdleMinutes: tiers.idleMinutes,
      pids: tiers.pids,
      alwaysOn: tiers.alwaysOn,
      template: sql<ConfigTemplateContent | null>`${configTemplates.content}`,
      checkpointRoot: checkpoints.root,
      checkpointAt: checkpoints.createdAt,
      operationId: open.id,
      operationKind: open.kind,
      operationPhase: open.phase,
      operationDeadlineAt: open.deadlineAt,
    })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .leftJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .leftJoin(
      checkpoints,
      and(eq(checkpoints.organizationId, tenants.organizationId), eq(checkpoints.id, tenants.checkpointId)),
    )
    .leftJoin(
      open,
      and(eq(open.organizationId, tenants.organizationId), eq(open.tenantId, tenants.id), isNull(open.finishedAt)),
    )
    .leftJoin(
      configTemplates,
      and(
        eq(configTemplates.organizationId, tenants.organizationId),
        eq(configTemplates.name, tenants.configTemplate),
        // The newest version: the one that has none after it.
        sql`not exists (select from ${configTemplates} as newer_template where newer_template.organization_id = ${configTemplates.organizationId}
          and newer_template.name = ${configTemplates.name} and newer_template.version > ${configTemplates.version})`,
      ),
    )
    .$dynamic();
}

/** By its installation-wide id; deleted ones too. */
export async function findTenant(db: Queryable, tenantId: string): Promise<TenantRow | null> {
  const [row] = await selectTenants(db).where(eq(tenants.id, tenantId)).limit(1);
  return row ?? null;
}

export async function findTenants(db: Queryable, tenantIds: readonly string[]): Promise<TenantRow[]> {
  if (tenantIds.length === 0) return [];
  return selectTenants(db).where(inArray(tenants.id, [...tenantIds]));
}

export async function findTenantOfEmployee(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<TenantRow | null> {
  const [row] = await selectTenants(db)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        eq(tenants.employeeId, employeeId),
        sql`${tenants.state} <> 'deleted'`,
      ),
    )
    .limit(1);
  return row ?? null;
}

/** By id, name or owner, for people at a command line. A deleted one by its id only: its name may be somebody else's. */
export async function findTenantByAnyName(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<TenantRow | null> {
  const rows = await selectTenants(db)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        sql`(${tenants.id} = ${name} or (${tenants.state} <> 'deleted' and ${name} in (${tenants.name}, ${tenants.employeeId})))`,
      ),
    )
    // An exact id wins over a name that happens to be equal.
    .orderBy(sql`${tenants.id} = ${name} desc`, sql`${tenants.name} = ${name} desc`)
    .limit(1);
  return rows[0] ?? null;
}

export interface TenantInScope {
  organizationId: string;
  id: string;
  /** Its owner's; null: nobody's. */
  departmentId: string | null;
}

/** Who may see each of these tenants, or those that run in some organizations. */
export async function listScopes(
  db: Queryable,
  which: { ids: readonly string[] } | { runningIn: readonly string[]; limit: number },
): Promise<TenantInScope[]> {
  const query = db
    .select({ organizationId: tenants.organizationId, id: tenants.id, departmentId: employees.departmentId })
    .from(tenants)
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .$dynamic();
  if ('ids' in which) return which.ids.length === 0 ? [] : query.where(inArray(tenants.id, [...which.ids]));
  return query
    .where(and(eq(tenants.state, 'running'), inArray(tenants.organizationId, [...which.runningIn])))
    .orderBy(sql`${tenants.lastActiveAt} desc nulls last`)
    .limit(which.limit);
}

/** What a transition writes besides the state. */
export interface Transition {
  organizationId: string;
  tenantId: string;
  to: TenantState;
  /** The generation the caller acts for. A start passes the present one and raises it. */
  generation: number;
  reason?: OperationFailureReason | undefined;
  hint?: string | undefined;
  detail?: Record<string, unknown> | undefined;
  /** Further columns that change with it. */
  set?: Partial<
    Pick<
      TenantColumns,
      'hostId' | 'filesEpoch' | 'checkpointId' | 'startFailures' | 'retryAt' | 'image' | 'configTemplate'
    >
  >;
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
    .set({
      ...step.set,
      state: step.to,
      stateSince: sql`now()`,
      generation,
      reason: step.reason ?? null,
      hint: step.hint ?? null,
      ...(step.to === 'deleted' ? { deletedAt: sql`now()` } : {}),
    })
    .where(key);
  await recordAudit(tx, step.organizationId, {
    actor: poolActor,
    action: transitionAction(before.state, step.to),
    target: { type: 'tenant', id: step.tenantId, name: before.name },
    outcome: step.to === 'failed' || step.to === 'requires_attention' ? 'failed' : 'allowed',
    detail: { generation, ...(step.reason ? { reason: step.reason } : {}), ...step.detail },
  });
  await notify(tx, 'tenant_changed', { organizationId: step.organizationId, tenantId: step.tenantId });
  return { generation };
}

/** Who acts where no person asked. */
export const poolActor = { type: 'system' as const, id: 'pool', name: 'Clawpool' };

/** The row as it is, locked until the transaction's end. */
export async function lockTenant(
  tx: Transaction,
  organizationId: string,
  tenantId: string,
): Promise<TenantColumns | null> {
  const [row] = await tx
    .select()
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)))
    .for('update');
  return row ?? null;
}

export async function touchTenant(tx: Queryable, organizationId: string, tenantId: string, at: Date): Promise<void> {
  await tx
    .update(tenants)
    .set({ lastActiveAt: at })
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
}

/** Turns that are being answered, or are about to be: a runtime with one is not idle. */
export async function hasRunningTurn(db: Queryable, organizationId: string, tenantId: string): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from turns where organization_id = ${organizationId} and tenant_id = ${tenantId}
      and finished_at is null and lease_owner is not null limit 1`);
  return rows.length > 0;
}

export async function countTenants(
  db: Queryable,
  organizationId: string,
): Promise<{ total: number; running: number; failed: number }> {
  const [row] = await db
    .select({
      total: sql<number>`count(*)::int`,
      running: sql<number>`count(*) filter (where ${tenants.state} = 'running')::int`,
      failed: sql<number>`count(*) filter (where ${tenants.state} in ('failed', 'requires_attention'))::int`,
    })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), sql`${tenants.state} <> 'deleted'`));
  return row ?? { total: 0, running: 0, failed: 0 };
}
