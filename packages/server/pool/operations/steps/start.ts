import type { OperationFailureReason, StartRequest, StartResult } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import type { Transaction } from '../../../store/database.ts';
import { tenants } from '../../../store/schema/index.ts';
import { needOf } from '../../capacity/capacity.ts';
import { moveReservation, release, reserve } from '../../capacity/capacity-store.ts';
import { makeRoom } from '../../capacity/room.ts';
import { refuseBeyondQuotas } from '../../quotas/quota.ts';
import { findQuotas, lockQuotas, usedOf } from '../../quotas/quota-store.ts';
import { effectiveValues } from '../../templates/template.ts';
import { startBackoffMs } from '../../tenant.ts';
import { lockTenant, type TenantRow, transitionTenant } from '../../tenant-store.ts';
import { OperationFailure, OperationLost } from '../operation.ts';
import { saveProgress } from '../operation-store.ts';
import type { Finish } from '../plan.ts';
import { agentOf, hostOf, inTransaction, refuseWhenLost, tenantOf, type Work } from '../world.ts';

/** There is no room now: the operation waits for it. */
export class NoRoom extends Error {
  constructor() {
    super('no host has room now');
    this.name = 'NoRoom';
  }
}

/**
 * Gives the tenant a place in the ledger and starts its runtime: as a warm slot where one is ready, plainly otherwise. The tenant runs
 * when it returns. Taken over from a process that died it begins anew with the next generation; one that runs already is left alone.
 * Throws NoRoom, or OperationFailure; then the tenant has no runtime and holds no room.
 */
export async function startRuntime(work: Work, finish: Finish | null): Promise<void> {
  const tenant = await tenantOf(work);
  if (tenant.state === 'running') {
    if (finish) await inTransaction(work, finish);
    return;
  }
  // What its files are written from is read while its place is looked for.
  const agent = agentOf(work.world, tenant);
  agent.catch(() => undefined);
  const place = await placeTenant(work, tenant);
  const { generation, hostId, slotId } = place;
  const values = effectiveValues(tenant);
  const request: StartRequest = {
    organizationId: tenant.organizationId,
    tenantId: tenant.id,
    generation,
    uid: tenant.uid,
    limits: {
      memoryBytes: values.memoryMegabytes * 2 ** 20,
      pids: tenant.pids,
      cpus: values.cpuMillis / 1000,
    },
    agent: await agent.catch((error: unknown) => failStart(work, generation, error)),
    image: place.image,
    files: { epoch: tenant.filesEpoch, checkpoint: tenant.checkpointRoot },
  };
  const result = await runStart(work, request, hostId, slotId);
  if (!result.ok) {
    refuseWhenLost(work);
    throw await recordFailure(work, generation, result);
  }
  await recordStarted(work, tenant, { generation, hostId, readyMs: result.readyMs, slotId: result.slotId }, finish);
}

interface Place {
  generation: number;
  hostId: string;
  image: string;
  /** The warm slot that becomes its runtime. */
  slotId: string | null;
}

/** The tenant is `creating` and holds room afterwards. */
async function placeTenant(work: Work, tenant: TenantRow): Promise<Place> {
  const { world, operation } = work;
  const { slots, descriptions, hosts } = world;
  const wantedHost = tenant.hostId ?? undefined;
  if (wantedHost !== undefined) hostOf(world, wantedHost);
  const description =
    descriptions.get(wantedHost ?? operation.progress.preferredHost ?? '') ?? [...descriptions.values()][0];
  if (!description) throw new OperationFailure('host_unreachable', 'No host is connected.');
  const values = effectiveValues(tenant);
  const image = values.image ?? description.image;
  const typical = description.images.find(({ id }) => id === image)?.typicalMemoryMegabytes;
  const need = needOf(values, typical);

  const { organizationId, tierId } = tenant;
  // Until its first turn is over a slot offers what its tier allows: the admin assistant's lookups are not among that.
  const slot = tenant.isAssistant
    ? null
    : (slots()?.take({ organizationId, tierId, image, hostId: wantedHost }) ?? null);
  let slotUsed = false;
  try {
    for (;;) {
      refuseWhenLost(work);
      const place = await inTransaction(work, async (tx): Promise<Place | null> => {
        const generation = (await startable(tx, work)) + 1;
        await refuseBeyondRunning(tx, tenant);
        const key = { organizationId, tenantId: tenant.id, generation };
        const moved =
          slot && hosts.has(slot.hostId) ? await moveReservation(tx, { ...key, ...need, fromSlot: slot.slotId }) : null;
        const reserved =
          moved ??
          (await reserve(tx, {
            ...need,
            ownerId: tenant.id,
            kind: 'tenant',
            organizationId,
            generation,
            hostId: wantedHost ?? null,
            preferred: operation.progress.preferredHost,
          }));
        if (!reserved) return null;
        hostOf(world, reserved.hostId);
        await transitionTenant(tx, {
          ...key,
          generation: generation - 1,
          to: 'creating',
          detail: { operationId: operation.id },
          set: { hostId: reserved.hostId },
        });
        operation.phase = 'starting';
        operation.progress.generation = generation;
        await saveProgress(tx, operation, operation);
        return { generation, hostId: reserved.hostId, image, slotId: moved ? (slot?.slotId ?? null) : null };
      });
      if (place) {
        slotUsed = place.slotId !== null;
        return place;
      }
      if (!(await makeRoom(work, { hostId: wantedHost ?? null, tenantId: tenant.id }))) throw new NoRoom();
    }
  } finally {
    if (slot && !slotUsed) await slots()?.discard(slot.slotId);
  }
}

