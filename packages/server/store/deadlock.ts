import type { Drizzle, Transaction } from './database.ts';

/** PostgreSQL ends one of those that wait for each other (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const deadlockDetected = '40P01';
const attempts = 3;

/**
 * A transaction that is tried again when it has been ended for a deadlock, three times in all. So `work` has to begin anew each time: what it
 * collects, it collects within.
 */
export async function transact<T>(db: Drizzle, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (attempt === attempts || !isDeadlock(error)) throw error;
    }
  }
}

function isDeadlock(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as { code?: unknown }).code === deadlockDetected) return true;
  }
  return false;
}
