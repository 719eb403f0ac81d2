import type { Retention } from '@clawpool/contracts';

/** One of a tenant's checkpoints, as far as retention looks at it. */
export interface RetainedCheckpoint {
  id: string;
  createdAt: Date;
  backup: boolean;
  pinned: boolean;
  /** A tenant that is not deleted begins with it. */
  inUse: boolean;
}

/**
 * Which checkpoints of one tenant may go. Never a pinned one, nor one that a living tenant begins with. Of the others: what is older
 * than the days, backups beyond the newest `backupsPerTenant`, and further ones beyond the newest `checkpointsPerTenant`. Those that
 * are kept anyway take a place. What a deleted tenant left last is as old as the deletion.
 */
export function expired(
  checkpoints: readonly RetainedCheckpoint[],
  { retention, deletedAt, now }: { retention: Retention; deletedAt: Date | null; now: Date },
): string[] {
  const newestFirst = [...checkpoints].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  const places = { backup: retention.backupsPerTenant, other: retention.checkpointsPerTenant };
  return newestFirst
    .filter((checkpoint, index) => {
      const hasPlace = places[checkpoint.backup ? 'backup' : 'other']-- > 0;
      const expiresAt = expiryOf(checkpoint, { retention, deletedAt, isNewest: index === 0 });
      return expiresAt !== null && (!hasPlace || expiresAt <= now);
    })
    .map(({ id }) => id);
}

/** When its age lets retention remove it; null: never, because it is pinned or in use. */
export function expiryOf(
  { createdAt, pinned, inUse }: Pick<RetainedCheckpoint, 'createdAt' | 'pinned' | 'inUse'>,
  { retention, deletedAt, isNewest }: { retention: Retention; deletedAt: Date | null; isNewest: boolean },
): Date | null {
  if (pinned || inUse) return null;
  const from = Math.max(createdAt.getTime(), isNewest && deletedAt ? deletedAt.getTime() : 0);
  return new Date(from + retention.days * 24 * 3_600_000);
}
