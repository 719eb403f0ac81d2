import { randomUUID } from 'node:crypto';
import type { Operation, OperationFailureReason } from '@clawpool/contracts';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { ownerIsGone } from '../../store/ownership.ts';
import { operations, tenants } from '../../store/schema/index.ts';
import {
  type ClaimedOperation,
  deadlineSeconds,
  mostLives,
  OperationLost,
  type OperationProgress,
  type OperationRow,
  toOperation,
  waitingSeconds,
} from './operation.ts';

export interface NewOperation
  extends Pick<OperationRow, 'organizationId' | 'tenantId' | 'kind' | 'request' | 'requestedBy'> {
  progress?: OperationProgress;
  clientToken?: string | undefined;
  batchId?: string | undefined;
  /** It is done already: there was nothing to do. */
  done?: boolean;
  /** It could not be begun. */
  refused?: { reason: OperationFailureReason; message: string; hint: string };
}

/** Null: the tenant has another open one, or the client token is used. Nothing was written then. */
export async function insertOperation(tx: Queryable, made: NewOperation): Promise<OperationRow | null> {
  const { done, refused, progress = {}, clientToken = null, batchId = null, ...row } = made;
  const over = done || refused;
  const [inserted] = await tx
    .insert(operations)
    .values({
      id: randomUUID(),
      ...row,
      progress: { ...progress },
      clientToken,
      batchId,
      deadlineAt: secondsFromNow(waitingSeconds),
      ...(over ? { state: done ? 'succeeded' : 'failed', startedAt: sql`now()`, finishedAt: sql`now()` } : {}),
      ...(done ? { phase: 'finished' } : {}),
      ...refused,
    })
    .onConflictDoNothing()
    .returning();
  return inserted ?? null;
}

/** Like `insertOperation`, claimed by its maker from the beginning. */
export async function insertClaimed(
  db: Queryable,
  owner: string,
  leaseMs: number,
  made: Omit<NewOperation, 'done' | 'refused'>,
): Promise<ClaimedOperation | null> {
  const { progress = {}, clientToken = null, batchId = null, ...row } = made;
  const [inserted] = await db
    .insert(operations)
    .values({
      id: randomUUID(),
      ...row,
      progress: { ...progress },
      clientToken,
      batchId,
      state: 'running',
      startedAt: sql`now()`,
      fence: 1,
      leaseOwner: owner,
      leaseExpiresAt: millisecondsFromNow(leaseMs),
      deadlineAt: secondsFromNow(deadlineSeconds[made.kind]),
    })
    .onConflictDoNothing()
    .returning();
  return inserted ? claimedOf(inserted) : null;
}

/**
 * The oldest operation that may go on now: not leased and not before its time; those of batches after all others, or (`ofBatches` false)
 * not at all. Claiming it raises its fence, so that whoever held it before can write nothing any more. Its deadline begins to count,
 * unless it counts already.
 */
export async function claimNextOperation(
  db: Queryable,
  owner: string,
  leaseMs: number,
  { ofBatches }: { ofBatches: boolean },
): Promise<ClaimedOperation | null> {
  const [row] = await db
    .update(operations)
    .set({
      state: 'running',
      leaseOwner: owner,
      leaseExpiresAt: millisecondsFromNow(leaseMs),
      fence: sql`${operations.fence} + 1`,
      retryAt: null,
      startedAt: sql`coalesce(${operations.startedAt}, now())`,
      deadlineAt: sql`case when ${operations.state} = 'queued'
        then now() + (${JSON.stringify(deadlineSeconds)}::jsonb ->> ${operations.kind})::int * interval '1 second'
        else ${operations.deadlineAt} end`,
    })
    .where(
      eq(
        operations.id,
        sql`(select o.id from operations o
          where o.finished_at is null and (o.lease_expires_at is null or o.lease_expires_at < now())
            and (o.retry_at is null or o.retry_at <= now())
            ${ofBatches ? sql`` : sql`and o.batch_id is null`}
          order by o.batch_id is not null, o.created_at, o.id limit 1 for update skip locked)`,
      ),
    )
    .returning();
  return row ? claimedOf(row) : null;
}

/** False when it was lost: the caller must end what it does and write nothing. */
export async function renewOperation(db: Queryable, operation: ClaimedOperation, leaseMs: number): Promise<boolean> {
  const rows = await db
    .update(operations)
    .set({ leaseExpiresAt: millisecondsFromNow(leaseMs) })
    .where(held(operation))
    .returning({ id: operations.id });
  return rows.length === 1;
}

/**
 * Frees the operations of owners that are gone, and gives them their time
 * anew: the time nobody worked on them is nobody's fault. `self` is alive, whatever became of its lock's connection.
 */
