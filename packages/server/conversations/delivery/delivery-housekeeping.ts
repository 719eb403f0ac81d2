import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { deleteExpiredPairings } from '../channels/binding-store.ts';

/** What was delivered is kept this long: for questions, and for a platform that brings a message again. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** Rows of one statement: a larger one would hold its locks for long. */
const batchRows = 1_000;

/** Removes what was delivered, or given up by a person, more than seven days ago. What is dead stays. Returns how many rows went. */
export async function removeDelivered({ db }: Database, now: Date = new Date()): Promise<number> {
  const before = new Date(now.getTime() - keptMs).toISOString();
  let removed = 0;
  const over: [SQL, SQL][] = [
    [sql`inbox`, sql`state in ('done', 'discarded')`],
    [sql`outbox`, sql`state in ('sent', 'discarded')`],
  ];
  for (const [table, isOver] of over) {
    for (let count = batchRows; count === batchRows; removed += count) {
      const { rowCount } = await db.execute(sql`
        delete from ${table} where (organization_id, id) in (
          select organization_id, id from ${table} where ${isOver} and finished_at < ${before} limit ${batchRows})`);
      count = rowCount ?? 0;
    }
  }
  await deleteExpiredPairings(db);
  return removed;
}

/** Every hour. */
export function startDeliveryHousekeeping(
  database: Database,
  onError: (error: unknown) => void,
): { close(): Promise<void> } {
  let work: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    work = work.then(() => removeDelivered(database)).catch(onError);
  }, 3_600_000);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      await work;
    },
  };
}
