import type { DirectoryCounts, DirectoryRun, DirectoryRunConflict, DirectoryVendor } from '@clawpool/contracts';
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { ownerIsGone } from '../../store/ownership.ts';
import { directoryRuns, directorySources } from '../../store/schema/index.ts';

const noCounts: DirectoryCounts = {
  created: 0,
  changed: 0,
  suspended: 0,
  departmentsCreated: 0,
  departmentsChanged: 0,
  departmentsReleased: 0,
};

export interface NewRun {
  organizationId: string;
  id: string;
  vendor: DirectoryVendor;
  startedBy: string | null;
  agreedSuspensions: number | null;
}

/** Null: one of the same source is under way. */
export async function insertRun(tx: Queryable, run: NewRun): Promise<DirectoryRun | null> {
  const [row] = await tx
    .insert(directoryRuns)
    .values({ ...run, counts: noCounts })
    .onConflictDoNothing()
    .returning();
  return row ? toRun(row) : null;
}

/** The latest 50, newest first. */
export async function listRuns(
  db: Queryable,
  organizationId: string,
  vendor: DirectoryVendor,
): Promise<DirectoryRun[]> {
  const rows = await db
    .select()
    .from(directoryRuns)
    .where(and(eq(directoryRuns.organizationId, organizationId), eq(directoryRuns.vendor, vendor)))
    .orderBy(desc(directoryRuns.createdAt))
    .limit(50);
  return rows.map(toRun);
}

/** A run that this process does now. */
export interface ClaimedRun {
  organizationId: string;
  id: string;
  vendor: DirectoryVendor;
  startedBy: string | null;
  agreedSuspensions: number | null;
  /** What it has done before its process was killed. */
  counts: DirectoryCounts;
  /** The fencing number of this claim. */
  fence: number;
}

/** The oldest that waits, or whose process is gone. */
export async function claimNextRun(db: Queryable, owner: string, leaseMs: number): Promise<ClaimedRun | null> {
  const r = directoryRuns;
  const [row] = await db
    .update(r)
    .set({
      state: 'running',
      leaseOwner: owner,
      leaseExpiresAt: sql`now() + ${leaseMs} * interval '1 millisecond'`,
      fence: sql`${r.fence} + 1`,
    })
    .where(
      sql`(${r.organizationId}, ${r.id}) = (
        select organization_id, id from directory_runs
        where state = 'waiting' or (state = 'running' and (lease_expires_at < now() or ${ownerIsGone(sql`lease_owner`, owner)}))
        order by created_at limit 1 for update skip locked)`,
    )
    .returning();
  return row ?? null;
}

/** Whoever has the lease goes on having it, and what the run has done so far is written. False: somebody else has it, or it is over. */
export async function renewRun(
  tx: Queryable,
  run: ClaimedRun,
  leaseMs: number,
  counts: DirectoryCounts = run.counts,
): Promise<boolean> {
  const { rowCount } = await tx
    .update(directoryRuns)
    .set({ counts, leaseExpiresAt: sql`now() + ${leaseMs} * interval '1 millisecond'` })
    .where(ofClaim(run));
  return rowCount === 1;
}

export interface RunEnd {
  state: 'done' | 'stopped' | 'failed';
  conflicts: DirectoryRunConflict[];
  message: string | null;
  hint: string | null;
}

/** False: somebody else has the lease. Runs of half a year ago go. */
export async function endRun(tx: Transaction, run: ClaimedRun, end: RunEnd): Promise<boolean> {
  const { rowCount } = await tx
    .update(directoryRuns)
    .set({ ...end, leaseOwner: null, leaseExpiresAt: null, finishedAt: sql`now()` })
    .where(ofClaim(run));
  await tx
    .delete(directoryRuns)
    .where(
      and(
        eq(directoryRuns.organizationId, run.organizationId),
        inArray(directoryRuns.state, ['done', 'stopped', 'failed']),
        lt(directoryRuns.createdAt, sql`now() - interval '180 days'`),
      ),
    );
  return rowCount === 1;
}

/** A run for each source whose time has come, and its next time. Where one is under way already, that is it. */
export async function startDueRuns(db: Queryable): Promise<void> {
  await db.execute(sql`
    with due as (
      select organization_id, vendor from directory_sources where next_run_at <= now() for update skip locked
    ), moved as (
      update directory_sources s set next_run_at = now() + s.every_hours * interval '1 hour'
      from due where s.organization_id = due.organization_id and s.vendor = due.vendor
    )
    insert into directory_runs (organization_id, id, vendor, counts)
    select organization_id, gen_random_uuid()::text, vendor, ${JSON.stringify(noCounts)}::jsonb from due
    on conflict do nothing`);
}

/** When the next one is due; null: none is planned. */
export async function nextDueAt(db: Queryable): Promise<Date | null> {
  const [row] = await db
    .select({ at: sql<Date | null>`min(${directorySources.nextRunAt})`.mapWith(directorySources.nextRunAt) })
    .from(directorySources);
  return row?.at ?? null;
}

const ofClaim = ({ organizationId, id, fence }: ClaimedRun) =>
  and(
    eq(directoryRuns.organizationId, organizationId),
    eq(directoryRuns.id, id),
    eq(directoryRuns.fence, fence),
    eq(directoryRuns.state, 'running'),
  );

function toRun(row: typeof directoryRuns.$inferSelect): DirectoryRun {
  const { id, vendor, startedBy, state, counts, conflicts, message, hint, createdAt, finishedAt } = row;
  return {
    ...{ id, vendor, startedBy, state, counts, conflicts, message, hint },
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