export async function releaseOperationsOfTheDead(db: Queryable, self: string): Promise<number> {
  const { rowCount } = await db.execute(sql`
    update operations set lease_owner = null, lease_expires_at = null,
      progress = progress || jsonb_build_object('lives', coalesce((progress->>'lives')::int, 0) + 1),
      deadline_at = case when coalesce((progress->>'lives')::int, 0) < ${mostLives}
        then greatest(deadline_at, now() + (${JSON.stringify(deadlineSeconds)}::jsonb ->> kind)::int * interval '1 second')
        else deadline_at end
    where finished_at is null and ${ownerIsGone(sql`lease_owner`, self)}`);
  return rowCount ?? 0;
}

/** Every write of an executor begins with this: it locks the row for the transaction, or throws OperationLost. */
export async function holdOperation(tx: Transaction, operation: ClaimedOperation): Promise<void> {
  const rows = await tx.select({ id: operations.id }).from(operations).where(held(operation)).for('update');
  if (rows.length === 0) throw new OperationLost();
}

/** Where it stands now. */
export async function saveProgress(
  tx: Transaction,
  operation: ClaimedOperation,
  now: Pick<ClaimedOperation, 'phase' | 'progress' | 'result'>,
): Promise<void> {
  const result = Object.keys(now.result).length > 0 ? now.result : null;
  // An image comes from the network: a create that needs one has the time that a rebuild has.
  const deadlineAt =
    now.phase === 'installing_image'
      ? {
          deadlineAt: sql`greatest(${operations.deadlineAt}, now() + ${deadlineSeconds.rebuild} * interval '1 second')`,
        }
      : {};
  await save(tx, operation, { phase: now.phase, progress: { ...now.progress }, result, ...deadlineAt });
  await notify(tx, 'tenant_changed', { organizationId: operation.organizationId, tenantId: operation.tenantId });
}

/** It waits, without a lease, and its deadline does not count meanwhile. */
export async function postponeOperation(
  tx: Transaction,
  operation: ClaimedOperation,
  now: { progress: OperationProgress; retryMs: number },
): Promise<void> {
  await save(tx, operation, {
    state: 'queued',
    phase: 'waiting',
    progress: { ...now.progress },
    leaseOwner: null,
    leaseExpiresAt: null,
    retryAt: millisecondsFromNow(now.retryMs),
    deadlineAt: sql`${operations.createdAt} + ${waitingSeconds} * interval '1 second'`,
  });
}

/** Leaves it to whoever claims it next, with its time anew: another process may take it up much later. */
export async function giveUpOperation(db: Queryable, operation: ClaimedOperation): Promise<void> {
  await db
    .update(operations)
    .set({ state: 'queued', leaseOwner: null, leaseExpiresAt: null, deadlineAt: secondsFromNow(waitingSeconds) })
    .where(held(operation));
}

export interface OperationEnd {
  state: 'succeeded' | 'failed' | 'cancelled';
  reason?: OperationFailureReason;
  message?: string | undefined;
  hint?: string;
  result?: OperationRow['result'];
}

export async function finishOperation(tx: Transaction, operation: ClaimedOperation, end: OperationEnd): Promise<void> {
  await save(tx, operation, {
    state: end.state,
    phase: end.state === 'succeeded' ? 'finished' : operation.phase,
    ...ended(end),
  });
  await notify(tx, 'operation_ended', { operationId: operation.id, tenantId: operation.tenantId });
  await notify(tx, 'tenant_changed', { organizationId: operation.organizationId, tenantId: operation.tenantId });
}

/** Ends it whoever holds it. Null: it was over. */
export async function endFromOutside(tx: Transaction, id: string, end: OperationEnd): Promise<OperationRow | null> {
  const [row] = await tx
    .update(operations)
    .set({ state: end.state, fence: sql`${operations.fence} + 1`, ...ended(end) })
    .where(and(eq(operations.id, id), isNull(operations.finishedAt)))
    .returning();
  if (!row) return null;
  await notify(tx, 'operation_ended', { operationId: row.id, tenantId: row.tenantId });
  await notify(tx, 'tenant_changed', { organizationId: row.organizationId, tenantId: row.tenantId });
  return row;
}

/** Locked until the transaction ends: nobody claims it meanwhile. */
export async function lockOperation(
  tx: Transaction,
  organizationId: string,
  operationId: string,
): Promise<OperationRow | null> {
  const [row] = await tx
    .select()
    .from(operations)
    .where(and(eq(operations.organizationId, organizationId), eq(operations.id, operationId)))
    .for('update');
  return row ?? null;
}

