import type { AttentionKind, Dashboard, SetupStep } from '@clawpool/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';

/** Whose figures: of an organization, or of some of its departments. */
export interface DashboardScope {
  organizationId: string;
  /** IANA name: when a day begins. */
  timezone: string;
  /** Null: all. */
  departmentIds: readonly string[] | null;
}

export async function findFigures(db: Queryable, scope: DashboardScope): Promise<Dashboard['figures']> {
  const { organizationId: id } = scope;
  const { rows } = await db.execute<{ [K in keyof Dashboard['figures']]: number | null }>(sql`
    with ${tenantsInScope(scope)}, ${messagesInScope(scope, 1)}
    select
      (select count(*)::int from employees e where e.organization_id = ${id} and ${inScope(scope)}) as employees,
      (select count(*)::int from scoped) as agents,
      (select count(*)::int from scoped where state = 'running') as running,
      (select count(distinct person)::int from said where day = ${today(scope)}) as "peopleToday",
      (select count(*)::int from said where day = ${today(scope)}) as "messagesToday",
      (select count(*)::int from said where day < ${today(scope)}) as "messagesYesterday",
      (select coalesce(sum(m.input_tokens::bigint + m.output_tokens), 0)::float8 from model_calls m join scoped s on s.id = m.tenant_id
        where m.organization_id = ${id} and m.at >= ${midnight(scope, 0)}) as "tokensToday",
      (select (percentile_cont(0.5) within group (order by extract(epoch from t.first_token_at - t.accepted_at)) * 1000)::int
        from turns t join scoped s on s.id = t.tenant_id
        where t.organization_id = ${id} and t.accepted_at >= ${midnight(scope, 6)} and t.first_token_at is not null) as "firstWordMs"`);
  const [row] = rows;
  if (!row) throw new Error('a query of one row gave none');
  const { firstWordMs, ...counts } = row;
  return { ...(counts as Omit<Dashboard['figures'], 'firstWordMs'>), firstWordMs };
}

/** The last 14 days, oldest first; days without a message too. */
export async function listDays(db: Queryable, scope: DashboardScope): Promise<Dashboard['days']> {
  const { rows } = await db.execute<Dashboard['days'][number]>(sql`
    with ${tenantsInScope(scope)}, ${messagesInScope(scope, 13)}
    select to_char(d.day, 'YYYY-MM-DD') as day, count(said.day)::int as messages, count(distinct said.person)::int as people
    from (select ${today(scope)} - n as day from generate_series(0, 13) n) d left join said on said.day = d.day
    group by d.day order by d.day`);
  return rows;
}

export async function listLargestPositions(db: Queryable, scope: DashboardScope): Promise<Dashboard['positions']> {
  const { rows } = await db.execute<Dashboard['positions'][number]>(sql`
    with ${tenantsInScope(scope)}
    select p.name, count(distinct e.id)::int as people, count(distinct s.id)::int as agents
    from employees e
    join positions p on p.organization_id = e.organization_id and p.id = e.position_id
    left join scoped s on s.employee_id = e.id
    where e.organization_id = ${scope.organizationId} and ${inScope(scope)}
    group by p.id, p.name order by people desc, p.name limit 10`);
  return rows;
}

export async function listStates(db: Queryable, scope: DashboardScope): Promise<Dashboard['states']> {
  const { rows } = await db.execute<Dashboard['states'][number]>(sql`
    with ${tenantsInScope(scope)}
    select state, count(*)::int as agents from scoped group by state order by agents desc, state`);
  return rows;
}

/** Of the last seven days. */
export async function listWays(db: Queryable, scope: DashboardScope): Promise<Dashboard['ways']> {
  const { rows } = await db.execute<Dashboard['ways'][number]>(sql`
    with ${tenantsInScope(scope)}, ${messagesInScope(scope, 6)}
    select origin, count(*)::int as messages from said group by origin order by messages desc, origin`);
  return rows;
}

/** When today began. */
export async function findMidnight(db: Queryable, scope: DashboardScope): Promise<string> {
  const { rows } = await db.execute<{ at: string }>(sql`select ${midnight(scope, 0)} as at`);
  return new Date(rows[0]?.at ?? 0).toISOString();
}

