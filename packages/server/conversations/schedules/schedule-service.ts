import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  ClawpoolError,
  maxSchedulesPerTenant,
  type NewAuditEvent,
  type Schedule,
  type ScheduleInput,
  type ScheduleRun,
  type ScheduleTiming,
} from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { findTenantOfEmployee, lockTenant } from '../../pool/tenant-store.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { schedules } from '../../store/schema/index.ts';
import { beginRun } from './begin-run.ts';
import { nextTime, nextTimes, refuseUnusableTiming } from './schedule.ts';
import {
  findSchedule,
  findTenantOfSchedule,
  listRuns,
  listSchedules,
  lockSchedule,
  type ScheduleRow,
  sharesTenant,
  type TenantOfSchedule,
  toRun,
  toSchedule,
} from './schedule-store.ts';

/** An agent that makes schedules for itself, through its out pipe. */
export interface SchedulingAgent {
  organizationId: string;
  /** Its own tenant, and no other. */
  tenantId: string;
  agentName: string;
}

/** A person, an integrator’s key (which needs the scope `schedules`), or an agent. */
export type Scheduler = Principal | SchedulingAgent;

/** The use cases of schedules. What is not the caller’s is `not_found`. */
export interface ScheduleService {
  /** `tenantId` absent: the caller’s own agent. */
  list(by: Scheduler, tenantId?: string): Promise<Schedule[]>;
  /** Errors: `invalid_request` for a timing that never comes, `quota_exceeded`. */
  create(by: Scheduler, input: ScheduleInput, tenantId?: string): Promise<Schedule>;
  change(by: Scheduler, scheduleId: string, input: ScheduleInput): Promise<Schedule>;
  /** Turns of it that wait, or are being answered, are stopped. With `tenantId` it has to be that tenant’s. */
  remove(by: Scheduler, scheduleId: string, tenantId?: string): Promise<void>;
  /** Runs it now as well. Error: `too_many_requests` when too much waits for the agent. */
  run(by: Scheduler, scheduleId: string): Promise<ScheduleRun>;
  /** The latest 50, newest first. */
  runs(by: Scheduler, scheduleId: string): Promise<ScheduleRun[]>;
  /** The next five times. Errors: `invalid_request` when there is none. */
  preview(timing: ScheduleTiming): Date[];
}

export function createScheduleService(
  { db }: Database,
  { now = () => new Date() }: { now?: () => Date } = {},
): ScheduleService {
  async function tenantFor(by: Scheduler, tenantId: string | undefined): Promise<string> {
    const id = tenantId ?? (await ownTenant(by));
    const tenant = await findTenantOfSchedule(db, by.organizationId, id);
    if (!tenant || tenant.deleted || !(await mayUse(by, id, tenant))) throw noSuchAgent();
    return id;
  }

  async function ownTenant(by: Scheduler): Promise<string> {
    if ('tenantId' in by) return by.tenantId;
    const own = by.employeeId && (await findTenantOfEmployee(db, by.organizationId, by.employeeId));
    if (own) return own.id;
    throw new ClawpoolError(
      'not_found',
      'You have no agent yet.',
      'An admin has to give you a position with an agent.',
    );
  }

  /** Its tenant may be deleted: what it ran stays to be read. */
  async function find(by: Scheduler, scheduleId: string): Promise<ScheduleRow> {
    const row = await findSchedule(db, by.organizationId, scheduleId);
    const tenant = row && (await findTenantOfSchedule(db, by.organizationId, row.tenantId));
    if (row && tenant && (await mayUse(by, row.tenantId, tenant))) return row;
    throw noSuchSchedule();
  }

  /** Whoever the agent works for: its owner, or who shares it; and admins. */
  async function mayUse(by: Scheduler, tenantId: string, tenant: TenantOfSchedule): Promise<boolean> {
    if ('tenantId' in by) return by.tenantId === tenantId;
    if (by.apiKey) {
      if (!by.apiKey.scopes.includes('schedules')) {
        throw new ClawpoolError('not_allowed', 'This key has not the scope “schedules”.', 'Make a key that has it.');
      }
      return by.apiKey.tenantIds.includes(tenantId);
    }
    if (by.roles.includes('admin')) return true;
    if (by.employeeId === null) return false;
    if (tenant.employeeId !== null) return tenant.employeeId === by.employeeId;
    return sharesTenant(db, by.organizationId, tenantId, by.employeeId);
  }

  /** Finds it, locks it, changes it, audits it, and wakes the runner: in one transaction. */
  async function locked<T>(
    by: Scheduler,
    scheduleId: string,
    verb: 'changed' | 'deleted' | 'run',
    change: (tx: Transaction, row: ScheduleRow, tenant: TenantOfSchedule) => Promise<T>,
  ): Promise<T> {
    await find(by, scheduleId);
    return db.transaction(async (tx) => {
      const row = await lockSchedule(tx, by.organizationId, scheduleId);
      const tenant = row && (await findTenantOfSchedule(tx, by.organizationId, row.tenantId));
      if (!row || !tenant) throw noSuchSchedule();
      const result = await change(tx, row, tenant);
      await record(tx, by, `schedule.${verb}`, row, tenant);
      await notify(tx, 'schedules_changed', {});
      return result;
    });
  }

  return {
    list: async (by, tenantId) => listSchedules(db, by.organizationId, await tenantFor(by, tenantId)),

    create: async (by, input, wantedTenantId) => {
      const at = now();
      refuseUnusableTiming(input.timing, at);
      const { organizationId } = by;
      const tenantId = await tenantFor(by, wantedTenantId);
      return db.transaction(async (tx) => {
        // Locked, so that two at once do not both find room for the last one.
        const tenant = await lockTenant(tx, organizationId, tenantId);
        if (!tenant) throw noSuchAgent();
        await refuseWhenFull(tx, organizationId, tenantId);
        const [row] = await tx
          .insert(schedules)
          .values({
            ...columnsOf(input),
            ...{ organizationId, id: randomUUID(), tenantId, createdAt: at, ...createdBy(by) },
            nextRunAt: input.enabled ? nextTime(input.timing, at, at) : null,
          })
          .returning();
        if (!row) throw new Error('insert returned nothing');
        await record(tx, by, 'schedule.created', row, tenant);
        await notify(tx, 'schedules_changed', {});
        return toSchedule(row, null);
      });
    },

    change: (by, scheduleId, input) =>
      locked(by, scheduleId, 'changed', async (tx, before) => {
        const at = now();
        const sameTiming = isDeepStrictEqual(input.timing, before.timing);
        // A one-time schedule that has run may still be renamed, or switched off.
        const begins = input.enabled && !(sameTiming && before.enabled);
        if (begins || !sameTiming) refuseUnusableTiming(input.timing, at);
        const nextRunAt = begins
          ? nextTime(input.timing, before.createdAt, at)
          : input.enabled
            ? before.nextRunAt
            : null;
        const [row] = await tx
          .update(schedules)
          .set({ ...columnsOf(input), nextRunAt })
          .where(and(eq(schedules.organizationId, before.organizationId), eq(schedules.id, before.id)))
          .returning();
        if (!row) throw noSuchSchedule();
        const [lastRun] = await listRuns(tx, row, 1);
        return { ...toSchedule(row, null), lastRun: lastRun ?? null };
      }),

    remove: async (by, scheduleId, tenantId) => {
      if (tenantId !== undefined && (await find(by, scheduleId)).tenantId !== tenantId) throw noSuchSchedule();
      await locked(by, scheduleId, 'deleted', async (tx, row) => {
        await stopOpenTurns(tx, row);
        await tx
          .delete(schedules)
          .where(and(eq(schedules.organizationId, row.organizationId), eq(schedules.id, row.id)));
      });
    },

    run: (by, scheduleId) =>
      locked(by, scheduleId, 'run', async (tx, row, tenant) => {
        if (tenant.deleted) throw noSuchAgent();
        const at = now();
        const begun = await beginRun(tx, row, tenant, at, at);
        if (!begun) throw new ClawpoolError('conflict', 'It was begun this moment.');
        if (begun.refusal) throw begun.refusal;
        return toRun(begun.run);
      }),

    runs: async (by, scheduleId) => listRuns(db, await find(by, scheduleId), 50),

    preview: (timing) => {
      const at = now();
      refuseUnusableTiming(timing, at);
      return nextTimes(timing, at, at, 5);
    },
  };
}

