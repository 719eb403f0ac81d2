import type { RuntimeFailureReason, TenantState } from '@clawpool/contracts';

/** The lifecycle: which state may follow which. Everything else is a programming error and refused by the store. */
export const tenantTransitions: Readonly<Record<TenantState, readonly TenantState[]>> = {
  hibernated: ['creating'],
  creating: ['running', 'failed', 'hibernated'],
  running: ['stopping', 'failed', 'hibernated'],
  stopping: ['hibernated', 'failed'],
  failed: ['creating', 'hibernated'],
};

/** States that may go to `next`. */
export function statesBefore(next: TenantState): TenantState[] {
  return (Object.keys(tenantTransitions) as TenantState[]).filter((state) => tenantTransitions[state].includes(next));
}

/** The audit action that names a transition. */
export function transitionAction(from: TenantState, to: TenantState): string {
  if (to === 'creating') return 'tenant.starting';
  if (to === 'running') return 'tenant.started';
  if (to === 'stopping') return 'tenant.stopping';
  if (to === 'failed') return from === 'creating' ? 'tenant.start_failed' : 'tenant.crashed';
  return 'tenant.stopped';
}

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
};
