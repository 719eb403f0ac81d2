import type { AgentOverview, AgentSettings, AgentUsageDay, SettingsScope } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { SettingSource } from '../governance/settings/agent-settings.ts';
import type { Queryable } from '../store/database.ts';

/** Whose agent it is, and what of the layers and settings is meant for it. */
export interface AgentSource extends Pick<AgentOverview, 'kind' | 'owner' | 'layers'> {
  tenantId: string;
  overrides: SettingSource[];
}

/** Of some tenants of an organization, in any order. */
export async function findAgentSources(
  db: Queryable,
  organizationId: string,
  tenantIds: readonly string[],
): Promise<AgentSource[]> {
  const { rows } = await db.execute<SourceRow>(sql`
    with agents as (
      select t.id as tenant_id, e.id as employee_id, e.name as employee, e.position_id, p.name as position, d.name as department,
        case when a.tenant_id is not null then 'assistant' when w.tenant_id is not null then 'twin'
          when t.employee_id is not null then 'personal' else 'team' end as kind
      from tenants t
      left join twins w on w.organization_id = t.organization_id and w.tenant_id = t.id
      left join assistants a on a.organization_id = t.organization_id and a.tenant_id = t.id
      left join employees e on e.organization_id = t.organization_id and e.id = coalesce(t.employee_id, w.employee_id)
      left join positions p on p.organization_id = e.organization_id and p.id = e.position_id
      left join departments d on d.organization_id = e.organization_id and d.id = e.department_id
      where t.organization_id = ${organizationId} and t.id = any(${sql.param([...tenantIds])}::text[])
    )
    select agents.*,
      (select coalesce(max(l.version), 0) from layers l
        where l.organization_id = ${organizationId} and l.scope = 'global') as global_version,
      (select coalesce(max(l.version), 0) from layers l
        where l.organization_id = ${organizationId} and l.scope = 'position' and l.owner_id = agents.position_id) as position_version,
      (select coalesce(max(l.version), 0) from layers l
        where l.organization_id = ${organizationId} and l.scope = 'personal' and l.owner_id = agents.employee_id) as personal_version,
      (select coalesce(jsonb_agg(jsonb_build_object('scope', s.scope, 'organization', o.name, 'settings', s.settings)), '[]'::jsonb)
        from agent_settings s join organizations o on o.id = s.organization_id
        where s.organization_id = ${organizationId} and (s.scope = 'organization'
          or (s.scope = 'position' and s.owner_id = agents.position_id)
          or (s.scope = 'employee' and s.owner_id = agents.employee_id))) as settings
    from agents`);
  return rows.map(toSource);
}

interface SourceRow extends Record<string, unknown> {
  tenant_id: string;
  kind: AgentOverview['kind'];
  employee_id: string | null;
  employee: string | null;
  position_id: string | null;
  position: string | null;
  department: string | null;
  global_version: number;
  position_version: number;
  personal_version: number;
  settings: { scope: SettingsScope; organization: string; settings: Partial<AgentSettings> }[];
}

function toSource(row: SourceRow): AgentSource {
  const names = { employee: row.employee, position: row.position };
  return {
    tenantId: row.tenant_id,
    kind: row.kind,
    owner:
      row.employee_id === null
        ? null
        : {
            ...{ employeeId: row.employee_id, name: row.employee ?? '', department: row.department ?? '' },
            ...{ positionId: row.position_id, position: row.position },
          },
    layers: {
      global: row.global_version,
      position: row.position_id === null ? null : row.position_version,
      personal: row.employee_id === null ? null : row.personal_version,
    },
    overrides: row.settings.map(({ scope, organization, settings }) => ({
      from: scope,
      name: (scope === 'organization' ? organization : names[scope]) ?? '',
      settings,
    })),
  };
}

/** Model calls of a tenant day by day in UTC, today last; days without any are there too. */
export async function listUsageDays(
  db: Queryable,
  organizationId: string,
  tenantId: string,
  days: number,
): Promise<AgentUsageDay[]> {
  // Tokens of a day may be more than an integer holds; a double keeps every figure a day can have exactly.
  const { rows } = await db.execute<Record<string, unknown> & AgentUsageDay>(sql`
    select to_char(day, 'YYYY-MM-DD') as day, count(c.id)::int as calls,
      count(c.id) filter (where c.outcome = 'error')::int as "failedCalls",
      coalesce(sum(c.input_tokens), 0)::float8 as "inputTokens",
      coalesce(sum(c.output_tokens), 0)::float8 as "outputTokens"
    from generate_series((now() at time zone 'UTC')::date - ${days - 1}::int, (now() at time zone 'UTC')::date, interval '1 day') as day
    left join model_calls c on c.organization_id = ${organizationId} and c.tenant_id = ${tenantId}
      and c.at >= day at time zone 'UTC' and c.at < (day + interval '1 day') at time zone 'UTC'
    group by day
    order by day`);
  return rows;
}
