import {
  ClawpoolError,
  type Host,
  type HostDescription,
  type ModelChoice,
  type OperationFailureReason,
} from '@clawpool/contracts';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { CheckpointService } from '../checkpoints/checkpoint-service.ts';
import type { Runtimes } from '../runtimes.ts';
import { findTenant, type TenantRow } from '../tenant-store.ts';
import type { WarmSlots } from '../warm-slots/warm-slots.ts';
import type { Gate } from './gate.ts';
import { type ClaimedOperation, OperationFailure, OperationLost } from './operation.ts';
import { holdOperation, saveProgress } from './operation-store.ts';

/** What operations are done with. */
export interface OperationWorld {
  database: Database;
  hosts: ReadonlyMap<string, Host>;
  descriptions: ReadonlyMap<string, HostDescription>;
  model: ModelChoice;
  checkpoints: CheckpointService;
  /** Null until there are any; a start without them is a plain one. */
  slots: () => WarmSlots | null;
  /** Which runtimes answer, and which have a turn now. */
  runtimes: Runtimes;
  /** Plain starts at once, on each host: booting is all CPU, and more at once only makes each slower. */
  starts: Gate;
  /** Hibernates a tenant at once, in this process; false: something else happens to it, or it is not idle any more. */
  hibernateNow: (tenant: { organizationId: string; tenantId: string }, requestedBy: string) => Promise<boolean>;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
}

/** One operation under way in this process. */
export interface Work {
  readonly world: OperationWorld;
  readonly operation: ClaimedOperation;
  /** Aborted when the operation is not this process's any more, or the process ends. */
  readonly signal: AbortSignal;
}

/** The tenant as it is now, with everything that is said of it. */
export async function tenantOf({ world, operation }: Work): Promise<TenantRow> {
  const tenant = await findTenant(world.database.db, operation.tenantId);
  if (!tenant) throw new OperationFailure('system_error', `There is no tenant ${operation.tenantId}.`);
  return tenant;
}

/** A transaction of the operation: it writes only while the operation is this process's. */
export function inTransaction<T>(work: Work, write: (tx: Transaction) => Promise<T>): Promise<T> {
  return work.world.database.db.transaction(async (tx) => {
    await holdOperation(tx, work.operation);
    return write(tx);
  });
}

/** Notes what was found out, so that whoever goes on begins with it. */
export async function remember(work: Work, found: Partial<ClaimedOperation['progress']>): Promise<void> {
  Object.assign(work.operation.progress, found);
  await work.world.database.db.transaction((tx) => saveProgress(tx, work.operation, work.operation));
}

/** Between two things that take long: ends what is not wanted any more. */
export function refuseWhenLost({ signal }: Work): void {
  if (signal.aborted) throw new OperationLost();
}

export function hostOf(world: OperationWorld, hostId: string | null): Host {
  const host = hostId === null ? undefined : world.hosts.get(hostId);
  if (host) return host;
  throw new OperationFailure('host_unreachable', `The host ${hostId ?? ''} is not connected.`);
}

export const agentOf = (world: OperationWorld, tenant: TenantRow) =>
  loadAgentDefinition(world.database.db, tenant.organizationId, tenant.id, world.model);

/** What a checkpoint's failure means for an operation. */
export function checkpointFailure(error: unknown, fallback: OperationFailureReason): OperationFailure {
  const { reason, message, hint: next } = error as { reason?: OperationFailureReason; message?: string; hint?: string };
  if (error instanceof ClawpoolError && error.code === 'not_found') {
    return new OperationFailure('checkpoint_missing', error.message, undefined, { cause: error });
  }
  if (reason === 'checkpoint_missing') {
    const hint = 'There is nothing to store yet. Start it once, or delete it without a backup.';
    return new OperationFailure(reason, message ?? 'There are no files.', hint, { cause: error });
  }
  const found =
    reason === 'superseded' || reason === 'storage_full' || reason === 'checkpoint_damaged' ? reason : fallback;
  return new OperationFailure(found, `The files could not be checkpointed: ${message ?? 'unknown'}`, next, {
    cause: error,
  });
}