async function refuseWhenFull(tx: Transaction, organizationId: string, tenantId: string): Promise<void> {
  const count = await tx.$count(
    schedules,
    and(eq(schedules.organizationId, organizationId), eq(schedules.tenantId, tenantId)),
  );
  if (count < maxSchedulesPerTenant) return;
  throw new ClawpoolError(
    'quota_exceeded',
    `This agent has ${count} schedules; ${maxSchedulesPerTenant} are allowed.`,
    'Delete those that are not needed any more.',
  );
}

const columnsOf = ({ name, prompt, timing, missedRuns, deliverTo, enabled }: ScheduleInput) => ({
  ...{ timing, missedRuns, deliverTo, enabled },
  // PostgreSQL’s text holds no NUL.
  ...{ name: name.replaceAll('\0', ''), prompt: prompt.replaceAll('\0', '') },
});

function createdBy(by: Scheduler): Pick<ScheduleRow, 'createdByType' | 'createdByName'> {
  if ('tenantId' in by) return { createdByType: 'agent', createdByName: by.agentName };
  return by.apiKey
    ? { createdByType: 'api', createdByName: by.apiKey.name }
    : { createdByType: 'person', createdByName: by.name };
}

function actorOf(by: Scheduler): NewAuditEvent['actor'] {
  if ('tenantId' in by) return { type: 'agent', id: by.tenantId, name: by.agentName };
  return by.apiKey
    ? { type: 'system', id: `key:${by.apiKey.id}`, name: by.apiKey.name }
    : { type: 'person', id: by.userId, name: by.name };
}

const record = (tx: Transaction, by: Scheduler, action: string, row: ScheduleRow, tenant: { name: string }) =>
  recordAudit(tx, row.organizationId, {
    ...{ actor: actorOf(by), action, outcome: 'allowed' },
    // The tenant, so that its timeline tells of it.
    target: { type: 'tenant', id: row.tenantId, name: tenant.name },
    detail: { scheduleId: row.id, name: row.name, timing: row.timing },
  });

/** Before the runs go with the schedule: a turn’s end locks the turn first, and its run after it. */
async function stopOpenTurns(tx: Transaction, { organizationId, id }: ScheduleRow): Promise<void> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    update turns t set stop_requested_at = now()
    where t.organization_id = ${organizationId} and t.finished_at is null and t.id in (
      select turn_id from schedule_runs where organization_id = ${organizationId} and schedule_id = ${id} and state = 'running')
    returning t.id`);
  for (const { id: turnId } of rows) await notify(tx, 'turn_stop_requested', { turnId });
}

const noSuchAgent = () => new ClawpoolError('not_found', 'There is no such agent.');

const noSuchSchedule = () =>
  new ClawpoolError('not_found', 'There is no such schedule.', 'It may have been deleted, or belong to somebody else.');
