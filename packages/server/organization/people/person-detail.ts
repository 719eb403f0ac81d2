import type { Employee, EmployeeDetail, Removal } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { findManagersOf } from '../../governance/approvals/requests/approver-store.ts';
import type { Queryable } from '../../store/database.ts';
import { employees } from '../../store/schema/index.ts';
import { emptyRemoval, namesOf } from '../removal.ts';
import type { PersonRow } from './people-store.ts';

/** What is told of one person beyond the list. */
export async function findPersonDetail(
  db: Queryable,
  organizationId: string,
  { id: employeeId, departmentId }: Pick<Employee, 'id' | 'departmentId'>,
): Promise<Omit<EmployeeDetail, keyof Employee>> {
  const [manager] = await findManagersOf(db, organizationId, { employeeId, departmentId });
  const { rows: facts } = await db.execute<{ created_at: string; signs_in: boolean }>(sql`
    select to_char(e.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
      exists (select from members m join accounts a on a.user_id = m.user_id
        where m.organization_id = e.organization_id and m.employee_id = e.id) as signs_in
    from employees e where e.organization_id = ${organizationId} and e.id = ${employeeId}`);
  const { rows: channels } = await db.execute<{ channel: string; account_name: string; display_name: string }>(sql`
    select a.channel, a.account_name, b.display_name from channel_bindings b
    join channel_accounts a on a.organization_id = b.organization_id and a.id = b.account_id
    where b.organization_id = ${organizationId} and b.employee_id = ${employeeId}
    order by b.preferred desc, b.paired_at, a.id`);
  return {
    manager: await findNamed(db, organizationId, manager?.employeeId ?? null),
    signsIn: facts[0]?.signs_in ?? false,
    channels: channels.map((row) => ({
      channel: row.channel,
      accountName: row.account_name,
      displayName: row.display_name,
    })),
    messagesLastWeek: await messagesLastWeek(db, organizationId, employeeId),
    createdAt: facts[0]?.created_at ?? '',
  };
}

async function findNamed(db: Queryable, organizationId: string, employeeId: string | null) {
  if (employeeId === null) return null;
  const [row] = await db
    .select({ id: employees.id, name: employees.name })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  return row ?? null;
}

/** What they wrote in their own conversations, by day of the organization's time zone. */
async function messagesLastWeek(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<EmployeeDetail['messagesLastWeek']> {
  const { rows } = await db.execute<{ day: string; messages: number }>(sql`
    with zone as (select timezone as name from organizations where id = ${organizationId}),
    days as (
      select ((now() at time zone zone.name)::date - back) as day from zone, generate_series(0, 6) back),
    said as (
      select (m.created_at at time zone zone.name)::date as day, count(*)::int as messages
      from zone, members w
      join conversations c on c.organization_id = w.organization_id and c.user_id = w.user_id and c.path = 'emp'
        and c.updated_at > now() - interval '8 days'
      join messages m on m.organization_id = c.organization_id and m.conversation_id = c.id and m.role = 'person'
        and m.created_at > now() - interval '8 days'
      where w.organization_id = ${organizationId} and w.employee_id = ${employeeId}
      group by 1)
    select to_char(days.day, 'YYYY-MM-DD') as day, coalesce(said.messages, 0) as messages
    from days left join said on said.day = days.day order by days.day`);
  return rows;
}

/** What goes with somebody, and what stays. */
export async function personRemoval(
  db: Queryable,
  organizationId: string,
  { id, name, userId }: Pick<PersonRow, 'id' | 'name' | 'userId'>,
): Promise<Removal> {
  const { rows: agents } = await db.execute<{ id: string; name: string }>(sql`
    select t.id, t.name from tenants t
    where t.organization_id = ${organizationId} and t.state not in ('deleting', 'deleted') and (t.employee_id = ${id}
      or exists (select from twins w where w.organization_id = t.organization_id and w.tenant_id = t.id and w.employee_id = ${id}))
    order by t.name`);
  const tenantIds = sql`${sql.param(agents.map((agent) => agent.id))}::text[]`;
  const { rows } = await db.execute<{
    channels: number;
    schedules: number;
    rules: number;
    conversations: number;
    audit_events: number;
  }>(sql`
    select
      (select count(*)::int from channel_bindings where organization_id = ${organizationId} and employee_id = ${id}) as channels,
      (select count(*)::int from schedules where organization_id = ${organizationId} and tenant_id = any(${tenantIds})) as schedules,
      (select count(*)::int from routing_rules where organization_id = ${organizationId}
        and (scope = 'employee' and owner_id = ${id} or tenant_id = any(${tenantIds})))
      + (select count(*)::int from assignments where organization_id = ${organizationId} and employee_id = ${id}) as rules,
      (select count(*)::int from conversations where organization_id = ${organizationId}
        and (tenant_id = any(${tenantIds}) or user_id = ${userId})) as conversations,
      (select count(*)::int from audit_events where organization_id = ${organizationId}
        and (actor_id = ${userId} or target_id = ${id} or target_id = any(${tenantIds}))) as audit_events`);
  const [found] = rows;
  return {
    ...emptyRemoval,
    employees: namesOf([{ name }]),
    agents: namesOf(agents),
    channels: found?.channels ?? 0,
    schedules: found?.schedules ?? 0,
    rules: found?.rules ?? 0,
    kept: { conversations: found?.conversations ?? 0, auditEvents: found?.audit_events ?? 0 },
  };
}
