import {
  ClawpoolError,
  type Operation,
  type OperationFailureReason,
  type OperationKind,
  type OperationPhase,
  type OperationRequest,
  type TenantState,
} from '@clawpool/contracts';
import type { operations } from '../../store/schema/index.ts';
import { operationFailureHints } from '../tenant.ts';

export type OperationRow = typeof operations.$inferSelect;

/** Seconds from when an operation is begun until it is given up. Long ones copy files or install an image. */
export const deadlineSeconds: Readonly<Record<OperationKind, number>> = {
  create: 180,
  start: 120,
  wake: 120,
  stop: 60,
  restart: 180,
  hibernate: 120,
  pause: 30,
  resume: 30,
  reset: 180,
  rebuild: 900,
  resize: 60,
  backup: 600,
  restore: 600,
  clone: 600,
  migrate: 600,
  delete: 600,
};

/** Waiting, for its turn or for room on a host, does not count as taking long; but it is not kept for ever. */
export const waitingSeconds = 24 * 3600;

/** How often an operation whose process died has its time anew: what kills every process that tries it is not tried for ever. */
export const mostLives = 5;

/** An operation's lease, and how often it is renewed: an executor that missed two renewals has lost it. */
export const operationLeaseMs = 15_000;
export const operationRenewalMs = 5_000;

/** While these are under way, the tenant's runtime answers messages as ever. */
export const kindsThatLeaveItRunning: readonly OperationKind[] = ['backup', 'clone', 'resize'];

/** What the phases so far found out; whoever goes on with the operation begins with it. */
export interface OperationProgress {
  /** The step of its plan that is under way. */
  step?: string;
  /** What the tenant was when it began. */
  stateBefore?: TenantState;
  /** Why it failed; what is left is to put the tenant back. */
  failure?: { reason: OperationFailureReason; message: string; hint?: string };
  /** Of the start that is under way. */
  generation?: number;
  /** Processes it outlived. */
  lives?: number;
  checkpointId?: string;
  /** Of a create: the name that was asked for, which tells a repeated request from another one. */
  name?: string;
  /** Of a create: whose files to begin with. */
  cloneFrom?: string;
  preferredHost?: string;
  /** Of a migration. */
  sourceHost?: string;
  /** The epoch that a host was told to count the tenant's files from, before the row says so; see `undoFiles`. */
  filesEpoch?: number;
  /** What to put back when a change of image or size fails. */
  before?: {
    image?: string | null;
    configTemplate?: string | null;
    cpuMillis?: number | null;
    memoryMegabytes?: number | null;
    diskMegabytes?: number | null;
  };
  /** The tenant a clone made. */
  tenantId?: string;
  /** Something to know about an operation that succeeded. */
  remark?: string;
}

/** An operation that this process holds. */
export interface ClaimedOperation {
  organizationId: string;
  id: string;
  tenantId: string;
  kind: OperationKind;
  phase: OperationPhase;
  request: OperationRow['request'];
  progress: OperationProgress;
  requestedBy: string;
  result: NonNullable<OperationRow['result']>;
  /** The fencing number of this claim. */
  fence: number;
  /** Null: it is nobody's part. */
  batchId: string | null;
}

/** The request of a given kind; an operation's row holds the one of its kind. */
export function requestOf<K extends OperationRequest['kind']>(
  operation: ClaimedOperation,
  kind: K,
): Extract<OperationRequest, { kind: K }> {
  if (operation.request.kind !== kind) throw new Error(`operation ${operation.id} is no ${kind}`);
  return operation.request as Extract<OperationRequest, { kind: K }>;
}

/** An operation cannot go on, for a reason out of the closed list. */
export class OperationFailure extends Error {
  readonly reason: OperationFailureReason;
  /** What to do next, where more is known than the reason's own hint says. */
  readonly hint: string;
  constructor(reason: OperationFailureReason, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperationFailure';
    this.reason = reason;
    this.hint = hint ?? operationFailureHints[reason];
  }
}

/** What a step is told of a quota, as its failure. Anything else goes on as it is. */
export function quotaIsUsedUp(error: unknown): never {
  if (!(error instanceof ClawpoolError) || error.code !== 'quota_exceeded') throw error;
  throw new OperationFailure('quota_exceeded', error.message, error.hint, { cause: error });
}

/** Error `conflict`: of a tenant that has not begun, the files it is to begin with are named by the operation that makes it, and nowhere else. */
export function refuseLostBeginning(
  { kind, progress }: Pick<OperationRow, 'kind' | 'progress'>,
  tenant: { name: string; state: TenantState },
): void {
  const { cloneFrom, checkpointId } = progress as OperationProgress;
  if (kind !== 'create' || tenant.state !== 'queued' || (cloneFrom ?? checkpointId) === undefined) return;
  throw new ClawpoolError(
    'conflict',
    `The tenant “${tenant.name}” has not got the files yet that it begins with: without its create it would have none.`,
    'Delete it instead.',
  );
}

/** The operation is another process's now, or over: whoever held it writes nothing more. */
export class OperationLost extends Error {
  constructor() {
    super('the operation is not this process’s any more');
    this.name = 'OperationLost';
  }
}

/** What went wrong, as a reason out of the closed list. */
export function failureOf(error: unknown): { reason: OperationFailureReason; message: string; hint: string } {
  if (error instanceof OperationFailure) return error;
  const { name, code, reason, message } = error as Partial<ClawpoolError> & { reason?: OperationFailureReason };
  const found = reason ?? knownReason(name, code);
  // What an unexpected error says is for the log, not for people.
  const told = found === 'system_error' ? 'Something inside Clawpool went wrong.' : (message ?? '');
  return { reason: found, message: told, hint: operationFailureHints[found] };
}

function knownReason(name: string | undefined, code: string | undefined): OperationFailureReason {
  if (name === 'DamagedBlobError') return 'checkpoint_damaged';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'storage_full') return 'storage_full';
  if (code === 'quota_exceeded') return 'quota_exceeded';
  return 'system_error';
}

/** What the tenant is after an operation was ended from outside, in the middle of whatever it did. */
export function stateAfterAbandon(state: TenantState, phase: OperationPhase): TenantState {
  switch (state) {
    case 'queued':
    case 'pending':
    case 'creating':
    case 'migrating':
    case 'restoring':
      // The row says which files count at any moment, so the next start begins with the right ones.
      return 'failed';
    case 'deleting':
      return phase === 'removing' ? 'requires_attention' : 'failed';
    default:
      return state;
  }
}

export function toOperation(row: OperationRow, tenantName: string): Operation {
  return {
    id: row.id,
    tenantId: row.tenantId,
    tenantName,
    kind: row.kind,
    state: row.state,
    phase: row.phase,
    reason: row.reason,
    message: row.message,
    hint: row.hint,
    requestedBy: row.requestedBy,
    batchId: row.batchId,
    result: row.result,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    deadlineAt: row.deadlineAt.toISOString(),
  };
}
