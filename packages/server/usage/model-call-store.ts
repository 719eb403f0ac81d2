import type { ModelUsage } from '@clawpool/contracts';
import type { Queryable } from '../store/database.ts';
import { modelCalls } from '../store/schema/index.ts';

export async function insertModelCall(db: Queryable, { failure, ...call }: ModelUsage): Promise<void> {
  await db.insert(modelCalls).values({
    ...call,
    firstTokenMs: call.firstTokenMs === null ? null : Math.round(call.firstTokenMs),
    durationMs: Math.round(call.durationMs),
    failureReason: failure?.reason ?? null,
    failureMessage: failure?.message ?? null,
  });
}
