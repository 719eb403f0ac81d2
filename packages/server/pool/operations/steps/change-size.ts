import { eq } from 'drizzle-orm';
import type { Transaction } from '../../../store/database.ts';
import { tenants } from '../../../store/schema/index.ts';
import { needOf } from '../../capacity/capacity.ts';
import { findReservation, reserve } from '../../capacity/capacity-store.ts';
import { effectiveValues } from '../../templates/template.ts';
import { findTenant, type TenantRow } from '../../tenant-store.ts';
import { OperationFailure, requestOf } from '../operation.ts';
import { saveProgress } from '../operation-store.ts';
import { hostOf, inTransaction, tenantOf, type Work } from '../world.ts';

/** The ledger and the tenant's own values, if there is room for the difference. */
export async function changeSize(work: Work): Promise<void> {
  const { operation } = work;
  const { cpus, memoryMegabytes, diskMegabytes } = requestOf(operation, 'resize');
  await inTransaction(work, async (tx) => {
    const before = await findTenant(tx, operation.tenantId);
    if (!before) throw new OperationFailure('superseded', 'The tenant is gone.');
    operation.progress.before ??= {
      cpuMillis: before.cpuMillis,
      memoryMegabytes: before.memoryMegabytes,
      diskMegabytes: before.diskMegabytes,
    };
    await tx
      .update(tenants)
      .set({
        ...(cpus === undefined ? {} : { cpuMillis: Math.round(cpus * 1000) }),
        ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
        ...(diskMegabytes === undefined ? {} : { diskMegabytes }),
        // So that a request for nothing is no mistake of SQL.
        id: before.id,
      })
      .where(eq(tenants.id, before.id));
    if (!(await reserveAgain(tx, work))) {
      throw new OperationFailure('capacity_unavailable', 'There is no room on the host for that much.');
    }
    await saveProgress(tx, operation, operation);
  });
}

/** A runtime keeps running; one that is not there gets its limits at its next start. */
export async function applySize(work: Work): Promise<void> {
  const tenant = await tenantOf(work);
  if (tenant.state !== 'running' && tenant.state !== 'paused') return;
  const host = hostOf(work.world, tenant.hostId);
  const limits = limitsOf(tenant);
  const used = (await host.usage(tenant.id))?.memoryBytes ?? 0;
  // cgroup v1 refuses such a limit by itself; cgroup v2 accepts it and kills (kernel documentation, memory.max).
  if (used > limits.memoryBytes) {
    throw new OperationFailure(
      'memory_limit',
      `It uses ${Math.ceil(used / 2 ** 20)} MB now, more than the ${limits.memoryBytes / 2 ** 20} MB asked for.`,
      'Restart it first, which frees memory, or choose a higher limit.',
    );
  }
  try {
    await host.setLimits(tenant.id, limits);
  } catch (error) {
    throw new OperationFailure(
      'memory_limit',
      `The host refused the new size: ${(error as Error).message}`,
      'It may use more memory right now than the new limit. Restart it, or choose a higher limit.',
      { cause: error },
    );
  }
}

/**
 * Also on the host, which may have taken a part of it. Where others have taken the room by now, the ledger keeps what is held until the
 * next start reserves anew.
 */
export async function undoSize(tx: Transaction, work: Work): Promise<void> {
  const { before } = work.operation.progress;
  if (!before) return;
  await tx.update(tenants).set(before).where(eq(tenants.id, work.operation.tenantId));
  await reserveAgain(tx, work);
  const tenant = await findTenant(tx, work.operation.tenantId);
  const host = work.world.hosts.get(tenant?.hostId ?? '');
  if (tenant && host) host.setLimits(tenant.id, limitsOf(tenant)).catch(work.world.onError);
}

/** What a tenant holds follows what it may use. One without a runtime holds nothing. False: there is no room for it. */
async function reserveAgain(tx: Transaction, { world, operation }: Work): Promise<boolean> {
  const tenant = await findTenant(tx, operation.tenantId);
  const held = await findReservation(tx, operation.tenantId);
  if (!tenant || !held) return true;
  const description = world.descriptions.get(held.hostId);
  const values = effectiveValues(tenant);
  const image = values.image ?? description?.image;
  const typical = description?.images.find(({ id }) => id === image)?.typicalMemoryMegabytes;
  const reserved = await reserve(tx, {
    ...needOf(values, typical),
    ownerId: tenant.id,
    kind: 'tenant',
    organizationId: tenant.organizationId,
    hostId: held.hostId,
    generation: held.generation,
  });
  return reserved !== null;
}

const limitsOf = (tenant: TenantRow) => {
  const { memoryMegabytes, cpuMillis } = effectiveValues(tenant);
  return { memoryBytes: memoryMegabytes * 2 ** 20, pids: tenant.pids, cpus: cpuMillis / 1000 };
};
