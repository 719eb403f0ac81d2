import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { scheduleRuns, schedules } from '../../store/schema/index.ts';
import type { EndedTurn, TurnEndListener } from '../turn-events.ts';
import { changeRun } from './begin-run.ts';
import { emitRan } from './emit-ran.ts';
import { heartbeatNews } from './heartbeat.ts';
import { findTenantOfSchedule, type ScheduleRow, type ScheduleRunRow } from './schedule-store.ts';
import { tellPeopleOf } from './tell-people-of.ts';

/** What follows the end of a turn that a schedule or a heartbeat began. To be called for every turn, in the transaction that ends it. */
export const scheduleListener: TurnEndListener = async (tx, ended) => {
  if (ended.turn.origin === 'schedule') await endRun(tx, ended);
  if (ended.turn.origin === 'heartbeat') await endHeartbeat(tx, ended);
};

async function endRun(tx: Transaction, ended: EndedTurn): Promise<void> {
  const { organizationId, id: turnId } = ended.turn;
  const found = await findRun(tx, organizationId, turnId);
  // It was deleted meanwhile: nobody wants to know any more.
  if (!found) return;
  const { run, schedule } = found;
  const state = ended.state === 'answered' ? 'answered' : 'failed';
  await changeRun(tx, run, { state, finishedAt: ended.at });
  await tellOfRun(tx, ended, schedule);
  await emitRan(tx, schedule, { ...run, state }, { text: ended.text, failure: ended.failure });
}

async function findRun(
  tx: Transaction,
  organizationId: string,
  turnId: string,
): Promise<{ run: ScheduleRunRow; schedule: ScheduleRow } | null> {
  const [row] = await tx
    .select({ run: scheduleRuns, schedule: schedules })
    .from(scheduleRuns)
    .innerJoin(
      schedules,
      and(eq(schedules.organizationId, scheduleRuns.organizationId), eq(schedules.id, scheduleRuns.scheduleId)),
    )
    .where(and(eq(scheduleRuns.organizationId, organizationId), eq(scheduleRuns.turnId, turnId)));
  return row ?? null;
}

async function tellOfRun(tx: Transaction, ended: EndedTurn, schedule: ScheduleRow): Promise<void> {
  const { state, failure, text } = ended;
  // Whoever stopped it, or answers in its place, knows.
  if (state === 'stopped' || state === 'handed_over') return;
  await tell(tx, ended, {
    title: schedule.name,
    deliverTo: schedule.deliverTo,
    text: state === 'answered' ? text : failure ? `${failure.message} ${failure.hint}` : 'It failed.',
  });
}

async function endHeartbeat(tx: Transaction, ended: EndedTurn): Promise<void> {
  // Nobody asked for it, so nobody has to hear that it failed: the agent's timeline says so.
  const news = ended.state === 'answered' ? heartbeatNews(ended.text) : null;
  if (news !== null) await tell(tx, ended, { title: 'From your agent', deliverTo: 'preferred', text: news });
}

async function tell(
  tx: Transaction,
  ended: EndedTurn,
  news: { title: string; text: string; deliverTo: 'preferred' | 'portal' },
): Promise<void> {
  const { organizationId, tenantId, id: turnId, conversationId } = ended.turn;
  const owner = await findTenantOfSchedule(tx, organizationId, tenantId);
  if (!owner) return;
  await tellPeopleOf(tx, {
    ...{ organizationId, tenantId, owner, conversationId, turnId, ...news, attachments: ended.attachments },
    kind: ended.state === 'answered' ? 'schedule_result' : 'schedule_failed',
    // A turn that failed may be tried again by hand, and then there is other news of it.
    dedupeKey: `scheduled:${turnId}:${ended.state}`,
  });
}
