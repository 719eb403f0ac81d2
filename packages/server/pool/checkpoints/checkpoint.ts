import type { Checkpoint, CheckpointCause, OperationFailureReason, Retention } from '@clawpool/contracts';
import type { checkpoints } from '../../store/schema/index.ts';

export type CheckpointRow = typeof checkpoints.$inferSelect;

/** Why no checkpoint was taken: the reason is one an operation can fail with. */
export class CheckpointError extends Error {
  readonly reason: OperationFailureReason;
  /** What to do next, where the cause says more than the reason does. */
  readonly hint: string | undefined;
  constructor(
    reason: OperationFailureReason,
    message: string,
    options: ErrorOptions & { hint?: string | undefined } = {},
  ) {
    super(message, options);
    this.name = 'CheckpointError';
    this.reason = reason;
    this.hint = options.hint;
  }
}

/** Backups: what somebody, or a rule, decided to keep. All others are there so that no work is lost, and only the newest few stay. */
const backupCauses: ReadonlySet<CheckpointCause> = new Set([
  'backup',
  'schedule',
  'before_delete',
  'before_restore',
  'before_rebuild',
  'import',
]);

export const isBackupCause = (cause: CheckpointCause): boolean => backupCauses.has(cause);

/** A checkpoint with what the living say about it. */
export interface CheckpointView {
  row: CheckpointRow;
  /** Its tenant is deleted, or was never here. */
  orphan: boolean;
  /** A tenant that is not deleted begins with it. */
  inUse: boolean;
  expiresAt: Date | null;
}

export function toCheckpoint({ row, orphan, expiresAt }: CheckpointView): Checkpoint {
  const { organizationId: _, generation: __, filesEpoch: ___, createdAt, ...shown } = row;
  return {
    ...shown,
    orphan,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}

/** Of an organization that has not said otherwise. */
export const defaultRetention: Retention = {
  days: 7,
  backupsPerTenant: 30,
  checkpointsPerTenant: 10,
  backupEveryHours: 24,
};
