import type { CheckpointCause, TenantState } from '@clawpool/contracts';
import { release } from '../../capacity/capacity-store.ts';
import type { CheckpointRow } from '../../checkpoints/checkpoint.ts';
import { hasRunningTurn, lockTenant, transitionTenant } from '../../tenant-store.ts';
import { isDatabaseAway } from '../database-away.ts';
import { OperationFailure, OperationLost } from '../operation.ts';
import { ran } from '../plan.ts';
import { checkpointFailure, hostOf, inTransaction, remember, type Work } from '../world.ts';

/** Stores the tenant's files as they are. Throws OperationFailure. */
export async function backUp(
  { world, operation }: Work,
  cause: CheckpointCause,
  options: { note?: string; pinned?: boolean } = {},
): Promise<CheckpointRow> {
  const { organizationId, tenantId } = operation;
  try {
    return await world.checkpoints.take({ organizationId, tenantId, cause, ...options });
  } catch (error) {
    throw checkpointFailure(error, cause === 'stop' ? 'system_error' : 'backup_failed');
  }
}

/**
 * Before a stop. A checkpoint that cannot be taken does not keep the runtime running: its files stay on the host, whose folder is newer
 * than any checkpoint. What went wrong is told with the operation.
 */
export async function checkpointBeforeStop(work: Work): Promise<void> {
  if (work.world.runtimes.get(work.operation.tenantId)) await tryToBackUp(work);
}

export async function checkpointAfterStop(work: Work): Promise<void> {
  if (ran(work)) await tryToBackUp(work);
}

async function tryToBackUp(work: Work): Promise<void> {
  try {
    await backUp(work, 'stop');
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    work.world.onError(error);
    const message = error instanceof Error ? error.message : '';
    await remember(work, { remark: `${message} They are kept on the host.` });
  }
}

/**
 * Ends the tenant's runtime and frees its room, both exactly once; the tenant is `to` afterwards. `meanwhile` is what it is from the
 * beginning of the stop, for operations that take longer than the stop. One without a runtime only changes its state.
 */
export async function stopRuntime(
  work: Work,
  { to, meanwhile, onlyIdle }: { to?: TenantState; meanwhile?: TenantState; onlyIdle?: boolean },
): Promise<void> {
  const { world, operation } = work;
  const { organizationId, tenantId } = operation;
  const key = { organizationId, tenantId };
  // From here on no message is given to it: whoever comes later waits for the operation, who came before is seen below.
  const runtime = world.runtimes.get(tenantId);
  world.runtimes.ended(tenantId);
  const tenant = await inTransaction(work, async (tx) => {
    const row = await lockTenant(tx, organizationId, tenantId);
    if (!row) throw new OperationLost();
    if (
      onlyIdle &&
      row.state === 'running' &&
      (world.runtimes.busy().has(tenantId) || (await hasRunningTurn(tx, organizationId, tenantId)))
    ) {
      throw new OperationFailure('superseded', 'The agent is at work: a message came in meanwhile.');
    }
    if (meanwhile && row.state !== meanwhile) {
      await transitionTenant(tx, {
        ...key,
        to: meanwhile,
        generation: row.generation,
        detail: { operationId: operation.id },
      });
    }
    return row;
  }).catch((error: unknown) => {
    if (runtime) world.runtimes.started(tenantId, runtime);
    throw error;
  });
  // Always, whatever the row says: a stop of what does not run is nothing, and what runs against the row must go.
  if (tenant.hostId !== null && world.hosts.has(tenant.hostId)) await hostOf(world, tenant.hostId).stop(tenantId);
  await inTransaction(work, async (tx) => {
    const row = await lockTenant(tx, organizationId, tenantId);
    if (!row) throw new OperationLost();
    const next = to ?? meanwhile;
    if (next && row.state !== next) {
      const moved = await transitionTenant(tx, {
        ...key,
        to: next,
        generation: row.generation,
        detail: { operationId: operation.id },
        set: { startFailures: 0, retryAt: null },
      });
      if (!moved) throw new OperationFailure('superseded', `The tenant is ${row.state} by now.`);
    }
    await release(tx, tenantId);
  });
}
