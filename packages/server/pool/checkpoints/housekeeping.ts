import { type BlobStore, ClawpoolError } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { systemActor } from '../../organization/installation.ts';
import type { Database } from '../../store/database.ts';
import type { CheckpointService } from './checkpoint-service.ts';
import { type ClockWatch, watchClock } from './clock-watch.ts';
import { type Collected, collectBlobs } from './collection.ts';
import { expired } from './retention.ts';
import { findRetention, listOrganizationIds, listTenantCheckpoints, removeCheckpoints } from './retention-store.ts';
import { listDueBackups, makeNewestABackup } from './schedule-store.ts';

export interface Housekeeping {
  /**
   * Applies retention everywhere, then removes what no checkpoint refers to. Resolves with what went, checkpoints by organization.
   * Errors: as `collectBlobs`.
   */
  collect(): Promise<Collected & { checkpoints: ReadonlyMap<string, number> }>;
  /** Ends a collection that runs, and waits for it. */
  close(): Promise<void>;
}

export interface HousekeepingOptions {
  database: Database;
  blobs: BlobStore;
  checkpoints: CheckpointService;
  onError: (error: unknown) => void;
  now?: () => Date;
  clock?: ClockWatch;
  /** Milliseconds between two looks; ten minutes unless given. */
  everyMs?: number;
}

/** Backups that are due, every ten minutes; retention and collection every night. */
export function startHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { database, blobs, checkpoints, onError } = options;
  const now = options.now ?? (() => new Date());
  const clock = options.clock ?? watchClock();
  const closing = new AbortController();
  let work: Promise<unknown> = Promise.resolve();
  // A machine that is off at night, and on for an hour at least, collects too.
  let collectedAt = new Date(now().getTime() - 25 * hourMs);

  const timer = setInterval(() => {
    clock.isTrustworthy();
    work = work.then(look).catch(onError);
  }, options.everyMs ?? 600_000);
  timer.unref();

  async function look(): Promise<void> {
    await backUp();
    if (closing.signal.aborted || !isCollectionDue(now(), collectedAt)) return;
    collectedAt = now();
    await collect().catch((error: unknown) => {
      // Another process of the installation, or a person, was faster.
      if (!(error instanceof ClawpoolError && error.code === 'conflict')) throw error;
    });
  }

  async function backUp(): Promise<void> {
    for (const organizationId of await listOrganizationIds(database.db)) {
      const { backupEveryHours } = await findRetention(database.db, organizationId);
      if (backupEveryHours === 0) continue;
      for (const due of await listDueBackups(database.db, organizationId, backupEveryHours)) {
        if (closing.signal.aborted) return;
        const { tenantId, runs } = due;
        const backup = runs
          ? checkpoints.take({ organizationId, tenantId, cause: 'schedule' })
          : database.db.transaction((tx) => makeNewestABackup(tx, due));
        // One tenant's damage is no reason to leave the others without.
        await backup.catch(onError);
      }
    }
  }

  async function collect(): ReturnType<Housekeeping['collect']> {
    const removed = new Map<string, number>();
    const { signal } = closing;
    if (clock.isTrustworthy()) {
      for (const id of await listOrganizationIds(database.db)) removed.set(id, await applyRetention(id, signal));
    }
    return { ...(await collectBlobs({ database, blobs, signal, now })), checkpoints: removed };
  }

  async function applyRetention(organizationId: string, signal: AbortSignal): Promise<number> {
    const retention = await findRetention(database.db, organizationId);
    let removed = 0;
    for (let after = ''; ; ) {
      const tenants = await listTenantCheckpoints(database.db, organizationId, after, 200);
      const last = tenants.at(-1);
      if (!last) break;
      after = last.tenantId;
      const ids = tenants.flatMap((one) =>
        expired(one.checkpoints, { retention, deletedAt: one.deletedAt, now: now() }),
      );
      signal.throwIfAborted();
      removed += (await database.db.transaction((tx) => removeCheckpoints(tx, organizationId, ids))).length;
    }
    if (removed > 0) {
      await recordAudit(database.db, organizationId, {
        actor: systemActor,
        action: 'retention.applied',
        target: { type: 'organization', id: organizationId, name: organizationId },
        outcome: 'allowed',
        detail: { checkpoints: removed },
      });
    }
    return removed;
  }

  return {
    collect: () => {
      const collected = collect();
      work = Promise.allSettled([work, collected]);
      return collected;
    },
    close: async () => {
      clearInterval(timer);
      closing.abort(new ClawpoolError('unavailable', 'Clawpool is stopping.', 'Try again after the next start.'));
      await work;
    },
  };
}

const hourMs = 3_600_000;

/** Between one and five at night; by day only when the last one is more than a day ago. */
export function isCollectionDue(now: Date, last: Date): boolean {
  const hours = (now.getTime() - last.getTime()) / hourMs;
  const isNight = now.getHours() >= 1 && now.getHours() < 5;
  return hours >= 26 || (isNight && hours >= 20) || hours < 0;
}
