import type { Drift, HostDescription } from '@clawpool/contracts';
import { and, eq, ne, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { hosts } from '../../store/schema/index.ts';
import { recordDrift, wasNotedLately } from './drift-store.ts';

/** It does not answer: nothing is placed there any more. What it runs is left as it is known, until it answers again. */
export async function noteSilence({ db }: Database, hostId: string): Promise<Drift[]> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(hosts)
      .set({ state: 'unreachable' })
      .where(and(eq(hosts.id, hostId), ne(hosts.state, 'unreachable')))
      .returning({ lastSeenAt: hosts.lastSeenAt });
    if (!row) return [];
    const detail = `${hostId} does not answer; it did last at ${row.lastSeenAt.toISOString()}`;
    return [await recordDrift(tx, { kind: 'host_unreachable', hostId, detail, action: 'failed' })];
  });
}

/** It answers, and says how much of its disk is free. */
export async function noteAnswer({ db }: Database, hostId: string, { capacity }: HostDescription): Promise<Drift[]> {
  const { diskMegabytes, diskFreeMegabytes } = capacity;
  return db.transaction(async (tx) => {
    const found: Drift[] = [];
    const [before] = await tx.select({ state: hosts.state }).from(hosts).where(eq(hosts.id, hostId)).for('update');
    const isBack = before?.state === 'unreachable';
    await tx
      .update(hosts)
      .set({
        diskMegabytes,
        diskFreeMegabytes,
        lastSeenAt: sql`now()`,
        ...(isBack ? { state: 'active' as const } : {}),
      })
      .where(eq(hosts.id, hostId));
    if (isBack) {
      const detail = `${hostId} answers again`;
      found.push(await recordDrift(tx, { kind: 'host_unreachable', hostId, detail, action: 'noted' }));
    }
    if (isNearlyFull(capacity) && !(await wasNotedLately(tx, 'storage_full', hostId))) {
      const detail = `${diskFreeMegabytes} of ${diskMegabytes} MB are free on ${hostId}: free space before agents cannot save any more`;
      found.push(await recordDrift(tx, { kind: 'storage_full', hostId, detail, action: 'noted' }));
    }
    return found;
  });
}

/** Less than a twentieth, or less than an agent's checkpoint and its next start can take. */
export const isNearlyFull = (disk: { diskMegabytes: number; diskFreeMegabytes: number }): boolean =>
  disk.diskFreeMegabytes < Math.max(1_024, disk.diskMegabytes / 20);
