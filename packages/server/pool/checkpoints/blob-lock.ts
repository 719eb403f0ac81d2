import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Database, Drizzle, Transaction } from '../../store/database.ts';
import * as schema from '../../store/schema/index.ts';

/**
 * Who stores content for a checkpoint, or relies on content that is there, shares this lock from before the first byte until the
 * checkpoint's row is committed. Collection takes it alone while it removes: so between the look at the rows and the removal no row
 * can appear whose content was found in the store and therefore not stored again. The numbers are any.
 */
const lock = { space: 20_265, blobs: 1, collection: 2 };

/**
 * Runs `work` with the lock shared, on one connection that `work` also commits with: when the connection is lost, the lock is, and the
 * commit fails.
 */
export async function whileBlobsStay<T>({ pool }: Database, work: (db: Drizzle) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let sound = false;
  try {
    await client.query('select pg_advisory_lock_shared($1, $2)', [lock.space, lock.blobs]);
    try {
      return await work(drizzle(client, { schema }) as unknown as Drizzle);
    } finally {
      sound = await client
        .query('select pg_advisory_unlock_shared($1, $2)', [lock.space, lock.blobs])
        .then(() => true)
        .catch(() => false);
    }
  } finally {
    // A connection that may still hold the lock is ended, which frees it.
    client.release(!sound);
  }
}

/** The same for whoever has a transaction already: until it ends. */
export async function keepBlobs(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${lock.space}, ${lock.blobs})`);
}

/** True: this connection is the one that collects, as long as it lives. */
export async function becomeCollector(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
    lock.space,
    lock.collection,
  ]);
  return rows[0]?.taken === true;
}

/** What waits for the exclusive lock makes everybody after it wait too: better to come again later. */
const patienceMs = 250;
const pauseMs = 1_000;

/**
 * Runs `work` while nobody stores content. Waits between takers, for as long as it takes but never in their way for long; the signal
 * ends the wait.
 */
export async function whileNobodyStores<T>(client: pg.Client, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  while (!(await takeAlone(client))) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    signal.throwIfAborted();
  }
  try {
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock($1, $2)', [lock.space, lock.blobs]);
  }
}

async function takeAlone(client: pg.Client): Promise<boolean> {
  await client.query(`set lock_timeout = ${patienceMs}`);
  try {
    await client.query('select pg_advisory_lock($1, $2)', [lock.space, lock.blobs]);
    return true;
  } catch (error) {
    // lock_not_available
    if ((error as { code?: string }).code === '55P03') return false;
    throw error;
  } finally {
    await client.query('set lock_timeout = 0').catch(() => {});
  }
}
