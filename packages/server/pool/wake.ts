import type { OperationFailureReason, TurnFailureReason } from '@clawpool/contracts';
import type { NotificationListener } from '../store/notifications.ts';
import { kindsThatLeaveItRunning } from './operations/operation.ts';
import type { InnerOperationService } from './operations/operation-service.ts';
import type { OperationWorld } from './operations/world.ts';
import { runtimeFailureHints } from './tenant.ts';
import type { WakeResult } from './tenant-service.ts';
import { findTenant, type TenantRow } from './tenant-store.ts';

/** A poll for the end of an operation, should its notification be lost. */
const pollMs = 1_000;

/** What a message waits for at most before the person is told that it takes longer; its turn is tried again. */
const patienceMs = 150_000;

/** Starts the runtime of a tenant that a message waits for, whatever is being done to the tenant now. */
export async function wakeTenant(
  world: OperationWorld,
  operations: InnerOperationService,
  notifications: NotificationListener,
  { tenantId, closing }: { tenantId: string; closing: () => boolean },
): Promise<WakeResult> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    if (closing()) return isClosing();
    const tenant = await findTenant(world.database.db, tenantId);
    if (!tenant) return isDeleted();
    const busy = tenant.operationId !== null && !leavesItRunning(tenant);
    if (!busy && tenant.state === 'running') return runs(world, tenant);
    if (tenant.state === 'pending') return waitsForRoom();
    if (busy && tenant.operationId !== null) {
      await endOf(notifications, tenant.operationId);
      continue;
    }
    const cannot = whyNot(tenant);
    if (cannot) return cannot;
    const { organizationId, state } = tenant;
    const outcome = await operations.doNow({
      ...{ organizationId, tenantId, kind: 'wake', requestedBy: 'message' },
      // What its first step would note: somebody waits, and this saves a transaction.
      progress: { step: 'start', stateBefore: state },
    });
    // Null: somebody else was faster. Lost or postponed by the database: the row says what comes next.
    if (outcome === null || outcome.end === 'lost' || outcome.end === 'database_away') continue;
    if (outcome.end === 'waits') return waitsForRoom();
    if (outcome.end === 'failed') {
      // A person did something meanwhile; the row says what.
      if (outcome.reason === 'superseded') continue;
      return { ok: false, ...outcome, reason: asTurnReason(outcome.reason), again: 'soon' };
    }
    const runtime = world.runtimes.get(tenantId);
    if (runtime) return { ok: true, generation: runtime.generation, woken: true };
  }
  const reason = 'start_timeout';
  return {
    ok: false,
    reason,
    message: 'The agent is not ready yet.',
    hint: runtimeFailureHints[reason],
    again: 'soon',
  };
}

const leavesItRunning = ({ operationKind }: TenantRow) =>
  operationKind !== null && kindsThatLeaveItRunning.includes(operationKind);

/** As the database says, which this process may not have known. */
function runs(world: OperationWorld, { id, organizationId, hostId, generation }: TenantRow): WakeResult {
  if (!world.runtimes.get(id) && hostId !== null) world.runtimes.started(id, { organizationId, hostId, generation });
  return { ok: true, generation, woken: false };
}

/** States that a message does not lead out of. */
function whyNot({ state, hint }: TenantRow): (WakeResult & { ok: false }) | null {
  const wait = { ok: false, again: 'when_it_changes' } as const;
  switch (state) {
    case 'stopped':
      return {
        ...wait,
        reason: 'agent_stopped',
        message: 'The agent is stopped.',
        hint: 'Your message is kept and answered when an operator starts the agent.',
      };
    case 'paused':
      return {
        ...wait,
        reason: 'agent_paused',
        message: 'The agent is paused.',
        hint: 'Your message is kept and answered when an operator resumes the agent.',
      };
    case 'requires_attention':
      return {
        ...wait,
        reason: 'agent_needs_attention',
        message: 'The agent needs an operator’s attention.',
        hint: hint ?? 'Your message is kept and answered when an operator has repaired the agent.',
      };
    case 'deleted':
    case 'deleting':
      return isDeleted();
    case 'hibernated':
    case 'failed':
      return null;
    default:
      // On its way without an operation: the reaper finds it within the minute.
      return {
        ok: false,
        again: 'soon',
        reason: 'exited',
        message: `The agent is ${state.replace('_', ' ')}.`,
        hint: 'It is put right by itself in a minute.',
      };
  }
}

const isDeleted = (): WakeResult & { ok: false } => ({
  ok: false,
  again: 'never',
  reason: 'agent_stopped',
  message: 'The agent was deleted.',
  hint: 'Ask an admin for a new one; what was said stays in the conversation.',
});

const isClosing = (): WakeResult & { ok: false } => ({
  ok: false,
  again: 'soon',
  reason: 'exited',
  message: 'Clawpool is stopping.',
  hint: 'The message is kept and answered after the next start.',
});

const waitsForRoom = (): WakeResult & { ok: false } => ({
  ok: false,
  again: 'when_it_changes',
  reason: 'capacity_unavailable',
  message: 'All places are taken right now.',
  hint: 'Your message is kept; the agent starts as soon as there is room.',
});

function asTurnReason(reason: OperationFailureReason): TurnFailureReason {
  switch (reason) {
    case 'quota_exceeded':
      return 'capacity_unavailable';
    case 'deadline_exceeded':
      return 'start_timeout';
    case 'checkpoint_missing':
      return 'checkpoint_damaged';
    case 'backup_failed':
    case 'host_unreachable':
    case 'superseded':
    case 'cancelled':
    case 'not_supported':
    case 'system_error':
      return 'driver_unavailable';
    default:
      return reason;
  }
}

/** Resolves when it is over, or after a while: whoever waits looks at the tenant again then. */
function endOf(notifications: NotificationListener, operationId: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(done, pollMs);
    const stop = notifications.on('operation_ended', (ended) => {
      if (ended.operationId === operationId) done();
    });
  });
}
