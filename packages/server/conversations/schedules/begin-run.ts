import { randomUUID } from 'node:crypto';
import { ClawpoolError, type Turn } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { scheduleRuns } from '../../store/schema/index.ts';
import { acceptMessage } from '../accept.ts';
import { openConversation } from '../open-conversation.ts';
import type { ScheduleRow, ScheduleRunRow, TenantOfSchedule } from './schedule-store.ts';

export interface BegunRun {
  run: ScheduleRunRow;
  /** Why the agent was not given the prompt: the run has failed. */
  refusal: ClawpoolError | null;
}

/**
 * Records that the schedule was due then, and gives its prompt to the agent: in the caller’s transaction, once per time. Null: that time
 * had been run before.
 */
export async function beginRun(
  tx: Transaction,
  schedule: ScheduleRow,
  tenant: TenantOfSchedule,
  dueAt: Date,
  now: Date,
): Promise<BegunRun | null> {
  const run = await insertRun(tx, schedule, dueAt, 'running');
  if (!run) return null;
  const failed = { state: 'failed', finishedAt: now } as const;
  try {
    const { conversationId, turn } = await give(tx, schedule, tenant, dueAt, now);
    const given = { conversationId, turnId: turn.id };
    if (turn.state !== 'handed_over') return { run: await changeRun(tx, run, given), refusal: null };
    return { run: await changeRun(tx, run, { ...given, ...failed }), refusal: takenOver() };
  } catch (error) {
    // Too much waits, or nothing is left of the prompt. It was refused before a statement failed, so the transaction is whole.
    if (!(error instanceof ClawpoolError)) throw error;
    return { run: await changeRun(tx, run, failed), refusal: error };
  }
}

const takenOver = () =>
  new ClawpoolError(
    'conflict',
    'A colleague has taken its conversation over, and the agent is silent there.',
    'It runs again when the conversation has been given back.',
  );

/** Null: there is one of that time. */
export async function insertRun(
  tx: Transaction,
  { organizationId, id }: ScheduleRow,
  dueAt: Date,
  state: 'running' | 'missed',
): Promise<ScheduleRunRow | null> {
  const [run] = await tx
    .insert(scheduleRuns)
    .values({ organizationId, id: randomUUID(), scheduleId: id, dueAt, state })
    .onConflictDoNothing()
    .returning();
  return run ?? null;
}

export async function changeRun(
  tx: Transaction,
  { organizationId, id }: ScheduleRunRow,
  change: Partial<Pick<ScheduleRunRow, 'state' | 'conversationId' | 'turnId' | 'finishedAt'>>,
): Promise<ScheduleRunRow> {
  const [changed] = await tx
    .update(scheduleRuns)
    .set(change)
    .where(and(eq(scheduleRuns.organizationId, organizationId), eq(scheduleRuns.id, id)))
    .returning();
  if (!changed) throw new Error('update changed nothing');
  return changed;
}

async function give(
  tx: Transaction,
  schedule: ScheduleRow,
  tenant: TenantOfSchedule,
  dueAt: Date,
  now: Date,
): Promise<{ conversationId: string; turn: Turn }> {
  const { organizationId, id, tenantId, name, prompt } = schedule;
  const caller = {
    ...{ organizationId, tenantId, path: 'cron' as const },
    ...{ callerKey: `schedule:${id}`, callerName: name, userId: tenant.userId },
  };
  // Its session may have been ended between the look for it and its lock.
  for (const fresh of [false, true]) {
    const { id: conversationId } = await openConversation(tx, caller, { fresh });
    const accepted = await acceptMessage(tx, {
      ...{ organizationId, conversationId, origin: 'schedule', verification: 'schedule' },
      ...{ channelMessageId: `due:${dueAt.toISOString()}`, text: prompt, at: now },
    });
    if (accepted) return { conversationId, turn: accepted.turn };
  }
  throw new Error('a new conversation took no message');
}
