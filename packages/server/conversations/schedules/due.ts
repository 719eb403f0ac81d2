import { sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';

/** Tenants that have a schedule within so many minutes, or one that is due already. */
export async function tenantsWithScheduleDueWithin(
  db: Queryable,
  minutes: number,
  now = new Date(),
): Promise<ReadonlySet<string>> {
  const until = new Date(now.getTime() + minutes * 60_000).toISOString();
  const { rows } = await db.execute<{ tenant_id: string }>(
    sql`select distinct tenant_id from schedules where enabled and next_run_at is not null and next_run_at <= ${until}`,
  );
  return new Set(rows.map((row) => row.tenant_id));
}
