import type { Drift } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database } from '../../store/database.ts';
import { inbox, outbox } from '../../store/schema/index.ts';
import { poolActor } from '../tenant-store.ts';
import { recordDrift } from './drift-store.ts';

/** What two clocks said at the same moment, in milliseconds. */
export interface ClockReading {
  /** The database's: deadlines and leases are its times. */
  wall: number;
  /** This process's own, which no one can set. It stands still while the machine sleeps, which is as much of a jump. */
  steady: number;
}

/** Time servers move a clock by less, and a slow answer of the database is no jump. */
const jumpMs = 30_000;

/** How far the wall clock was set forward (or, below zero, back) since the last reading; 0 when it ran as clocks do. */
export function jumpBetween(last: ClockReading, now: ClockReading): number {
  const jump = now.wall - last.wall - (now.steady - last.steady);
  return Math.abs(jump) > jumpMs ? Math.round(jump) : 0;
}

export async function readClocks({ db }: Database, steady: () => number): Promise<ClockReading> {
  const before = steady();
  const { rows } = await db.execute<{ ms: number }>(
    sql`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
  );
  return { wall: rows[0]?.ms ?? 0, steady: (before + steady()) / 2 };
}

/** Only one of several processes moves the times. Any fixed number that nobody else locks. */
const jumpLock = 20263;

/**
 * After the clock jumped: what had so much time left has as much left now, so that nothing expires by it, and nothing stays leased to the
 * dead for ever. Timetables need no help: they look at the present only.
 */
export async function absorbJump({ db }: Database, jump: number): Promise<Drift | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${jumpLock})`);
    const { rows: noted } = await tx.execute(sql`
      select 1 from drifts where kind = 'clock_jump' and at between now() - interval '20 seconds' and now()`);
    if (noted.length > 0) return null;
    const by = sql`${jump} * interval '1 millisecond'`;
    await tx.execute(sql`
      update operations set deadline_at = deadline_at + ${by}, lease_expires_at = lease_expires_at + ${by},
        retry_at = retry_at + ${by} where finished_at is null`);
    await tx.execute(sql`
      update turns set lease_expires_at = lease_expires_at + ${by}, retry_at = retry_at + ${by} where finished_at is null`);
    for (const table of [inbox, outbox]) {
      await tx.execute(sql`
        update ${table} set lease_expires_at = lease_expires_at + ${by}, retry_at = retry_at + ${by},
          failing_since = failing_since + ${by} where finished_at is null`);
    }
    await tx.execute(sql`
      update webhook_deliveries set lease_expires_at = lease_expires_at + ${by}, retry_at = retry_at + ${by}
      where finished_at is null`);
    await tx.execute(sql`
      update directory_runs set lease_expires_at = lease_expires_at + ${by} where finished_at is null`);
    await tx.execute(sql`update tenants set retry_at = retry_at + ${by} where retry_at is not null`);
    const seconds = Math.round(Math.abs(jump) / 1000);
    const { rows } = await tx.execute<{ id: string }>(sql`select id from organizations`);
    for (const { id } of rows) {
      await recordAudit(tx, id, {
        ...{ actor: poolActor, action: 'pool.clock_jumped', target: null, outcome: 'allowed' },
        detail: { seconds: Math.sign(jump) * seconds },
      });
    }
    return recordDrift(tx, {
      kind: 'clock_jump',
      detail: `The clock was set ${jump > 0 ? 'forward' : 'back'} by ${seconds} s; what is under way keeps the time it had left`,
      action: 'noted',
    });
  });
}
