import { ClawpoolError, type NewAuditEvent } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Transaction } from '../../store/database.ts';
import { release } from '../capacity/capacity-store.ts';
import { lockTenant, transitionTenant } from '../tenant-store.ts';
import { type OperationProgress, type OperationRow, refuseLostBeginning } from './operation.ts';
import { endFromOutside, lockOperation, lockWaitingOfBatch } from './operation-store.ts';
import { atRest } from './plan.ts';

/**
 * Calls an operation back that waits, for its turn or for room. Null: there is none. What it had done before it began to wait for room
 * stays; the tenant sleeps. Error `conflict`: it is under way, or over, or what the tenant begins with would be lost.
 */
export async function cancelOperation(
  tx: Transaction,
  asked: { organizationId: string; operationId: string; actor: NewAuditEvent['actor'] },
): Promise<OperationRow | null> {
  const row = await lockOperation(tx, asked.organizationId, asked.operationId);
  if (!row || (await endWaiting(tx, row, asked.actor))) return row;
  throw row.finishedAt
    ? new ClawpoolError(
        'conflict',
        'The operation is over.',
        'Look at the tenant’s state, then ask for what is wanted.',
      )
    : new ClawpoolError(
        'conflict',
        `The ${row.kind} is under way and cannot be called back.`,
        'Wait until it is over; its page says until when at the latest.',
      );
}

/** Those of a batch that still wait. What is under way comes to its end. */
export async function cancelOperationsOfBatch(
  tx: Transaction,
  { organizationId, batchId, actor }: { organizationId: string; batchId: string; actor: NewAuditEvent['actor'] },
): Promise<void> {
  for (const row of await lockWaitingOfBatch(tx, organizationId, batchId)) await endWaiting(tx, row, actor);
}

/** False: it does not only wait; nothing was written. */
async function endWaiting(tx: Transaction, row: OperationRow, actor: NewAuditEvent['actor']): Promise<boolean> {
  const { organizationId, tenantId, kind } = row;
  if (row.state !== 'queued' || row.leaseOwner !== null) return false;
  const tenant = await lockTenant(tx, organizationId, tenantId);
  if (!tenant) return false;
  const hasNotBegun = tenant.state === 'queued' || tenant.state === 'pending';
  // Begun, and left in the middle by a process that ended: the next one goes on with it.
  if (row.startedAt !== null && !hasNotBegun) return false;
  refuseLostBeginning(row, tenant);
  await endFromOutside(tx, row.id, {
    state: 'cancelled',
    reason: 'cancelled',
    message: `${actor.name} called it back while it waited.`,
  });
  if (hasNotBegun) {
    const { stateBefore } = row.progress as OperationProgress;
    const { generation } = tenant;
    const detail = { operationId: row.id };
    await transitionTenant(tx, { organizationId, tenantId, to: atRest(stateBefore), generation, detail });
    await release(tx, tenantId);
  }
  await recordAudit(tx, organizationId, {
    actor,
    action: 'operation.cancelled',
    target: { type: 'tenant', id: tenantId, name: tenant.name },
    outcome: 'allowed',
    detail: { operationId: row.id, kind, requestedBy: row.requestedBy, batchId: row.batchId },
  });
  return true;
}
