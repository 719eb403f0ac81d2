import type { Checkpoint, Retention } from '@clawpool/contracts';
import { and, desc, eq, isNull, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Queryable, Transaction } from '../../store/database.ts';
import { checkpoints, tenants } from '../../store/schema/index.ts';
import { type CheckpointRow, type CheckpointView, toCheckpoint } from './checkpoint.ts';
import { expiryOf } from './retention.ts';
import { isInUse } from './retention-store.ts';

export interface CheckpointQuery {
  tenantId?: string | undefined;
  backups?: boolean | undefined;
  orphans?: boolean | undefined;
  search?: string | undefined;
  /** Of each tenant only the newest that fits. */
  newest?: boolean | undefined;
  before?: string | undefined;
  limit: number;
}

/** Its tenant is deleted, or was never here. */
const isOrphan = or(isNull(tenants.id), eq(tenants.state, 'deleted'));

/** Newest first; `next` is where the following page begins, also when checkpoints are removed meanwhile. */
export async function listCheckpoints(
  db: Queryable,
  organizationId: string,
  query: CheckpointQuery,
  retention: Retention,
): Promise<{ checkpoints: Checkpoint[]; next: string | null; total: number }> {
  const wanted = and(
    eq(checkpoints.organizationId, organizationId),
    query.tenantId === undefined ? undefined : eq(checkpoints.tenantId, query.tenantId),
    query.backups ? eq(checkpoints.backup, true) : undefined,
    query.orphans ? isOrphan : undefined,
    query.search ? contains(checkpoints, query.search) : undefined,
    query.newest ? isNewestThatFits(query) : undefined,
  );
  const rows = await selectViews(db)
    .where(and(wanted, isBefore(query.before)))
    .orderBy(desc(checkpoints.createdAt), desc(checkpoints.id))
    .limit(query.limit + 1);
  const [count] = await db
    .select({ total: sql<number>`count(*)::int` })
    .from(checkpoints)
    .leftJoin(tenants, ofCheckpoint)
    .where(wanted);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    checkpoints: page.map((row) => toCheckpoint(viewOf(row, retention))),
    next: rows.length > query.limit && last ? `${BigInt(last.micros).toString(36)}.${last.row.id}` : null,
    total: count?.total ?? 0,
  };
}

export async function findCheckpointView(
  db: Queryable,
  organizationId: string,
  checkpointId: string,
  retention: Retention,
): Promise<CheckpointView | null> {
  const [row] = await selectViews(db).where(
    and(eq(checkpoints.organizationId, organizationId), eq(checkpoints.id, checkpointId)),
  );
  return row ? viewOf(row, retention) : null;
}

export async function updateCheckpoint(
  tx: Transaction,
  { organizationId, id }: CheckpointRow,
  changes: { pinned?: boolean | undefined; backup?: boolean | undefined; note?: string | undefined },
): Promise<boolean> {
  const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  if (Object.keys(set).length === 0) return true;
  const rows = await tx
    .update(checkpoints)
    .set(set)
    .where(and(eq(checkpoints.organizationId, organizationId), eq(checkpoints.id, id)))
    .returning({ id: checkpoints.id });
  return rows.length === 1;
}

const ofCheckpoint = and(eq(tenants.organizationId, checkpoints.organizationId), eq(tenants.id, checkpoints.tenantId));

function selectViews(db: Queryable) {
  return db
    .select({
      row: checkpoints,
      micros: sql<string>`(extract(epoch from ${checkpoints.createdAt}) * 1000000)::bigint::text`,
      orphan: sql<boolean>`${isOrphan}`,
      deletedAt: tenants.deletedAt,
      inUse: isInUse,
      isNewest: sql<boolean>`not exists (select from ${checkpoints} as newer
        where newer.organization_id = ${checkpoints.organizationId} and newer.tenant_id = ${checkpoints.tenantId}
          and newer.created_at > ${checkpoints.createdAt})`,
    })
    .from(checkpoints)
    .leftJoin(tenants, ofCheckpoint)
    .$dynamic();
}

type ViewRow = Awaited<ReturnType<typeof selectViews>>[number];

const viewOf = ({ row, orphan, inUse, isNewest, deletedAt }: ViewRow, retention: Retention): CheckpointView => ({
  row,
  orphan,
  inUse,
  expiresAt: expiryOf({ ...row, inUse }, { retention, deletedAt, isNewest }),
});

/** `next` of a page: microseconds of its last row, and that row's id. What is none is no page. */
function isBefore(next: string | undefined): SQL | undefined {
  if (next === undefined) return undefined;
  const [, micros, id] = /^([0-9a-z]{1,12})\.(.{1,48})$/u.exec(next) ?? [];
  if (micros === undefined || id === undefined) return sql`false`;
  return sql`(${checkpoints.createdAt}, ${checkpoints.id})
    < (timestamptz 'epoch' + ${String(Number.parseInt(micros, 36))}::bigint * interval '1 microsecond', ${id})`;
}

const newer = alias(checkpoints, 'newer');

/** No newer one of the same tenant fits the query. Whether the tenant is an orphan is the same for all of its. */
const isNewestThatFits = ({ backups, search }: CheckpointQuery) => sql`not exists (select from ${checkpoints} as newer
  where ${newer.organizationId} = ${checkpoints.organizationId} and ${newer.tenantId} = ${checkpoints.tenantId}
    and (${newer.createdAt}, ${newer.id}) > (${checkpoints.createdAt}, ${checkpoints.id})
    ${backups ? sql`and ${newer.backup}` : sql``} ${search ? sql`and ${contains(newer, search)}` : sql``})`;

const contains = (table: typeof checkpoints | typeof newer, text: string) => {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(${table.tenantName} ilike ${pattern} or ${table.tenantId} ilike ${pattern}
    or ${table.note} ilike ${pattern} or ${table.id} ilike ${pattern})`;
};
