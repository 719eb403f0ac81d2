import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';

/** Rows that one statement removes: short enough that nobody waits for it. */
const atOnce = 2_000;

/**
 * Removes what was over so many days ago: load tests that were cleaned up, batches with their operations, and operations. What somebody can
 * still look at in full stays: a batch keeps its operations, a load test those of its tenants.
 */
export async function removeOldOperations(db: Queryable, days: number): Promise<void> {
  const before = sql`now() - ${days} * interval '1 day'`;
  await repeat(
    db,
    sql`
    delete from load_tests where (organization_id, id) in (
      select l.organization_id, l.id from load_tests l
      where l.finished_at < ${before} and l.cleaned_at < ${before} and not exists (
        select 1 from jsonb_array_elements(l.requests) made
        join tenants t on t.organization_id = l.organization_id and t.id = made->>'tenantId'
        where t.state <> 'deleted')
      limit ${atOnce})`,
  );
  // Both in one statement: a batch without its operations would count none of them.
  await repeat(
    db,
    sql`
    with old as (select organization_id, id from batches where finished_at < ${before} limit 50),
      without as (delete from operations o using old where o.organization_id = old.organization_id and o.batch_id = old.id)
    delete from batches b using old where b.organization_id = old.organization_id and b.id = old.id`,
  );
  await repeat(
    db,
    sql`
    delete from operations where id in (
      select o.id from operations o
      where o.finished_at < ${before} and o.batch_id is null and not exists (
        select 1 from load_tests l, jsonb_array_elements(l.requests) made
        where l.organization_id = o.organization_id and made->>'tenantId' = o.tenant_id)
      limit ${atOnce})`,
  );
}

async function repeat(db: Queryable, statement: SQL): Promise<void> {
  for (;;) {
    const { rowCount } = await db.execute(statement);
    if (!rowCount) return;
  }
}
