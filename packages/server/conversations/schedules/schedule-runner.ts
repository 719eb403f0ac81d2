import type { ClawpoolError } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Database, Transaction } from '../../store/database.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import { schedules } from '../../store/schema/index.ts';
import { type BegunRun, beginRun, insertRun } from './begin-run.ts';
import { emitRan } from './emit-ran.ts';
import { planRuns } from './schedule.ts';
import {
  countOpenRuns,
  findTenantOfSchedule,
  lockDueSchedule,
  nextDueAt,
  removeOldRuns,
  type ScheduleRow,
  type TenantOfSchedule,
} from './schedule-store.ts';
import { tellPeopleOf } from './tell-people-of.ts';

export interface ScheduleRunner {
  /** Begins nothing any more, and waits for what it began. */
  close(): Promise<void>;
}

export interface ScheduleRunnerOptions {
  database: Database;
  notifications: NotificationListener;
  onError: (error: unknown) => void;
  now?: () => Date;
}

/** A slow poll catches whatever a lost notification would have told, and a clock that was set. */
const pollMs = 15_000;

/** Gives due schedules’ prompts to their agents. Any number of processes may do so: each time of a schedule becomes one turn. */
export function startScheduleRunner(options: ScheduleRunnerOptions): ScheduleRunner {
  const { database, notifications, onError } = options;
  const now = options.now ?? (() => new Date());
  let closed = false;
  let wanted = false;
  let working: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const stopChanged = notifications.on('schedules_changed', () => look());
  const stopGap = notifications.onGap(() => look());
  look();

  /** Runs what is due, then sleeps until the next time, notification or poll. */
  function look(): void {
    wanted = true;
    if (closed) return;
    working ??= work().finally(() => {
      working = null;
      if (wanted) look();
    });
  }

  async function work(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    let delay = pollMs;
    try {
      const broken = await runDueSchedules(database, now, onError, () => closed);
      const next = await nextDueAt(database.db, broken);
      if (next) delay = Math.min(pollMs, Math.max(50, next.getTime() - now().getTime()));
    } catch (error) {
      onError(error);
    }
    if (!closed) timer = setTimeout(look, delay);
  }

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      stopChanged();
      stopGap();
      await working;
    },
  };
}

/** Until nothing is due. Returns the ids of those that could not be worked on, which are tried again with the next round. */
export async function runDueSchedules(
  database: Database,
  now: () => Date,
  onError: (error: unknown) => void,
  isOver: () => boolean = () => false,
): Promise<string[]> {
  const broken: string[] = [];
  while (!isOver()) {
    let held: string | null = null;
    try {
      const found = await database.db.transaction(async (tx) => {
        const due = await lockDueSchedule(tx, now(), broken);
        if (!due) return false;
        held = due.id;
        await runDue(tx, due, now());
        return true;
      });
      if (!found) break;
    } catch (error) {
      onError(error);
      // Without a schedule it is the database that is away. One that cannot be run must not keep the others from running.
      if (held === null) break;
      broken.push(held);
    }
  }
  return broken;
}

/** All of it commits together: the runs, their turns, and the time that is the next. */
async function runDue(tx: Transaction, schedule: ScheduleRow & { nextRunAt: Date }, now: Date): Promise<void> {
  const { organizationId, id, tenantId } = schedule;
  const tenant = await findTenantOfSchedule(tx, organizationId, tenantId);
  if (!tenant) throw new Error(`schedule ${id} has no tenant`);
  const plan = planRuns(schedule, await countOpenRuns(tx, schedule), now);
  await tx
    .update(schedules)
    // A deleted tenant’s turn fails and says so; it is not asked again.
    .set({ nextRunAt: tenant.deleted ? null : plan.next })
    .where(and(eq(schedules.organizationId, organizationId), eq(schedules.id, id)));
  for (const dueAt of plan.missed) await insertRun(tx, schedule, dueAt, 'missed');
  for (const dueAt of plan.run) {
    const begun = await beginRun(tx, schedule, tenant, dueAt, now);
    if (begun?.refusal) await tellOfRefusal(tx, schedule, tenant, { ...begun, refusal: begun.refusal });
  }
  await removeOldRuns(tx, schedule);
}

/** There is no turn whose end would tell of it. */
async function tellOfRefusal(
  tx: Transaction,
  schedule: ScheduleRow,
  tenant: TenantOfSchedule,
  { run, refusal }: BegunRun & { refusal: ClawpoolError },
): Promise<void> {
  const { organizationId, tenantId, name: title, deliverTo } = schedule;
  const { code: reason, message, hint = '' } = refusal;
  await tellPeopleOf(tx, {
    ...{ organizationId, tenantId, owner: tenant, kind: 'schedule_failed', title, deliverTo },
    ...{ text: `${message} ${hint}`.trim() },
    ...{ conversationId: run.conversationId, turnId: null, dedupeKey: `run:${run.id}` },
  });
  await emitRan(tx, schedule, run, { text: '', failure: { reason, message, hint } });
}