/** The same of those of a batch that nobody has claimed, in the order in which everybody locks tenants. */
export function lockWaitingOfBatch(tx: Transaction, organizationId: string, batchId: string): Promise<OperationRow[]> {
  return tx
    .select()
    .from(operations)
    .where(
      and(
        eq(operations.organizationId, organizationId),
        eq(operations.batchId, batchId),
        eq(operations.state, 'queued'),
        isNull(operations.leaseOwner),
      ),
    )
    .orderBy(operations.tenantId, operations.id)
    .for('update', { skipLocked: true });
}

const ended = ({ reason, message, hint, result }: OperationEnd) => ({
  reason: reason ?? null,
  message: message ?? null,
  hint: hint ?? null,
  result: result && Object.keys(result).length > 0 ? result : null,
  leaseOwner: null,
  leaseExpiresAt: null,
  retryAt: null,
  finishedAt: sql`now()`,
});

/** Whoever has waited longest for room looks again. */
export async function retryWaiting(db: Queryable, most: number): Promise<void> {
  await db.execute(sql`
    update operations set retry_at = null where id in (
      select id from operations where finished_at is null and state = 'queued' and retry_at > now()
      order by created_at limit ${most} for update skip locked)`);
}

/** When the next one that waits for a time is due, of those that `claimNextOperation` would claim; null when none does. */
export async function nextOperationAt(db: Queryable, { ofBatches }: { ofBatches: boolean }): Promise<Date | null> {
  const [row] = await db
    .select({ at: sql<Date | null>`min(${operations.retryAt})`.mapWith(operations.retryAt) })
    .from(operations)
    .where(
      and(
        isNull(operations.finishedAt),
        isNull(operations.leaseOwner),
        ofBatches ? undefined : isNull(operations.batchId),
      ),
    );
  return row?.at ?? null;
}

export async function findOpenOperation(
  db: Queryable,
  organizationId: string,
  tenantId: string,
): Promise<OperationRow | null> {
  const [row] = await db
    .select()
    .from(operations)
    .where(
      and(
        eq(operations.organizationId, organizationId),
        eq(operations.tenantId, tenantId),
        isNull(operations.finishedAt),
      ),
    );
  return row ?? null;
}

export async function findByClientToken(
  db: Queryable,
  organizationId: string,
  clientToken: string,
): Promise<OperationRow | null> {
  const [row] = await db
    .select()
    .from(operations)
    .where(and(eq(operations.organizationId, organizationId), eq(operations.clientToken, clientToken)));
  return row ?? null;
}

export async function findOperation(
  db: Queryable,
  organizationId: string,
  operationId: string,
): Promise<Operation | null> {
  const [row] = await selectShown(db).where(
    and(eq(operations.organizationId, organizationId), eq(operations.id, operationId)),
  );
  return row ? toOperation(row.operation, row.tenantName) : null;
}

/** Newest first. */
export async function listOperations(
  db: Queryable,
  organizationId: string,
  of: { tenantId: string } | { failedOfBatch: string },
  limit: number,
): Promise<Operation[]> {
  const rows = await selectShown(db)
    .where(
      and(
        eq(operations.organizationId, organizationId),
        'tenantId' in of
          ? eq(operations.tenantId, of.tenantId)
          : and(eq(operations.batchId, of.failedOfBatch), sql`${operations.state} in ('failed', 'cancelled')`),
      ),
    )
    .orderBy(desc(operations.createdAt), desc(operations.id))
    .limit(limit);
  return rows.map((row) => toOperation(row.operation, row.tenantName));
}

function selectShown(db: Queryable) {
  return db
    .select({ operation: operations, tenantName: tenants.name })
    .from(operations)
    .innerJoin(tenants, and(eq(tenants.organizationId, operations.organizationId), eq(tenants.id, operations.tenantId)))
    .$dynamic();
}

/** What an executor works with; the fence is the row's. */
export function claimedOf({ result, ...row }: OperationRow): ClaimedOperation {
  const { organizationId, id, tenantId, kind, phase, request, requestedBy, batchId, fence } = row;
  const progress = row.progress as OperationProgress;
  const what = { organizationId, id, tenantId, kind, phase, request, requestedBy, batchId, fence };
  return { ...what, progress, result: result ?? {} };
}

async function save(
  tx: Transaction,
  operation: ClaimedOperation,
  values: Parameters<ReturnType<Transaction['update']>['set']>[0],
): Promise<void> {
  const rows = await tx.update(operations).set(values).where(held(operation)).returning({ id: operations.id });
  if (rows.length === 0) throw new OperationLost();
}

const held = (operation: ClaimedOperation) =>
  and(
    eq(operations.organizationId, operation.organizationId),
    eq(operations.id, operation.id),
    eq(operations.fence, operation.fence),
    isNull(operations.finishedAt),
  );

const secondsFromNow = (seconds: number) => sql`now() + ${seconds} * interval '1 second'`;
const millisecondsFromNow = (ms: number) => sql`now() + ${ms} * interval '1 millisecond'`;
