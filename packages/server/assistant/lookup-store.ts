import { and, asc, count, desc, eq, inArray, or, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import {
  channelAccounts,
  channelBindings,
  departments,
  employees,
  hosts,
  layers,
  members,
  modelCalls,
  organizations,
  positions,
  tenants,
  tiers,
} from '../store/schema/index.ts';

export type EmployeeRow = Awaited<ReturnType<typeof selectEmployees>>[number];

const selectEmployees = (db: Queryable) =>
  db
    .select({
      id: employees.id,
      number: employees.number,
      name: employees.name,
      email: employees.email,
      department: departments.name,
      position: positions.name,
      roles: members.roles,
      userId: members.userId,
    })
    .from(employees)
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .leftJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .$dynamic();

/** By id, number, e-mail address or whole name, in any case; an id wins over the others. At most ten. */
export async function findEmployees(db: Queryable, organizationId: string, who: string): Promise<EmployeeRow[]> {
  const wanted = who.trim();
  const rows = await selectEmployees(db)
    .where(
      and(
        eq(employees.organizationId, organizationId),
        or(
          eq(employees.id, wanted),
          eq(employees.number, wanted),
          eq(employees.email, wanted.toLowerCase()),
          sql`lower(${employees.name}) = lower(${wanted})`,
        ),
      ),
    )
    .orderBy(asc(employees.id))
    .limit(10);
  const exact = rows.filter(({ id }) => id === wanted);
  return exact.length > 0 ? exact : rows;
}

/** By name. */
export async function listEmployees(
  db: Queryable,
  organizationId: string,
  filter: { departmentIds: readonly string[] | null; positionId: string | null; offset: number; limit: number },
) {
  const fits = and(
    eq(employees.organizationId, organizationId),
    filter.departmentIds === null ? undefined : inArray(employees.departmentId, [...filter.departmentIds]),
    filter.positionId === null ? undefined : eq(employees.positionId, filter.positionId),
  );
  const rows = await selectEmployees(db)
    .where(fits)
    .orderBy(asc(employees.name), asc(employees.id))
    .offset(filter.offset)
    .limit(filter.limit);
  const [all] = await db.select({ total: count() }).from(employees).where(fits);
  return { rows: rows.map(({ roles: _, userId: __, ...row }) => row), total: all?.total ?? 0 };
}

/** By name, with how many people are directly in each. */
export const listDepartments = (db: Queryable, organizationId: string) =>
  db
    .select({
      id: departments.id,
      name: departments.name,
      parentId: departments.parentId,
      people: sql<number>`(select count(*)::int from employees e
        where e.organization_id = ${departments}.organization_id and e.department_id = ${departments}.id)`,
    })
    .from(departments)
    .where(eq(departments.organizationId, organizationId))
    .orderBy(asc(departments.name), asc(departments.id));

export const listPositions = (db: Queryable, organizationId: string) =>
  db
    .select({
      id: positions.id,
      name: positions.name,
      department: departments.name,
      tier: tiers.name,
      tools: positions.tools,
      people: sql<number>`(select count(*)::int from employees e
        where e.organization_id = ${positions}.organization_id and e.position_id = ${positions}.id)`,
    })
    .from(positions)
    .innerJoin(
      departments,
      and(eq(departments.organizationId, positions.organizationId), eq(departments.id, positions.departmentId)),
    )
    .innerJoin(tiers, and(eq(tiers.organizationId, positions.organizationId), eq(tiers.id, positions.tierId)))
    .where(eq(positions.organizationId, organizationId))
    .orderBy(asc(positions.name), asc(positions.id));

/** Null: nobody has written it. */
export async function findLayer(
  db: Queryable,
  organizationId: string,
  scope: 'global' | 'position' | 'personal',
  ownerId: string,
) {
  const [row] = await db
    .select({ content: layers.content, version: layers.version, updatedAt: layers.updatedAt })
    .from(layers)
    .where(and(eq(layers.organizationId, organizationId), eq(layers.scope, scope), eq(layers.ownerId, ownerId)));
  return row ?? null;
}

/** Of the last so many times 24 hours; days are the organization’s. Days newest first, departments and tenants by tokens. */
export async function sumUsage(
  db: Queryable,
  organizationId: string,
  { days, by, limit }: { days: number; by: 'day' | 'department' | 'tenant'; limit: number },
) {
  const key = {
    day: sql<string>`to_char(${modelCalls.at} at time zone ${organizations.timezone}, 'YYYY-MM-DD')`,
    department: sql<string>`coalesce(${departments.name}, 'none')`,
    tenant: sql<string>`${tenants.name}`,
  }[by];
  const tokens = sql`sum(${modelCalls.inputTokens} + ${modelCalls.outputTokens})`;
  return db
    .select({
      [by]: key,
      calls: sql<number>`count(*)::int`,
      failedCalls: sql<number>`(count(*) filter (where ${modelCalls.outcome} = 'error'))::int`,
      inputTokens: sql<number>`sum(${modelCalls.inputTokens})::float8`,
      outputTokens: sql<number>`sum(${modelCalls.outputTokens})::float8`,
      cachedInputTokens: sql<number>`sum(${modelCalls.cachedInputTokens})::float8`,
    })
    .from(modelCalls)
    .innerJoin(organizations, eq(organizations.id, modelCalls.organizationId))
    .innerJoin(tenants, and(eq(tenants.organizationId, modelCalls.organizationId), eq(tenants.id, modelCalls.tenantId)))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .leftJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .where(
      and(eq(modelCalls.organizationId, organizationId), sql`${modelCalls.at} >= now() - ${days} * interval '1 day'`),
    )
    .groupBy(sql`1`)
    .orderBy(by === 'day' ? sql`1 desc` : desc(tokens), sql`1`)
    .limit(limit);
}

export async function countTenantsByState(db: Queryable, organizationId: string): Promise<Record<string, number>> {
  const rows = await db
    .select({ state: tenants.state, count: count() })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), sql`${tenants.state} <> 'deleted'`))
    .groupBy(tenants.state);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** Of the installation: its hosts are all organizations’. */
