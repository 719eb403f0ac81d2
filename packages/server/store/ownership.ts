import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import pg from 'pg';

/**
 * A process's name on the leases of its work. It is shown to be alive by an advisory lock that a connection of its own holds: when the
 * process is killed PostgreSQL notices at once, and others need not wait until its leases expire.
 */
export interface Ownership {
  readonly owner: string;
  close(): Promise<void>;
}

/** Class of the advisory locks of owners; any number that nothing else uses. */
const lockClass = 20260;

/** Takes the lock, and takes it again whenever the connection is lost, for example because PostgreSQL was restarted. */
export async function takeOwnership(connection: pg.ClientConfig): Promise<Ownership> {
  const owner = randomUUID();
  let closed = false;
  let client = await hold();

  async function hold(): Promise<pg.Client> {
    const next = new pg.Client({ ...connection, keepAlive: true });
    next.on('error', () => void holdAgain(next));
    next.on('end', () => void holdAgain(next));
    await next.connect();
    await next.query('select pg_advisory_lock($1, hashtext($2))', [lockClass, owner]);
    return next;
  }

  async function holdAgain(lost: pg.Client): Promise<void> {
    if (closed || lost !== client) return;
    for (let delay = 50; !closed; delay = Math.min(delay * 2, 2_000)) {
      try {
        client = await hold();
        if (closed) await client.end();
        return;
      } catch {
        await sleep(delay, undefined, { ref: false });
      }
    }
  }

  return {
    owner,
    close: async () => {
      closed = true;
      await client.end();
    },
  };
}

/**
 * Is there an owner in the column, is it somebody else, and is it gone? Whoever asks is never gone, even in the moment in which its own
 * connection is lost.
 */
export const ownerIsGone = (column: SQL, self: string): SQL => sql`
  (${column} is not null and ${column} <> ${self} and not exists (
    select 1 from pg_locks
    where locktype = 'advisory' and classid = ${sql.raw(String(lockClass))}
      and objid = (hashtext(${column})::bigint & 4294967295)::oid
      and database = (select oid from pg_database where datname = current_database())))`;
