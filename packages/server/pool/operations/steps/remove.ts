import { eq } from 'drizzle-orm';
import { endAccessOfAgents } from '../../../governance/approvals/grants/end-access.ts';
import type { Transaction } from '../../../store/database.ts';
import { tenants } from '../../../store/schema/index.ts';
import { release } from '../../capacity/capacity-store.ts';
import { lockTenant, poolActor, transitionTenant } from '../../tenant-store.ts';
import { OperationLost, requestOf } from '../operation.ts';
import type { Finish } from '../plan.ts';
import { inTransaction, tenantOf, type Work } from '../world.ts';
import { hasFiles } from './files.ts';
import { backUp } from './stop.ts';

/** Its failure aborts the deletion: the tenant is as it was. Where nothing is kept there is nothing to store. */
export async function backUpBeforeDelete(work: Work): Promise<void> {
  const { keepData, skipBackup } = requestOf(work.operation, 'delete');
  const tenant = await tenantOf(work);
  if (skipBackup || !keepData || tenant.state === 'deleting' || !hasFiles(tenant)) return;
  const taken = await backUp(work, 'before_delete');
  work.operation.result.checkpointId = taken.id;
}

/** Nothing of it is left on its host, and nothing in the ledger. Its row stays, and its backups unless they are not wanted. */
export async function removeTenant(work: Work, finish: Finish | null): Promise<void> {
  const { world, operation } = work;
  const { organizationId, tenantId } = operation;
  const { keepData } = requestOf(operation, 'delete');
  const tenant = await tenantOf(work);
  if (tenant.hostId !== null) await world.hosts.get(tenant.hostId)?.removeFiles(tenantId);
  await inTransaction(work, async (tx: Transaction) => {
    await endAccessOfAgents(tx, organizationId, poolActor, [tenantId]);
    const row = await lockTenant(tx, organizationId, tenantId);
    if (!row) throw new OperationLost();
    await release(tx, tenantId);
    if (!keepData) {
      await world.checkpoints.forget(tx, organizationId, tenantId);
      delete operation.result.checkpointId;
    }
    const detail = { operationId: operation.id, keepData };
    await transitionTenant(tx, { organizationId, tenantId, to: 'deleted', generation: row.generation, detail });
    // A new tenant on this host may not take it for its own, and the host may go.
    await tx.update(tenants).set({ hostId: null }).where(eq(tenants.id, tenantId));
    await finish?.(tx);
  });
}