export async function listHosts(db: Queryable, limit: number) {
  const rows = await db
    .select({
      id: hosts.id,
      state: hosts.state,
      diskFreeMegabytes: hosts.diskFreeMegabytes,
      lastSeenAt: hosts.lastSeenAt,
    })
    .from(hosts)
    .orderBy(asc(hosts.id))
    .limit(limit);
  return rows.map((row) => ({ ...row, lastSeenAt: row.lastSeenAt.toISOString() }));
}

/** By employee. */
export async function listBindings(
  db: Queryable,
  organizationId: string,
  { employeeId, channel, limit }: { employeeId?: string; channel?: string | undefined; limit: number },
) {
  const fits = and(
    eq(channelBindings.organizationId, organizationId),
    employeeId === undefined ? undefined : eq(channelBindings.employeeId, employeeId),
    channel === undefined ? undefined : sql`${channelAccounts.channel} = ${channel.toLowerCase()}`,
  );
  const ofAccount = and(
    eq(channelAccounts.organizationId, channelBindings.organizationId),
    eq(channelAccounts.id, channelBindings.accountId),
  );
  const rows = await db
    .select({
      employee: employees.name,
      employeeId: employees.id,
      channel: channelAccounts.channel,
      bot: channelAccounts.name,
      displayName: channelBindings.displayName,
      preferred: channelBindings.preferred,
      pairedAt: channelBindings.pairedAt,
      lastSeenAt: channelBindings.lastSeenAt,
    })
    .from(channelBindings)
    .innerJoin(channelAccounts, ofAccount)
    .innerJoin(
      employees,
      and(eq(employees.organizationId, channelBindings.organizationId), eq(employees.id, channelBindings.employeeId)),
    )
    .where(fits)
    .orderBy(asc(employees.name), asc(channelBindings.pairedAt))
    .limit(limit);
  const [all] = await db
    .select({ total: count() })
    .from(channelBindings)
    .innerJoin(channelAccounts, ofAccount)
    .where(fits);
  return {
    rows: rows.map(({ pairedAt, lastSeenAt, ...row }) => ({
      ...row,
      pairedAt: pairedAt.toISOString(),
      lastSeenAt: lastSeenAt?.toISOString() ?? null,
    })),
    total: all?.total ?? 0,
  };
}
