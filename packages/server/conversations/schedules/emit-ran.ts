import { emitEvent } from '../../integrations/emit-event.ts';
import type { Transaction } from '../../store/database.ts';
import type { ScheduleRow, ScheduleRunRow } from './schedule-store.ts';

/** Tells integrators that a run is over; `failure` says why there is no answer. */
export async function emitRan(
  tx: Transaction,
  schedule: ScheduleRow,
  run: ScheduleRunRow,
  outcome: { text: string; failure: { reason: string; message: string; hint: string } | null },
): Promise<void> {
  await emitEvent(tx, schedule.organizationId, 'schedule.ran', {
    ...{ scheduleId: schedule.id, name: schedule.name, tenantId: schedule.tenantId },
    ...{ runId: run.id, dueAt: run.dueAt.toISOString(), state: run.state },
    ...{ sessionId: run.conversationId, turnId: run.turnId, ...outcome },
  });
}
