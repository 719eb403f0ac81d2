import { randomUUID } from 'node:crypto';
import { type Batch, type BatchBody, ClawpoolError, type Operation, type OperationRequest } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { type NotificationListener, notify } from '../../store/notifications.ts';
import { cancelOperationsOfBatch } from '../operations/cancel.ts';
import { isDatabaseAway } from '../operations/database-away.ts';
import type { OperationService } from '../operations/operation-service.ts';
import { insertOperation } from '../operations/operation-store.ts';
import { operationFailureHints } from '../tenant.ts';
import { listTenantIds } from '../tenant-list.ts';
import {
  advanceBatch,
  type BatchRow,
  cancelBatch,
  countOpen,
  findBatch,
  finishBatch,
  insertBatch,
  listBatches,
  lockBatch,
  lockOpenBatch,
} from './batch-store.ts';

/** One operation for many tenants. The row is the work: any process goes on with it. */
export interface BatchService {
  start(principal: Principal, body: BatchBody): Promise<Batch>;
  /** Newest first, at most 50. */
  list(organizationId: string): Promise<Batch[]>;
  /** Null: there is none. */
  find(organizationId: string, batchId: string): Promise<(Batch & { failures: Operation[] }) | null>;
  /** What has not begun does not begin any more. Errors: `not_found`; `conflict` when it is over. */
  cancel(principal: Principal, batchId: string): Promise<Batch>;
  close(): Promise<void>;
}

export interface BatchServiceOptions {
  database: Database;
  notifications: NotificationListener;
  operations: OperationService;
  onError: (error: unknown) => void;
}

/** Operations of one batch that are open at once: the others' operations are not held up for long by a batch of thousands. */
const openAtOnce = 16;

/** A slow poll catches whatever a lost notification would have told. */
const pollMs = 5_000;

export function createBatchService({
  database,
  notifications,
  operations,
  onError,
}: BatchServiceOptions): BatchService {
  const { db } = database;
  let closed = false;
  let wanted = false;
  let working: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  const stops = [
    notifications.on('batch_requested', () => look()),
    notifications.on('operation_ended', () => look()),
    notifications.onGap(() => look()),
  ];
  look();

  function look(): void {
    if (closed) return;
    wanted = true;
    working ??= work()
      .catch(onError)
      .finally(() => {
        working = null;
        clearTimeout(timer);
        if (closed) return;
        if (wanted) look();
        else timer = setTimeout(look, pollMs);
      });
  }

  /** Each batch in turn gets as many operations as it may have open. */
  async function work(): Promise<void> {
    wanted = false;
    const seen: string[] = [];
    for (;;) {
      const id = closed ? null : await db.transaction((tx) => advance(tx, seen));
      if (id === null) return;
      seen.push(id);
    }
  }

  async function advance(tx: Transaction, seen: readonly string[]): Promise<string | null> {
    const batch = await lockOpenBatch(tx, seen);
    if (!batch) return null;
    const open = await countOpen(tx, batch);
    const pending = [...batch.pending];
    let { refused } = batch;
    const next = pending.splice(0, Math.max(0, openAtOnce - open));
    for (const tenantId of next) if (!(await begin(batch, tenantId))) refused++;
    if (next.length > 0) await advanceBatch(tx, batch, { pending, refused });
    if (pending.length === 0 && (await countOpen(tx, batch)) === 0) await finishBatch(tx, batch);
    return batch.id;
  }

  /** The token makes it one operation, however often a process dies between it and the batch's commit. */
  async function begin(batch: BatchRow, tenantId: string): Promise<boolean> {
    const { organizationId, id, request, requestedBy } = batch;
    const clientToken = `batch-${id}-${tenantId}`;
    try {
      await operations.request({
        organizationId,
        tenantId,
        request: { ...request, clientToken } as OperationRequest,
        requestedBy,
        batchId: id,
      });
      return true;
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      if (!(error instanceof ClawpoolError)) onError(error);
      return refuse(batch, tenantId, error);
    }
  }

  /** Told as an operation that failed, unless there is no such tenant to tell it of. */
  async function refuse(batch: BatchRow, tenantId: string, error: unknown): Promise<boolean> {
    const { organizationId, id: batchId, request, requestedBy } = batch;
    if (error instanceof ClawpoolError && error.code === 'not_found') return false;
    const { message, hint } =
      error instanceof ClawpoolError ? error : { message: 'Something inside Clawpool went wrong.', hint: undefined };
    const reason = !(error instanceof ClawpoolError)
      ? 'system_error'
      : error.code === 'quota_exceeded'
        ? 'quota_exceeded'
        : 'superseded';
    const { kind } = request;
    const row = { organizationId, tenantId, kind, request, requestedBy, batchId };
    await insertOperation(db, {
      ...row,
      clientToken: `batch-${batchId}-${tenantId}`,
      refused: { reason, message, hint: hint ?? operationFailureHints[reason] },
    });
    return true;
  }

  return {
    start: async ({ organizationId, userId, name }, { operation, ids, filter }) => {
      const { clientToken: _, ...request } = operation;
      const id = randomUUID();
      await db.transaction(async (tx) => {
        const pending = ids
          ? [...new Set(ids)]
          : await listTenantIds(tx, { organizationId, departmentIds: null, ...filter }, '');
        await insertBatch(tx, { organizationId, id, request, pending, total: pending.length, requestedBy: name });
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: userId, name },
          action: `batch.${request.kind}_requested`,
          target: { type: 'batch', id, name: request.kind },
          outcome: 'allowed',
          detail: { tenants: pending.length, ...(filter ? { filter } : {}) },
        });
        await notify(tx, 'batch_requested', {});
      });
      const made = await findBatch(db, organizationId, id);
      if (!made) throw new Error('a batch that was just made is gone');
      return made;
    },
    list: (organizationId) => listBatches(db, organizationId, 50),
    find: (organizationId, batchId) => findBatch(db, organizationId, batchId),
    cancel: async ({ organizationId, userId, name }, batchId) => {
      const actor = { type: 'person' as const, id: userId, name };
      await transact(db, async (tx) => {
        const batch = await lockBatch(tx, organizationId, batchId);
        if (!batch) throw noSuchBatch(batchId);
        if (batch.cancelledAt) return;
        if (batch.finishedAt) {
          throw new ClawpoolError('conflict', 'The batch is over.', 'Start another one for what is wanted now.');
        }
        await cancelBatch(tx, batch);
        await cancelOperationsOfBatch(tx, { organizationId, batchId, actor });
        await recordAudit(tx, organizationId, {
          actor,
          action: 'batch.cancelled',
          target: { type: 'batch', id: batchId, name: batch.request.kind },
          outcome: 'allowed',
          detail: { notBegun: batch.pending.length },
        });
        await notify(tx, 'batch_requested', {});
      });
      const batch = await findBatch(db, organizationId, batchId);
      if (!batch) throw noSuchBatch(batchId);
      return batch;
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      for (const stop of stops) stop();
      await working;
    },
  };
}

const noSuchBatch = (batchId: string) =>
  new ClawpoolError('not_found', `There is no batch “${batchId}”.`, 'Pool Ops lists them.');
