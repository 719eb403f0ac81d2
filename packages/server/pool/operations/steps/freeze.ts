import { lockTenant, transitionTenant } from '../../tenant-store.ts';
import { OperationFailure, OperationLost } from '../operation.ts';
import { hostOf, inTransaction, tenantOf, type Work } from '../world.ts';

/** Its processes stand still and keep their memory; messages wait. */
export async function pauseRuntime(work: Work): Promise<void> {
  const { world, operation } = work;
  const tenant = await tenantOf(work);
  if (tenant.state === 'paused') return;
  if (tenant.state !== 'running') throw new OperationFailure('superseded', `The tenant is ${tenant.state} by now.`);
  const runtime = world.runtimes.get(tenant.id);
  world.runtimes.ended(tenant.id);
  try {
    await hostOf(world, tenant.hostId).pause(tenant.id);
    await inTransaction(work, async (tx) => {
      const row = await lockTenant(tx, operation.organizationId, operation.tenantId);
      if (!row) throw new OperationLost();
      const detail = { operationId: operation.id };
      const moved = await transitionTenant(tx, { ...keyOf(work), to: 'paused', generation: row.generation, detail });
      if (!moved) throw new OperationFailure('superseded', `The tenant is ${row.state} by now.`);
    });
  } catch (error) {
    // It stands still for nothing otherwise. Pauses count, so this ends no other one's.
    await hostOf(world, tenant.hostId).resume(tenant.id).catch(world.onError);
    if (runtime) world.runtimes.started(tenant.id, runtime);
    throw error;
  }
}

/** It goes on where it stood. */
export async function resumeRuntime(work: Work): Promise<void> {
  const { world, operation } = work;
  const tenant = await tenantOf(work);
  if (tenant.state === 'running') return;
  if (tenant.state !== 'paused' || tenant.hostId === null) {
    throw new OperationFailure('superseded', `The tenant is ${tenant.state} by now.`);
  }
  await hostOf(world, tenant.hostId).resume(tenant.id);
  await inTransaction(work, async (tx) => {
    const row = await lockTenant(tx, operation.organizationId, operation.tenantId);
    if (!row) throw new OperationLost();
    const detail = { operationId: operation.id };
    const moved = await transitionTenant(tx, { ...keyOf(work), to: 'running', generation: row.generation, detail });
    if (!moved) throw new OperationFailure('superseded', `The tenant is ${row.state} by now.`);
  });
  const { organizationId, hostId, generation } = tenant;
  world.runtimes.started(tenant.id, { organizationId, hostId, generation });
}

const keyOf = ({ operation }: Work) => ({ organizationId: operation.organizationId, tenantId: operation.tenantId });
