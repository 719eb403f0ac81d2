import { randomBytes } from 'node:crypto';
import { recordAudit } from '../../../audit/audit-store.ts';
import type { Transaction } from '../../../store/database.ts';
import { notify } from '../../../store/notifications.ts';
import { tenants } from '../../../store/schema/index.ts';
import { refuseGrowth, resourcesOf } from '../../quotas/quota-check.ts';
import { effectiveValues } from '../../templates/template.ts';
import { findTenant, lockTenant, poolActor } from '../../tenant-store.ts';
import { OperationFailure, OperationLost, quotaIsUsedUp, requestOf } from '../operation.ts';
import { insertOperation, saveProgress } from '../operation-store.ts';
import { inTransaction, remember, tenantOf, type Work } from '../world.ts';
import { hasFiles } from './files.ts';
import { backUp } from './stop.ts';

/** A new tenant like this one, that begins with its files as they are now. Its own create operation brings it to life. */
export async function makeClone(work: Work): Promise<void> {
  const { operation } = work;
  const { name, start } = requestOf(operation, 'clone');
  if (operation.progress.tenantId !== undefined) return;
  if (operation.progress.checkpointId === undefined && hasFiles(await tenantOf(work))) {
    await remember(work, { checkpointId: (await backUp(work, 'clone')).id });
  }
  const { checkpointId } = operation.progress;
  await inTransaction(work, async (tx) => {
    const { organizationId } = operation;
    const source = await lockTenant(tx, organizationId, operation.tenantId);
    if (!source) throw new OperationLost();
    await refuseBeyondNow(tx, source.id, organizationId);
    const id = newTenantId();
    const [made] = await tx
      .insert(tenants)
      .values({
        organizationId,
        id,
        name,
        tierId: source.tierId,
        tools: source.tools,
        state: 'queued',
        group: source.group,
        tags: source.tags,
        skills: source.skills,
        skillGroups: source.skillGroups,
        configTemplate: source.configTemplate,
        image: source.image,
        cpuMillis: source.cpuMillis,
        memoryMegabytes: source.memoryMegabytes,
        diskMegabytes: source.diskMegabytes,
        lastActiveAt: null,
      })
      .onConflictDoNothing()
      .returning({ id: tenants.id });
    if (!made) {
      throw new OperationFailure('superseded', `There is a tenant “${name}” by now.`, 'Choose another name.');
    }
    await insertOperation(tx, {
      organizationId,
      tenantId: id,
      kind: 'create',
      request: { kind: 'create', start },
      requestedBy: operation.requestedBy,
      progress: {
        ...(checkpointId === undefined ? {} : { checkpointId }),
        ...(source.hostId === null ? {} : { preferredHost: source.hostId }),
      },
    });
    await recordAudit(tx, organizationId, {
      actor: poolActor,
      action: 'tenant.created',
      target: { type: 'tenant', id, name },
      outcome: 'allowed',
      detail: { clonedFrom: source.id, operationId: operation.id },
    });
    await notify(tx, 'operation_requested', {});
    await notify(tx, 'tenant_changed', { organizationId, tenantId: id });
    operation.progress.tenantId = id;
    operation.result = { ...operation.result, tenantId: id, ...(checkpointId === undefined ? {} : { checkpointId }) };
    await saveProgress(tx, operation, operation);
  });
}

/** Others may have been made since it was asked for: what counts is what is left when this one is made. */
async function refuseBeyondNow(tx: Transaction, sourceId: string, organizationId: string): Promise<void> {
  const source = await findTenant(tx, sourceId);
  if (!source) throw new OperationLost();
  const resources = resourcesOf(effectiveValues(source));
  await refuseGrowth(tx, organizationId, { tenants: 1, runningTenants: 0, resources }).catch(quotaIsUsedUp);
}

/** Random: ids name folders and sockets, and are never used again. */
export const newTenantId = () => `t-${randomBytes(8).toString('hex')}`;
