import type { Tenant, TenantState, tenantSortKeys } from '@clawpool/contracts';
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { employees, positions, tenants, tiers } from '../store/schema/index.ts';
import { selectTenants, type TenantRow } from './tenant-store.ts';

/** Which tenants; every given part has to fit. */
export interface TenantFilter {
  organizationId: string;
  /** Only those owned in these departments; null: all. */
  departmentIds: readonly string[] | null;
  /** `key:value` */
  tag?: string | undefined;
  group?: string | undefined;
  state?: TenantState | undefined;
  /** Id or name. */
  tier?: string | undefined;
  /** Words; each has to occur in id, name, owner, position, tier, image or tags. */
  search?: string | undefined;
  /** Deleted ones instead of the others. */
  deleted?: boolean | undefined;
}

/** A page of them. */
export interface TenantListQuery extends TenantFilter {
  sort: (typeof tenantSortKeys)[number];
  descending?: boolean | undefined;
  offset: number;
  limit: number;
}

export interface TenantList {
  tenants: Tenant[];
  /** That fit the filter. */
  total: number;
  /** By state, of all that fit the filter but for its state. */
  counts: Partial<Record<TenantState, number>>;
  /** All groups there are. */
  groups: string[];
}

/** `defaultImage` is what a tenant has when neither it nor its template or tier says one. */
export async function pageOfTenants(
  db: Queryable,
  query: TenantListQuery,
  defaultImage: string,
): Promise<Omit<TenantList, 'tenants'> & { rows: TenantRow[] }> {
  const { organizationId } = query;
  const nobody = query.departmentIds?.length === 0;
  const order = orderOf(query.sort);
  const direction = query.descending ? sql`desc nulls last` : sql`asc nulls last`;
  const rows = nobody
    ? []
    : await selectTenants(db)
        .where(and(fits(query, defaultImage), query.state ? eq(tenants.state, query.state) : undefined))
        .orderBy(sql`${order} ${direction}`, tenants.name, tenants.id)
        .offset(query.offset)
        .limit(query.limit);
  const counted = nobody ? [] : await countByState(db, query, defaultImage);
  const counts = Object.fromEntries(counted.map(({ state, count }) => [state, count]));
  const total = counted
    .filter(({ state }) => query.state === undefined || state === query.state)
    .reduce((sum, { count }) => sum + count, 0);
  return { rows, total, counts, groups: nobody ? [] : await listGroups(db, organizationId, query.departmentIds) };
}

/** Ids of all that fit, for a batch. */
export async function listTenantIds(db: Queryable, filter: TenantFilter, defaultImage: string): Promise<string[]> {
  const rows = await db
    .select({ id: tenants.id })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .where(and(fits(filter, defaultImage), filter.state ? eq(tenants.state, filter.state) : undefined))
    .orderBy(tenants.name);
  return rows.map(({ id }) => id);
}

function countByState(db: Queryable, filter: TenantFilter, defaultImage: string) {
  return db
    .select({ state: tenants.state, count: sql<number>`count(*)::int` })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .where(fits(filter, defaultImage))
    .groupBy(tenants.state);
}

async function listGroups(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
): Promise<string[]> {
  const rows = await db
    .selectDistinct({ group: tenants.group })
    .from(tenants)
    .leftJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        sql`${tenants.group} is not null and ${tenants.state} <> 'deleted'`,
        inScope(departmentIds),
      ),
    )
    .orderBy(tenants.group);
  return rows.flatMap(({ group }) => (group === null ? [] : [group]));
}

const inScope = (departmentIds: readonly string[] | null) =>
  departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]);

/** Everything but the state. */
function fits(filter: TenantFilter, defaultImage: string): SQL | undefined {
  const { tag, search = '' } = filter;
  const colon = tag?.indexOf(':') ?? -1;
  return and(
    eq(tenants.organizationId, filter.organizationId),
    filter.deleted ? eq(tenants.state, 'deleted') : sql`${tenants.state} <> 'deleted'`,
    inScope(filter.departmentIds),
    filter.group === undefined ? undefined : eq(tenants.group, filter.group),
    filter.tier === undefined
      ? undefined
      : sql`(${tiers.id} = ${filter.tier} or lower(${tiers.name}) = lower(${filter.tier}))`,
    tag === undefined || colon < 1
      ? undefined
      : sql`${tenants.tags} @> ${JSON.stringify({ [tag.slice(0, colon)]: tag.slice(colon + 1) })}::jsonb`,
    ...search
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => sql`${searchedText(defaultImage)} ilike ${`%${word.replace(/[\\%_]/g, '\\$&')}%`}`),
  );
}

/** What is searched, in one text: a word may be anywhere in it. */
const searchedText = (defaultImage: string) => sql`concat_ws(' ', ${tenants.id}, ${tenants.name}, ${employees.name},
  ${positions.name}, ${tiers.name}, ${imageOf(defaultImage)},
  (select string_agg(key || ':' || value, ' ') from jsonb_each_text(${tenants.tags})))`;

/** As in `effectiveValues`. */
const imageOf = (defaultImage: string) => sql`coalesce(${tenants.image}, (
    select content->>'image' from config_templates c where c.organization_id = ${tenants.organizationId}
      and c.name = ${tenants.configTemplate} order by version desc limit 1), ${tiers.image}, ${defaultImage})`;

function orderOf(key: TenantListQuery['sort']): SQL {
  switch (key) {
    case 'owner':
      return sql`lower(${employees.name})`;
    case 'tier':
      return sql`${tiers.name}`;
    case 'state':
      return sql`${tenants.state}`;
    case 'memory':
      // As it was measured last; of those that run.
      return sql`case when ${tenants.state} in ('running', 'paused') then (
        select memory_bytes from tenant_samples s where s.organization_id = ${tenants.organizationId}
          and s.tenant_id = ${tenants.id} order by s.at desc limit 1) end`;
    case 'disk':
      return sql`${tenants.diskBytes}`;
    case 'lastActive':
      return sql`${tenants.lastActiveAt}`;
    case 'created':
      return sql`${tenants.createdAt}`;
    default:
      return sql`${tenants.name}`;
  }
}