/** The generation it has; the row is locked. Throws when the tenant is something that cannot be started. */
async function startable(tx: Transaction, { operation }: Work): Promise<number> {
  const row = await lockTenant(tx, operation.organizationId, operation.tenantId);
  if (!row || row.state === 'deleted' || row.state === 'deleting') {
    throw new OperationFailure('superseded', 'The tenant was deleted meanwhile.');
  }
  // A message does not lead out of these, also when it looked at the tenant before a person did something.
  if (
    operation.kind === 'wake' &&
    (row.state === 'stopped' || row.state === 'paused' || row.state === 'requires_attention')
  ) {
    throw new OperationFailure('superseded', `The tenant is ${row.state.replace('_', ' ')} by now.`);
  }
  return row.generation;
}

/** Checked where it counts, with whoever else starts one kept out until this one is in the books. */
async function refuseBeyondRunning(tx: Transaction, tenant: TenantRow): Promise<void> {
  const limits = await findQuotas(tx, tenant.organizationId);
  if (limits.runningTenants === null || tenant.state === 'creating') return;
  await lockQuotas(tx, tenant.organizationId);
  const values = effectiveValues(tenant);
  const resources = { ...values, cpus: values.cpuMillis / 1000 };
  refuseBeyondQuotas(limits, await usedOf(tx, tenant.organizationId), {
    tenants: 0,
    runningTenants: 1,
    resources,
    before: resources,
  });
}

async function runStart(
  work: Work,
  request: StartRequest,
  hostId: string,
  slotId: string | null,
): Promise<StartResult & { slotId?: string }> {
  const { world, signal } = work;
  const host = hostOf(world, hostId);
  const stop = () => void host.stop(request.tenantId).catch(world.onError);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (slotId !== null) {
      const claimed = await host.claimSlot(slotId, request);
      if (claimed) return claimed.ok ? { ...claimed, slotId } : claimed;
      await world.slots()?.discard(slotId);
      refuseWhenLost(work);
    }
    return await world.starts.pass(hostId, signal, () => host.start(request));
  } catch (error) {
    refuseWhenLost(work);
    throw await failStart(work, request.generation, error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function recordStarted(
  work: Work,
  tenant: TenantRow,
  started: { generation: number; hostId: string; readyMs: number; slotId: string | undefined },
  finish: Finish | null,
): Promise<void> {
  const { world, operation } = work;
  const { generation, hostId, readyMs, slotId } = started;
  operation.result.startedBy = slotId === undefined ? 'start' : 'warm-slot';
  try {
    await inTransaction(work, async (tx) => {
      const moved = await transitionTenant(tx, {
        organizationId: tenant.organizationId,
        tenantId: tenant.id,
        to: 'running',
        generation,
        detail: { readyMs, startedBy: operation.result.startedBy, operationId: operation.id },
        set: { retryAt: null },
      });
      if (!moved) throw new OperationLost();
      await finish?.(tx);
    });
  } catch (error) {
    // Somebody else decides about the tenant now: a runtime nobody asked for any more must not stay.
    if (error instanceof OperationLost) await hostOf(world, hostId).stop(tenant.id).catch(world.onError);
    throw error;
  }
  const { organizationId, agentRevision } = tenant;
  world.runtimes.started(tenant.id, { organizationId, hostId, generation, agentRevision });
}

/** Something other than the runtime itself kept it from starting. */
async function failStart(work: Work, generation: number, error: unknown): Promise<never> {
  if (error instanceof OperationLost) throw error;
  work.world.onError(error);
  throw await recordFailure(work, generation, {
    reason: 'system_error',
    message: 'The host could not start the agent.',
  });
}

/** The tenant has failed and its room is free. What its stored files lack, another attempt does not bring back. */
async function recordFailure(
  work: Work,
  generation: number,
  { reason, message, hint }: { reason: OperationFailureReason; message: string; hint?: string },
): Promise<OperationFailure> {
  const { organizationId, tenantId, id } = work.operation;
  const failure = new OperationFailure(reason, message, hint);
  await inTransaction(work, async (tx) => {
    const [row] = await tx.select({ failures: tenants.startFailures }).from(tenants).where(eq(tenants.id, tenantId));
    const failures = (row?.failures ?? 0) + 1;
    await transitionTenant(tx, {
      organizationId,
      tenantId,
      to: reason === 'checkpoint_damaged' || reason === 'checkpoint_missing' ? 'requires_attention' : 'failed',
      generation,
      reason,
      hint: failure.hint,
      detail: { message, operationId: id },
      set: { startFailures: failures },
    });
    await tx
      .update(tenants)
      .set({ retryAt: sql`now() + ${startBackoffMs(failures)} * interval '1 millisecond'` })
      .where(eq(tenants.id, tenantId));
    await release(tx, tenantId);
  });
  return failure;
}
