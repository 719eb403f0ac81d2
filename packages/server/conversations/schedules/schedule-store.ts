import type { Schedule, ScheduleRun } from '@clawpool/contracts';
import { and, asc, desc, eq, inArray, isNotNull, notInArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { assignments, employees, members, scheduleRuns, schedules, tenants } from '../../store/schema/index.ts';

export type ScheduleRow = typeof schedules.$inferSelect;
export type ScheduleRunRow = typeof scheduleRuns.$inferSelect;

export async function listSchedules(db: Queryable, organizationId: string, tenantId: string): Promise<Schedule[]> {
  const rows = await db
    .select()
    .from(schedules)
    .where(and(eq(schedules.organizationId, organizationId), eq(schedules.tenantId, tenantId)))
    .orderBy(asc(schedules.createdAt), asc(schedules.id));
  const lastRuns = await listLastRuns(
    db,
    organizationId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => toSchedule(row, lastRuns.get(row.id) ?? null));
}

export async function findSchedule(db: Queryable, organizationId: string, id: string): Promise<ScheduleRow | null> {
  const [row] = await db
    .select()
    .from(schedules)
    .where(and(eq(schedules.organizationId, organizationId), eq(schedules.id, id)));
  return row ?? null;
}

/** Locked until the transaction’s end: the runner does not take it meanwhile. */
export async function lockSchedule(tx: Transaction, organizationId: string, id: string): Promise<ScheduleRow | null> {
  const [row] = await tx
    .select()
    .from(schedules)
    .where(and(eq(schedules.organizationId, organizationId), eq(schedules.id, id)))
    .for('update');
  return row ?? null;
}

/** The schedule that is due for the longest time and that nobody works on, locked; without those that are to be left out. */
export async function lockDueSchedule(
  tx: Transaction,
  now: Date,
  without: readonly string[],
): Promise<(ScheduleRow & { nextRunAt: Date }) | null> {
  const [row] = await tx
    .select()
    .from(schedules)
    .where(
      and(
        eq(schedules.enabled, true),
        sql`${schedules.nextRunAt} <= ${now.toISOString()}`,
        isNotSuspended,
        without.length === 0 ? undefined : notInArray(schedules.id, [...without]),
      ),
    )
    .orderBy(asc(schedules.nextRunAt))
    .limit(1)
    .for('update', { skipLocked: true });
  return row?.nextRunAt ? { ...row, nextRunAt: row.nextRunAt } : null;
}

/** When the next one is due, of those that are not to be left out; null: none is. */
export async function nextDueAt(db: Queryable, without: readonly string[]): Promise<Date | null> {
  const [row] = await db
    .select({ at: schedules.nextRunAt })
    .from(schedules)
    .where(
      and(
        eq(schedules.enabled, true),
        isNotNull(schedules.nextRunAt),
        isNotSuspended,
        without.length === 0 ? undefined : notInArray(schedules.id, [...without]),
      ),
    )
    .orderBy(asc(schedules.nextRunAt))
    .limit(1);
  return row?.at ?? null;
}

/** Those of somebody who is suspended wait until they are let in again; what was missed meanwhile is theirs to say. */
const isNotSuspended = sql`not exists (
  select from employees e join tenants t on t.organization_id = e.organization_id and t.employee_id = e.id
  where e.organization_id = ${schedules.organizationId} and t.id = ${schedules.tenantId} and not e.active)`;

export async function countOpenRuns(db: Queryable, { organizationId, id }: ScheduleRow): Promise<number> {
  return db.$count(
    scheduleRuns,
    and(
      eq(scheduleRuns.organizationId, organizationId),
      eq(scheduleRuns.scheduleId, id),
      eq(scheduleRuns.state, 'running'),
    ),
  );
}

/** Newest first. */
export async function listRuns(
  db: Queryable,
  { organizationId, id }: ScheduleRow,
  limit: number,
): Promise<ScheduleRun[]> {
  const rows = await db
    .select()
    .from(scheduleRuns)
    .where(and(eq(scheduleRuns.organizationId, organizationId), eq(scheduleRuns.scheduleId, id)))
    .orderBy(desc(scheduleRuns.dueAt))
    .limit(limit);
  return rows.map(toRun);
}

async function listLastRuns(
  db: Queryable,
  organizationId: string,
  scheduleIds: readonly string[],
): Promise<Map<string, ScheduleRunRow>> {
  if (scheduleIds.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([scheduleRuns.scheduleId])
    .from(scheduleRuns)
    .where(and(eq(scheduleRuns.organizationId, organizationId), inArray(scheduleRuns.scheduleId, [...scheduleIds])))
    .orderBy(scheduleRuns.scheduleId, desc(scheduleRuns.dueAt));
  return new Map(rows.map((row) => [row.scheduleId, row]));
}

/** Runs kept of each schedule; one that runs every minute makes half a million a year. */
const runsKept = 200;

export async function removeOldRuns(tx: Transaction, { organizationId, id }: ScheduleRow): Promise<void> {
  await tx.execute(sql`
    delete from schedule_runs
    where organization_id = ${organizationId} and schedule_id = ${id} and state <> 'running' and due_at <= (
      select due_at from schedule_runs where organization_id = ${organizationId} and schedule_id = ${id}
      order by due_at desc offset ${runsKept} limit 1)`);
}

export interface TenantOfSchedule {
  name: string;
  /** A deleted tenant does not come back. */
  deleted: boolean;
  employeeId: string | null;
  ownerName: string | null;
  /** The user its owner signs in as; null: nobody does. */
  userId: string | null;
}

/** Somebody an agent works for. */
export type PersonOfTenant = Pick<TenantOfSchedule, 'userId' | 'employeeId'>;

/** Whom what an agent does by itself is for: its owner, or everybody who shares it. */
export async function findPeopleOfTenant(
  db: Queryable,
  organizationId: string,
  tenantId: string,
  owner: PersonOfTenant,
): Promise<PersonOfTenant[]> {
  if (owner.employeeId !== null) return [{ userId: owner.userId, employeeId: owner.employeeId }];
  return db
    .select({ userId: members.userId, employeeId: employees.id })
    .from(assignments)
    .innerJoin(
      employees,
      and(eq(employees.organizationId, assignments.organizationId), eq(employees.id, assignments.employeeId)),
    )
    .leftJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .where(
      and(
        eq(assignments.organizationId, organizationId),
        eq(assignments.tenantId, tenantId),
        eq(employees.active, true),
      ),
    )
    .orderBy(asc(employees.id));
}

export const sharesTenant = async (
  db: Queryable,
  organizationId: string,
  tenantId: string,
  employeeId: string,
): Promise<boolean> =>
  (await db.$count(
    assignments,
    and(
      eq(assignments.organizationId, organizationId),
      eq(assignments.tenantId, tenantId),
      eq(assignments.employeeId, employeeId),
    ),
  )) > 0;

export async function findTenantOfSchedule(
  db: Queryable,
  organizationId: string,
  tenantId: string,
): Promise<TenantOfSchedule | null> {
  const [row] = await db
    .select({
      name: tenants.name,
      deleted: sql<boolean>`${tenants.state} in ('deleting', 'deleted')`,
      employeeId: tenants.employeeId,
      ownerName: employees.name,
      userId: members.userId,
    })
    .from(tenants)
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .leftJoin(
      members,
      and(eq(members.organizationId, tenants.organizationId), eq(members.employeeId, tenants.employeeId)),
    )
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  return row ?? null;
}

export const toSchedule = (row: ScheduleRow, lastRun: ScheduleRunRow | null): Schedule => ({
  id: row.id,
  tenantId: row.tenantId,
  name: row.name,
  prompt: row.prompt,
  timing: row.timing,
  missedRuns: row.missedRuns,
  deliverTo: row.deliverTo,
  enabled: row.enabled,
  createdBy: { type: row.createdByType, name: row.createdByName },
  createdAt: row.createdAt.toISOString(),
  nextRunAt: row.nextRunAt?.toISOString() ?? null,
  lastRun: lastRun && toRun(lastRun),
});

export const toRun = (row: ScheduleRunRow): ScheduleRun => ({
  id: row.id,
  dueAt: row.dueAt.toISOString(),
  state: row.state,
  conversationId: row.conversationId,
  turnId: row.turnId,
  finishedAt: row.finishedAt?.toISOString() ?? null,
});