/** What there is of it; what nobody has to look at is left out. */
export async function listAttention(db: Queryable, scope: DashboardScope): Promise<Dashboard['attention']> {
  const { organizationId: id } = scope;
  const all = scope.departmentIds === null;
  const { rows } = await db.execute<{ kind: AttentionKind; count: number; names: string[] }>(sql`
    with ${tenantsInScope(scope)}, people as (
      select e.* from employees e where e.organization_id = ${id} and e.active and ${inScope(scope)}
    ), found(kind, name) as (
      select 'requests_waiting', r.employee_name from access_requests r join scoped s on s.id = r.tenant_id
        where r.organization_id = ${id} and r.state = 'pending'
      union all
      select 'proposals_in_review', p.author from layer_proposals p where p.organization_id = ${id} and p.state = 'in_review'
        and (${all} or (p.scope = 'position' and p.owner_id in (
          select q.id from positions q where q.organization_id = ${id} and ${among(sql`q.department_id`, scope)})))
      union all
      select 'agents_failed', name from scoped where state = 'failed'
      union all
      select 'agents_need_attention', name from scoped where state = 'requires_attention'
      union all
      select 'agents_blocked', s.name from scoped s where exists (
        select from turns t where t.organization_id = ${id} and t.tenant_id = s.id and t.state = 'blocked')
      union all
      select 'employees_without_agent', p.name from people p where p.position_id is not null
        and not exists (select from scoped s where s.employee_id = p.id)
      union all
      select 'employees_without_position', p.name from people p where p.position_id is null
      union all
      select 'positions_without_layer', p.name from positions p where p.organization_id = ${id} and ${among(sql`p.department_id`, scope)}
        and exists (select from people e where e.position_id = p.id)
        and not exists (select from layers l where l.organization_id = ${id} and l.scope = 'position' and l.owner_id = p.id and l.content <> '')
      union all
      select 'dead_letters', a.name from outbox o join channel_accounts a on a.organization_id = o.organization_id and a.id = o.account_id
        where ${all} and o.organization_id = ${id} and o.state = 'dead'
      union all
      select 'channels_in_trouble', a.name from channel_accounts a
        where ${all} and a.organization_id = ${id} and a.enabled and a.trouble is not null
      union all
      -- The trail is not managers' to read.
      select 'refusals_today', v.actor_name from audit_events v
        where ${all} and v.organization_id = ${id} and v.actor_type = 'agent' and v.outcome = 'refused' and v.at >= ${midnight(scope, 0)}
    )
    select kind, count(*)::int as count, (array_agg(distinct name))[1:3] as names from found group by kind`);
  return rows;
}

/** Everything but the model, which the database does not know. */
export async function findSetup(
  db: Queryable,
  organizationId: string,
): Promise<Record<Exclude<SetupStep, 'model'>, boolean>> {
  const has = (table: SQL, condition = sql`true`) =>
    sql`exists (select from ${table} where organization_id = ${organizationId} and ${condition})`;
  const { rows } = await db.execute<Record<Exclude<SetupStep, 'model'>, boolean>>(sql`select
    ${has(sql`departments`)} as department,
    ${has(sql`positions`)} as position,
    ${has(sql`layers`, sql`scope = 'global' and content <> ''`)} as global_layer,
    ${has(sql`employees`)} as employee,
    ${has(sql`tenants`, sql`state <> 'deleted'`)} as agent,
    ${has(sql`channel_accounts`)} as channel,
    ${has(sql`turns`, sql`state = 'answered'`)} as first_answer`);
  const [row] = rows;
  if (!row) throw new Error('a query of one row gave none');
  return row;
}

/** `scoped`: the living tenants that count. Those that are nobody's own count where all departments do. */
const tenantsInScope = (scope: DashboardScope): SQL => sql`scoped as (
  select t.id, t.name, t.state, t.employee_id from tenants t
  left join employees e on e.organization_id = t.organization_id and e.id = t.employee_id
  where t.organization_id = ${scope.organizationId} and t.state not in ('deleting', 'deleted')
    and (e.id is not null or ${scope.departmentIds === null}) and (e.id is null or ${inScope(scope)}))`;

/** `said`: what was asked since the beginning of the day so many days ago; `day` is the organization's. */
const messagesInScope = (scope: DashboardScope, daysAgo: number): SQL => sql`said as (
  select (t.accepted_at at time zone ${scope.timezone})::date as day, t.origin, c.caller_key as person
  from turns t join scoped s on s.id = t.tenant_id
  join conversations c on c.organization_id = t.organization_id and c.id = t.conversation_id
  where t.organization_id = ${scope.organizationId} and t.accepted_at >= ${midnight(scope, daysAgo)})`;

const inScope = (scope: DashboardScope): SQL => among(sql`e.department_id`, scope);

const among = (department: SQL, { departmentIds }: DashboardScope): SQL =>
  departmentIds === null ? sql`true` : sql`${department} = any(${sql.param([...departmentIds])}::text[])`;

const today = ({ timezone }: DashboardScope): SQL => sql`(now() at time zone ${timezone})::date`;

const midnight = (scope: DashboardScope, daysAgo: number): SQL =>
  sql`((${today(scope)} - ${daysAgo}::int)::timestamp at time zone ${scope.timezone})`;
