import type { AccessKind, CommandPattern, GrantMode, ToolName, ToolStanding } from '@clawpool/contracts';
import { defaultCommandPatterns } from '@clawpool/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';
import { allowedOf, type ToolFacts, toolStandings } from './tool-standing.ts';

/** A grant that holds, as it is read with its tenant. */
export interface HoldingGrant {
  id: string;
  kind: AccessKind;
  resource: string;
  mode: GrantMode;
  expiresAt: Date | null;
  usedByTurn: string | null;
}

/** What decides about one agent. */
export interface AgentFacts {
  organizationId: string;
  tenantId: string;
  /** Null: nobody's in particular. */
  employeeId: string | null;
  tools: ToolFacts;
  grants: readonly HoldingGrant[];
  /** Of its tier, before what was granted. */
  tierHosts: readonly string[];
  commandPatterns: readonly CommandPattern[];
}

/** What an agent may do: what its files say and its configuration offers. */
export interface AgentRights {
  standings: ToolStanding[];
  tools: ToolName[];
  /** Granted on top of those that it has, by name. */
  skills: string[];
  /** That it may reach by HTTPS. */
  hosts: string[];
  /** Why commands are refused, each reason once. */
  refusedCommands: string[];
}

/** What an agent may do now. Nothing, for one that is not there. */
export async function findAgentRights(db: Queryable, organizationId: string, tenantId: string): Promise<AgentRights> {
  const [facts] = await listAgentFacts(db, { organizationId, tenantIds: [tenantId] });
  if (!facts) return { standings: [], tools: [], skills: [], hosts: [], refusedCommands: [] };
  return rightsOf(facts);
}

export function rightsOf({ tools, grants, tierHosts, commandPatterns }: AgentFacts): AgentRights {
  const standings = toolStandings(tools);
  const granted = (kind: AccessKind) =>
    tools.kind === 'colleague' ? grants.filter((grant) => grant.kind === kind).map(({ resource }) => resource) : [];
  return {
    standings,
    tools: allowedOf(standings),
    skills: [...new Set(granted('skill'))].sort(),
    hosts: tools.kind === 'colleague' ? [...new Set([...tierHosts, ...granted('host')])].sort() : [],
    refusedCommands: [...new Set(commandPatterns.map(({ why }) => why))],
  };
}

/**
 * The facts of some agents, in the order of their ids. A grant that has expired is none, also before anybody has ended it; one for once that a turn has
 * begun to use holds to that turn's end.
 */
export async function listAgentFacts(
  db: Queryable,
  of: { organizationId: string; tenantIds?: readonly string[] } | { tenantId: string },
  now = new Date(),
): Promise<AgentFacts[]> {
  const { rows } = await db.execute<FactRow>(sql`
    select t.organization_id, t.id, t.employee_id, t.tools as own_tools, p.tools as position_tools, r.tools_ceiling, r.egress_hosts,
      exists (select from twins w where w.organization_id = t.organization_id and w.tenant_id = t.id) as is_twin,
      exists (select from assistants a where a.organization_id = t.organization_id and a.tenant_id = t.id) as is_assistant,
      (t.on_expiry = 'delete' and t.expires_at <= now()) is true as is_over,
      y.blocked_tools, y.command_patterns,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', g.id, 'kind', g.kind, 'resource', g.resource, 'mode', g.mode,
          'expiresAt', extract(epoch from g.expires_at) * 1000, 'usedByTurn', g.used_by_turn) order by g.created_at, g.id)
        from grants g
        where g.organization_id = t.organization_id and g.tenant_id = t.id and g.ended_at is null
          and (g.expires_at is null or g.expires_at > ${now.toISOString()}::timestamptz or g.used_by_turn is not null)
      ), '[]'::jsonb) as grants
    from tenants t
    join tiers r on r.organization_id = t.organization_id and r.id = t.tier_id
    left join employees e on e.organization_id = t.organization_id and e.id = t.employee_id
    left join positions p on p.organization_id = e.organization_id and p.id = e.position_id
    left join tool_policies y on y.organization_id = t.organization_id
    where ${which(of)}
    order by t.id`);
  return rows.map(toFacts);
}

interface FactRow extends Record<string, unknown> {
  organization_id: string;
  id: string;
  employee_id: string | null;
  position_tools: string[] | null;
  /** Of an agent that is nobody's in particular. */
  own_tools: string[] | null;
  tools_ceiling: string[];
  egress_hosts: string[];
  is_twin: boolean;
  is_assistant: boolean;
  /** About to be deleted: a removed person's, for example, which would otherwise be nobody's and so have all of its tier. */
  is_over: boolean;
  blocked_tools: string[] | null;
  command_patterns: CommandPattern[] | null;
  grants: (Omit<HoldingGrant, 'expiresAt'> & { expiresAt: number | null })[];
}

function which(of: { organizationId: string; tenantIds?: readonly string[] } | { tenantId: string }): SQL {
  if ('tenantId' in of) return sql`t.id = ${of.tenantId}`;
  const some = of.tenantIds ? sql` and t.id = any(${sql.param([...of.tenantIds])}::text[])` : sql``;
  return sql`t.organization_id = ${of.organizationId}${some}`;
}

function toFacts(row: FactRow): AgentFacts {
  const grants = row.grants.map((grant) => ({
    ...grant,
    expiresAt: grant.expiresAt === null ? null : new Date(Math.round(grant.expiresAt)),
  }));
  return {
    organizationId: row.organization_id,
    tenantId: row.id,
    employeeId: row.employee_id,
    tools: {
      kind: row.is_twin ? 'twin' : row.is_assistant ? 'assistant' : 'colleague',
      // An employee without a position has nothing of their own; an agent without an employee is its tier's.
      positionTools: row.is_over ? [] : row.employee_id === null ? null : (row.position_tools ?? []),
      ownTools: row.own_tools,
      toolsCeiling: row.tools_ceiling,
      blockedTools: row.blocked_tools ?? [],
      grants: grants
        .filter(({ kind }) => kind === 'tool')
        .map(({ resource, ...grant }) => ({ ...grant, tool: resource })),
    },
    grants,
    tierHosts: row.egress_hosts,
    commandPatterns: row.command_patterns ?? defaultCommandPatterns,
  };
}
