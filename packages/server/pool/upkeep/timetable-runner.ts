import type { TenantState, Timetable } from '@clawpool/contracts';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database } from '../../store/database.ts';
import { tenants } from '../../store/schema/index.ts';
import type { OperationService } from '../operations/operation-service.ts';
import { poolActor } from '../tenant-store.ts';
import { requestQuietly } from './request.ts';
import { type TimetableEvent, timetableEvents } from './timetable.ts';

/** In which states an event has something to do; in all others it is done already, or a person decided otherwise. */
const actsIn: Readonly<Record<TimetableEvent['does'], readonly TenantState[]>> = {
  start: ['stopped', 'hibernated', 'failed'],
  stop: ['running', 'hibernated', 'paused', 'failed', 'pending'],
};

/**
 * What of a timetable is still to be done. Of several events that were missed, for example because Clawpool did not run, only the
 * newest matters. What happened before the tenant was there does not count.
 */
function dueEvent(
  tenant: { timetable: Timetable; timetableDoneAt: Date | null; createdAt: Date },
  now: Date,
): TimetableEvent | null {
  const { latest } = timetableEvents(tenant.timetable, now);
  const doneAt = tenant.timetableDoneAt ?? tenant.createdAt;
  return latest && latest.at > doneAt ? latest : null;
}

export interface TimetableOptions {
  database: Database;
  operations: OperationService;
  onError: (error: unknown) => void;
}

/** Starts and stops what is due. Each event is one operation, also when Clawpool is killed in between. */
export async function runTimetables({ database, operations, onError }: TimetableOptions, now: Date): Promise<void> {
  for (const tenant of await listWithTimetable(database)) {
    if (!tenant.timetable) continue;
    if (tenant.timetableDoneAt && tenant.timetableDoneAt.getTime() > now.getTime() + aheadMs) {
      await setDone(database, tenant, now);
      continue;
    }
    const event = dueEvent({ ...tenant, timetable: tenant.timetable }, now);
    if (!event) continue;
    if (actsIn[event.does].includes(tenant.state)) {
      const clientToken = `timetable:${tenant.id}:${event.at.getTime()}`;
      const result = await requestQuietly(operations, tenant, { kind: event.does, clientToken }, 'timetable', onError);
      if (result === 'busy') continue;
      if (result !== 'requested') await recordRefusal(database, tenant, event, result.message);
    }
    await setDone(database, tenant, event.at);
  }
}

/** A clock that was ahead for a while must not switch timetables off until then. */
const aheadMs = 60_000;

async function setDone({ db }: Database, tenant: { organizationId: string; id: string }, at: Date): Promise<void> {
  await db
    .update(tenants)
    .set({ timetableDoneAt: at })
    .where(and(eq(tenants.organizationId, tenant.organizationId), eq(tenants.id, tenant.id)));
}

const listWithTimetable = ({ db }: Database) =>
  db
    .select({
      organizationId: tenants.organizationId,
      id: tenants.id,
      name: tenants.name,
      state: tenants.state,
      timetable: tenants.timetable,
      timetableDoneAt: tenants.timetableDoneAt,
      createdAt: tenants.createdAt,
    })
    .from(tenants)
    .where(
      and(
        isNotNull(tenants.timetable),
        sql`${tenants.state} not in ('deleting', 'deleted')`,
        sql`not exists (select 1 from operations o where o.organization_id = ${tenants.organizationId}
          and o.tenant_id = ${tenants.id} and o.finished_at is null)`,
      ),
    );

/** It is not tried again with this event; the tenant's timeline says why. */
async function recordRefusal(
  { db }: Database,
  tenant: { organizationId: string; id: string; name: string },
  event: TimetableEvent,
  message: string,
): Promise<void> {
  await recordAudit(db, tenant.organizationId, {
    actor: poolActor,
    action: 'tenant.timetable_failed',
    target: { type: 'tenant', id: tenant.id, name: tenant.name },
    outcome: 'failed',
    detail: { event: event.does, due: event.at.toISOString(), message },
  });
}
