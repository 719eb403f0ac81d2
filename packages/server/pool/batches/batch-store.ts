import type { Batch, Operation, OperationRequest } from '@clawpool/contracts';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { batches } from '../../store/schema/index.ts';
import { listOperations } from '../operations/operation-store.ts';

export type BatchRow = typeof batches.$inferSelect;

export async function insertBatch(
  tx: Transaction,
  row: Pick<BatchRow, 'organizationId' | 'id' | 'request' | 'pending' | 'total' | 'requestedBy'>,
): Promise<void> {
  await tx.insert(batches).values({ ...row, ...(row.total === 0 ? { finishedAt: sql`now()` } : {}) });
}

/** The oldest that is not over and nobody else works on; locked until the transaction ends. */
export async function lockOpenBatch(tx: Transaction, except: readonly string[]): Promise<BatchRow | null> {
  const [row] = await tx
    .select()
    .from(batches)
    .where(and(isNull(batches.finishedAt), sql`not (${batches.id} = any(${sql.param([...except])}::text[]))`))
    .orderBy(batches.createdAt)
    .limit(1)
    // Its operations refer to it, and are made meanwhile.
    .for('no key update', { skipLocked: true });
  return row ?? null;
}

/** Locked until the transaction ends; whoever makes operations of it is waited for. */
export async function lockBatch(tx: Transaction, organizationId: string, batchId: string): Promise<BatchRow | null> {
  const [row] = await tx
    .select()
    .from(batches)
    .where(and(eq(batches.organizationId, organizationId), eq(batches.id, batchId)))
    .for('no key update');
  return row ?? null;
}

/** No more operations of it are made. It is finished when the last one that is under way has ended. */
export async function cancelBatch(tx: Transaction, { organizationId, id }: BatchRow): Promise<void> {
  await tx
    .update(batches)
    .set({ pending: [], cancelledAt: sql`now()` })
    .where(and(eq(batches.organizationId, organizationId), eq(batches.id, id)));
}

/** Some tenants have their operation now, or were refused one. */
export async function advanceBatch(
  tx: Transaction,
  { organizationId, id }: BatchRow,
  now: { pending: string[]; refused: number },
): Promise<void> {
  await tx
    .update(batches)
    .set({ pending: now.pending, refused: now.refused })
    .where(and(eq(batches.organizationId, organizationId), eq(batches.id, id)));
}

export async function finishBatch(tx: Transaction, { organizationId, id }: BatchRow): Promise<void> {
  await tx
    .update(batches)
    .set({ finishedAt: sql`now()` })
    .where(and(eq(batches.organizationId, organizationId), eq(batches.id, id)));
}

/** Of its operations, how many are not over. */
export async function countOpen(db: Queryable, { organizationId, id }: BatchRow): Promise<number> {
  const { rows } = await db.execute<{ open: number }>(sql`
    select count(*)::int as open from operations
    where organization_id = ${organizationId} and batch_id = ${id} and finished_at is null`);
  return rows[0]?.open ?? 0;
}

/** Newest first. */
export async function listBatches(db: Queryable, organizationId: string, limit: number): Promise<Batch[]> {
  return (
    await selectShown(db)
      .where(eq(batches.organizationId, organizationId))
      .orderBy(desc(batches.createdAt))
      .limit(limit)
  ).map(toBatch);
}

export async function findBatch(
  db: Queryable,
  organizationId: string,
  batchId: string,
): Promise<(Batch & { failures: Operation[] }) | null> {
  const [row] = await selectShown(db).where(and(eq(batches.organizationId, organizationId), eq(batches.id, batchId)));
  if (!row) return null;
  return { ...toBatch(row), failures: await listOperations(db, organizationId, { failedOfBatch: batchId }, 200) };
}

function selectShown(db: Queryable) {
  // Written out: in a select of one table a column is named without it, and `id` in here would be the operation's.
  const counted = (states: string) => sql<number>`(select count(*)::int from operations o
    where o.organization_id = batches.organization_id and o.batch_id = batches.id and o.state in ${sql.raw(states)})`;
  return db
    .select({
      id: batches.id,
      request: batches.request,
      total: batches.total,
      refused: batches.refused,
      requestedBy: batches.requestedBy,
      createdAt: batches.createdAt,
      cancelledAt: batches.cancelledAt,
      finishedAt: batches.finishedAt,
      succeeded: counted("('succeeded')"),
      failed: counted("('failed')"),
      cancelled: counted("('cancelled')"),
      open: counted("('queued', 'running')"),
    })
    .from(batches)
    .$dynamic();
}

const toBatch = (row: {
  id: string;
  request: OperationRequest;
  total: number;
  refused: number;
  requestedBy: string;
  createdAt: Date;
  cancelledAt: Date | null;
  finishedAt: Date | null;
  succeeded: number;
  failed: number;
  cancelled: number;
  open: number;
}): Batch => ({
  id: row.id,
  kind: row.request.kind,
  state: row.finishedAt ? 'finished' : 'running',
  total: row.total,
  succeeded: row.succeeded,
  failed: row.failed + row.refused,
  cancelled: row.cancelledAt ? row.total - row.succeeded - row.failed - row.refused - row.open : row.cancelled,
  requestedBy: row.requestedBy,
  createdAt: row.createdAt.toISOString(),
  cancelledAt: row.cancelledAt?.toISOString() ?? null,
  finishedAt: row.finishedAt?.toISOString() ?? null,
});
