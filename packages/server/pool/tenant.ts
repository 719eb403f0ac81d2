import type { OperationFailureReason, OperationKind, RuntimeFailureReason, TenantState } from '@clawpool/contracts';

/**
 * The lifecycle: which state may follow which. Everything else is a programming error and refused by the store. A start that is taken
 * over from a process that died begins anew, with the next generation: `creating` follows `creating`.
 */
export const tenantTransitions: Readonly<Record<TenantState, readonly TenantState[]>> = {
  queued: ['pending', 'creating', 'restoring', 'hibernated', 'failed', 'deleting'],
  pending: ['creating', 'restoring', 'hibernated', 'stopped', 'failed', 'deleting'],
  creating: ['creating', 'running', 'pending', 'hibernated', 'stopped', 'failed', 'requires_attention', 'deleting'],
  running: ['hibernated', 'stopped', 'paused', 'migrating', 'restoring', 'deleting', 'creating', 'pending', 'failed'],
  hibernated: ['creating', 'pending', 'running', 'stopped', 'migrating', 'restoring', 'deleting', 'failed'],
  stopped: ['creating', 'pending', 'hibernated', 'migrating', 'restoring', 'deleting', 'failed'],
  paused: ['running', 'hibernated', 'stopped', 'restoring', 'deleting', 'creating', 'failed'],
  migrating: ['creating', 'pending', 'hibernated', 'stopped', 'failed', 'requires_attention', 'deleting'],
  restoring: ['creating', 'pending', 'hibernated', 'stopped', 'failed', 'requires_attention', 'deleting'],
  deleting: ['deleted', 'running', 'hibernated', 'stopped', 'paused', 'pending', 'failed', 'requires_attention'],
  deleted: [],
  failed: [
    'creating',
    'pending',
    'running',
    'hibernated',
    'stopped',
    'migrating',
    'restoring',
    'deleting',
    'requires_attention',
  ],
  requires_attention: ['creating', 'pending', 'hibernated', 'stopped', 'restoring', 'deleting', 'failed'],
};

/** States that may go to `next`. */
export function statesBefore(next: TenantState): TenantState[] {
  return (Object.keys(tenantTransitions) as TenantState[]).filter((state) => tenantTransitions[state].includes(next));
}

/** States in which the ledger holds room for the tenant on its host. */
export const statesWithRuntime: readonly TenantState[] = ['creating', 'running', 'paused'];

/** Which operations a person, or Clawpool itself, may begin in each state. What a state has no operation for is on its way. */
export const operationsIn: Readonly<Record<TenantState, readonly OperationKind[]>> = {
  queued: ['delete'],
  pending: ['delete', 'stop'],
  creating: ['delete', 'stop', 'start'],
  running: [
    'stop',
    'restart',
    'hibernate',
    'pause',
    'reset',
    'rebuild',
    'resize',
    'backup',
    'restore',
    'clone',
    'migrate',
    'delete',
  ],
  hibernated: [
    'start',
    'wake',
    'stop',
    'reset',
    'rebuild',
    'resize',
    'backup',
    'restore',
    'clone',
    'migrate',
    'delete',
  ],
  stopped: ['start', 'hibernate', 'reset', 'rebuild', 'resize', 'backup', 'restore', 'clone', 'migrate', 'delete'],
  paused: ['resume', 'stop', 'restart', 'hibernate', 'backup', 'restore', 'clone', 'delete'],
  migrating: ['delete', 'stop', 'start'],
  restoring: ['delete', 'restore'],
  deleting: ['delete'],
  deleted: [],
  failed: [
    'start',
    'wake',
    'restart',
    'stop',
    'reset',
    'rebuild',
    'resize',
    'backup',
    'restore',
    'clone',
    'migrate',
    'delete',
  ],
  requires_attention: ['start', 'stop', 'backup', 'restore', 'delete'],
};

/** The audit action that names a transition. */
export function transitionAction(from: TenantState, to: TenantState): string {
  if (to === 'running') return afterRunning[from] ?? 'tenant.started';
  if (to === 'failed') return afterFailed[from] ?? 'tenant.failed';
  return actions[to];
}

const actions: Readonly<Record<Exclude<TenantState, 'running' | 'failed'>, string>> = {
  queued: 'tenant.queued',
  pending: 'tenant.waits_for_room',
  creating: 'tenant.starting',
  hibernated: 'tenant.hibernated',
  stopped: 'tenant.stopped',
  paused: 'tenant.paused',
  migrating: 'tenant.migrating',
  restoring: 'tenant.restoring',
  deleting: 'tenant.deleting',
  deleted: 'tenant.deleted',
  requires_attention: 'tenant.needs_attention',
};
const afterRunning: Partial<Record<TenantState, string>> = {
  paused: 'tenant.resumed',
  deleting: 'tenant.kept',
  failed: 'tenant.adopted',
  hibernated: 'tenant.adopted',
};
const afterFailed: Partial<Record<TenantState, string>> = {
  creating: 'tenant.start_failed',
  running: 'tenant.crashed',
  paused: 'tenant.crashed',
};

/**
 * How long a failed start is left alone before somebody's message tries again: 5 s, doubled up to 2 min. The first is long enough
 * for a restart of whatever was missing, the last short enough for a person who waits.
 */
export function startBackoffMs(failures: number): number {
  return Math.min(5_000 * 2 ** Math.max(0, failures - 1), 120_000);
}

/** What the person waiting is told happens next, for each reason a runtime is missing. */
export const runtimeFailureHints: Readonly<Record<RuntimeFailureReason, string>> = {
  image_missing:
    'The runtime image is not installed on this host. An operator can run `clawpool up` again to install it.',
  driver_unavailable:
    'The host cannot isolate agents at the moment. An operator finds the reason with `clawpool status`.',
  configuration_invalid:
    'The agent’s configuration was refused by OpenClaw. An operator finds the line in `clawpool logs`.',
  storage_full: 'An operator has to free space on the host’s disk. Then it goes on by itself.',
  memory_limit: 'The agent needed more memory than its tier allows. It starts afresh with the next attempt.',
  start_timeout: 'The agent did not answer in time; the host may be overloaded.',
  exited: 'The agent’s runtime ended unexpectedly. It starts afresh with the next attempt.',
  checkpoint_damaged:
    'The agent’s stored files are damaged, so it was not started. An operator restores an earlier backup.',
};

/** What to do next, for each reason an operation failed. */
export const operationFailureHints: Readonly<Record<OperationFailureReason, string>> = {
  ...runtimeFailureHints,
  capacity_unavailable:
    'Stop or hibernate other tenants, or add memory to the host; the tenant starts as soon as there is room.',
  quota_exceeded: 'Ask an operator for a higher limit, or delete tenants that are not needed.',
  deadline_exceeded: 'The host may be overloaded. Look at the tenant’s log, then try again.',
  backup_failed: 'Nothing was removed. Look at the host’s disk and the blob store, then try again, or skip the backup.',
  checkpoint_missing: 'The checkpoint was removed meanwhile. Choose another one under Backups.',
  host_unreachable: 'Check that the host is on and its host agent runs; `clawpool status` shows hosts.',
  superseded:
    'Something else happened to the tenant meanwhile. Look at its state, then ask again if it is still wanted.',
  cancelled: 'It was cancelled. Ask again if it is still wanted.',
  not_supported: 'Choose a tier whose runtime driver can do it.',
  system_error: 'Something inside Clawpool went wrong; its log has the details. Try again.',
};
