import type { OperationFailureReason, OperationState, TenantState } from '@clawpool/contracts';
import { and, desc, eq, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { loadTests } from '../../store/schema/index.ts';
import { type LoadTestRequest, type LoadTestRow, type LoadTestTenant, tenantNameOf } from './load-test.ts';

export async function insertLoadTest(
  tx: Transaction,
  row: Pick<LoadTestRow, 'organizationId' | 'id' | 'count' | 'tierId' | 'startedBy'>,
): Promise<LoadTestRow> {
  const [inserted] = await tx.insert(loadTests).values(row).returning();
  if (!inserted) throw new Error('unreachable');
  return inserted;
}

export async function findLoadTest(db: Queryable, organizationId: string, id: string): Promise<LoadTestRow | null> {
  const [row] = await db
    .select()
    .from(loadTests)
    .where(and(eq(loadTests.organizationId, organizationId), eq(loadTests.id, id)));
  return row ?? null;
}

/** Newest first. */
export async function listLoadTests(db: Queryable, organizationId: string, limit: number): Promise<LoadTestRow[]> {
  return db
    .select()
    .from(loadTests)
    .where(eq(loadTests.organizationId, organizationId))
    .orderBy(desc(loadTests.startedAt), desc(loadTests.id))
    .limit(limit);
}

/** Tests that are not over, or whose tenants are to be deleted and are still there. Of all organizations. */
export async function listOpenLoadTests(db: Queryable): Promise<LoadTestRow[]> {
  return db
    .select()
    .from(loadTests)
    .where(or(isNull(loadTests.finishedAt), and(isNotNull(loadTests.cleanedAt), hasTenants)));
}

const hasTenants = sql`exists (
  select 1 from jsonb_array_elements(${loadTests.requests}) request
  join tenants t on t.organization_id = ${loadTests.organizationId} and t.id = request->>'tenantId'
  where t.state <> 'deleted')`;

export async function saveRequests(db: Queryable, row: LoadTestRow, requests: LoadTestRequest[]): Promise<void> {
  await db.update(loadTests).set({ requests }).where(keyOf(row));
}

export async function finishLoadTest(db: Queryable, row: LoadTestRow): Promise<void> {
  await db
    .update(loadTests)
    .set({ finishedAt: sql`now()` })
    .where(and(keyOf(row), isNull(loadTests.finishedAt)));
}

/** From now on its tenants are to be gone. */
export async function markForCleanUp(tx: Transaction, row: LoadTestRow): Promise<void> {
  await tx
    .update(loadTests)
    .set({ cleanedAt: sql`coalesce(${loadTests.cleanedAt}, now())` })
    .where(keyOf(row));
}

/** What became of the tenants of some tests of one organization, by test. */
export async function listLoadTestTenants(
  db: Queryable,
  organizationId: string,
  testIds: readonly string[],
): Promise<Map<string, LoadTestTenant[]>> {
  const found = new Map<string, LoadTestTenant[]>(testIds.map((id) => [id, []]));
  if (testIds.length === 0) return found;
  const { rows } = await db.execute<{
    test_id: string;
    tenant_id: string;
    name: string;
    tenant_state: TenantState;
    state: OperationState | null;
    reason: OperationFailureReason | null;
    message: string | null;
    created_ms: number | null;
    finished_ms: number | null;
  }>(sql`
    select l.id as test_id, t.id as tenant_id, t.name, t.state as tenant_state, o.state, o.reason, o.message,
      extract(epoch from o.created_at)::float8 * 1000 as created_ms,
      extract(epoch from o.finished_at)::float8 * 1000 as finished_ms
    from load_tests l
    cross join lateral jsonb_array_elements(l.requests) with ordinality as request(entry, n)
    join tenants t on t.organization_id = l.organization_id and t.id = request.entry->>'tenantId'
    left join operations o on o.organization_id = l.organization_id and o.tenant_id = t.id and o.kind = 'create'
    where l.organization_id = ${organizationId} and l.id in (${sql.join(
      testIds.map((id) => sql`${id}`),
      sql`, `,
    )})
    order by l.id, request.n`);
  for (const row of rows) {
    const { state, reason, message } = row;
    found.get(row.test_id)?.push({
      id: row.tenant_id,
      name: row.name,
      state: row.tenant_state,
      created:
        state === null || row.created_ms === null
          ? null
          : {
              ...{ state, reason, message },
              createdAt: new Date(row.created_ms),
              finishedAt: row.finished_ms === null ? null : new Date(row.finished_ms),
            },
    });
  }
  return found;
}

/** For requests whose answer was not noted before Clawpool was killed: the tenants they made, and after how long. */
export async function findUnnoted(db: Queryable, row: LoadTestRow): Promise<Map<number, { id: string; ms: number }>> {
  const { rows } = await db.execute<{ id: string; name: string; ms: number }>(sql`
    select t.id, t.name, extract(epoch from t.created_at - l.started_at)::float8 * 1000 as ms
    from load_tests l
    join tenants t on t.organization_id = l.organization_id and t.name like 'lt-' || l.id || '-%' and t.created_at >= l.started_at
    where l.organization_id = ${row.organizationId} and l.id = ${row.id} and t.tags->>'load-test' = l.id`);
  const byName = new Map(rows.map(({ name, id, ms }) => [name, { id, ms: Math.max(0, Math.round(ms)) }]));
  const found = new Map<number, { id: string; ms: number }>();
  for (let index = row.requests.length; index < row.count; index++) {
    const tenant = byName.get(tenantNameOf(row.id, index));
    if (tenant) found.set(index, tenant);
  }
  return found;
}

/** What is still to be deleted, and what is being done to it. What failed within the last minute is left alone for now. */
export async function listToDelete(
  db: Queryable,
  row: LoadTestRow,
): Promise<{ id: string; operationId: string | null; operationKind: string | null }[]> {
  const { rows } = await db.execute<{ id: string; operation_id: string | null; operation_kind: string | null }>(sql`
    select t.id, o.id as operation_id, o.kind as operation_kind
    from load_tests l
    cross join lateral jsonb_array_elements(l.requests) request
    join tenants t on t.organization_id = l.organization_id and t.id = request->>'tenantId' and t.state <> 'deleted'
    left join operations o on o.organization_id = t.organization_id and o.tenant_id = t.id and o.finished_at is null
    where l.organization_id = ${row.organizationId} and l.id = ${row.id}
      and not exists (select 1 from operations f where f.organization_id = t.organization_id and f.tenant_id = t.id
        and f.kind = 'delete' and f.state = 'failed' and f.finished_at > now() - interval '1 minute')`);
  return rows.map((found) => ({ id: found.id, operationId: found.operation_id, operationKind: found.operation_kind }));
}

/** Creates that wait for room, when none of the test has made progress for that long: as far as this test goes, they do not start. */
export async function listWithoutRoom(db: Queryable, row: LoadTestRow, seconds: number): Promise<string[]> {
  const { rows } = await db.execute<{ operation_id: string }>(sql`
    with mine as (
      select t.state, t.state_since, o.id as operation_id, o.state as operation_state, o.finished_at
      from load_tests l
      cross join lateral jsonb_array_elements(l.requests) request
      join tenants t on t.organization_id = l.organization_id and t.id = request->>'tenantId'
      join operations o on o.organization_id = t.organization_id and o.tenant_id = t.id and o.kind = 'create'
      where l.organization_id = ${row.organizationId} and l.id = ${row.id})
    select operation_id from mine where finished_at is null and state = 'pending' and operation_state = 'queued'
      and not exists (
        select 1 from mine where (finished_at is null and state <> 'pending')
          or greatest(finished_at, state_since) > now() - ${seconds} * interval '1 second')`);
  return rows.map((found) => found.operation_id);
}

const keyOf = ({ organizationId, id }: LoadTestRow) =>
  and(eq(loadTests.organizationId, organizationId), eq(loadTests.id, id));
