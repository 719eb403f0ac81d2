import {
  ClawpoolError,
  type Host,
  type HostDescription,
  type HostedRuntime,
  type ModelChoice,
  type RunningAgent,
  type ToolStanding,
} from '@clawpool/contracts';
import { and, asc, eq, inArray, ne } from 'drizzle-orm';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { effectiveValues } from '../../pool/templates/template.ts';
import { findTenant, selectTenants, type TenantRow } from '../../pool/tenant-store.ts';
import type { Database } from '../../store/database.ts';
import { employees, tenants } from '../../store/schema/index.ts';
import { type AgentFacts, findAgentRights, listAgentFacts, rightsOf } from './tool-facts-store.ts';

/** What agents may do, beside what really runs. */
export interface RunningAgents {
  /** In the principal's scope, by name; `running`: only those that a host says it runs. */
  list(principal: Principal, which: { running: boolean }): Promise<RunningAgent[]>;
  /** One agent: one's own, or one in scope. Error: `not_found`. */
  rights(principal: Principal, tenantId: string): Promise<{ tools: ToolStanding[]; skills: string[]; hosts: string[] }>;
}

export interface RunningAgentsOptions {
  database: Database;
  hosts: ReadonlyMap<string, Pick<Host, 'list' | 'describe'>>;
  /** Of what a running agent was made last, counted as `tenants.agent_revision` is; null: it is not known to run. */
  configuredRevision: (tenantId: string) => number | null;
  model: ModelChoice;
  onError: (error: unknown) => void;
}

export function createRunningAgents({ database, hosts, ...options }: RunningAgentsOptions): RunningAgents {
  const { db } = database;

  async function rowsInScope(principal: Principal): Promise<TenantRow[]> {
    const departmentIds = await scopeOf(db, principal);
    return selectTenants(db)
      .where(
        and(
          eq(tenants.organizationId, principal.organizationId),
          ne(tenants.state, 'deleted'),
          departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
        ),
      )
      .orderBy(asc(tenants.name), asc(tenants.id));
  }

  /** By tenant. A host that does not answer says of nobody that it runs. */
  async function hosted(): Promise<Map<string, OnHost>> {
    const found = new Map<string, OnHost>();
    for (const host of hosts.values()) {
      try {
        const description = await host.describe();
        for (const runtime of await host.list())
          if (runtime.kind === 'tenant') found.set(runtime.id, { runtime, description });
      } catch (error) {
        options.onError(error);
      }
    }
    return found;
  }

  return {
    list: async (principal, { running }) => {
      const [rows, runtimes, any] = await Promise.all([
        rowsInScope(principal),
        hosted(),
        hosts.values().next().value?.describe() ?? null,
      ]);
      const shown = rows.filter(({ id }) => !running || runtimes.has(id));
      const facts = await listAgentFacts(db, {
        organizationId: principal.organizationId,
        tenantIds: shown.map(({ id }) => id),
      });
      const factsOf = new Map(facts.map((one) => [one.tenantId, one]));
      return shown.flatMap((row) => {
        const agent = factsOf.get(row.id);
        if (!agent) return [];
        const on = runtimes.get(row.id) ?? null;
        return [shownAgent(row, agent, on, any, on && options.configuredRevision(row.id))];
      });
    },

    rights: async (principal, tenantId) => {
      const { organizationId } = principal;
      const tenant = await findTenant(db, tenantId);
      const departmentIds = await scopeOf(db, principal);
      const isIn = (departmentId: string | null) => departmentId !== null && departmentIds?.includes(departmentId);
      const sees =
        tenant?.organizationId === organizationId &&
        tenant.state !== 'deleted' &&
        (departmentIds === null ||
          isIn(tenant.departmentId) ||
          (tenant.employeeId !== null && tenant.employeeId === principal.employeeId));
      if (!sees)
        throw new ClawpoolError('not_found', `There is no agent “${tenantId}”.`, 'Agents lists those you see.');
      const [{ standings }, agent] = await Promise.all([
        findAgentRights(db, organizationId, tenantId),
        loadAgentDefinition(db, organizationId, tenantId, options.model),
      ]);
      return { tools: standings, skills: agent.skills.map(({ name }) => name), hosts: [...(agent.hosts ?? [])] };
    },
  };
}

interface OnHost {
  runtime: HostedRuntime;
  description: HostDescription;
}

function shownAgent(
  row: TenantRow,
  facts: AgentFacts,
  on: OnHost | null,
  anyHost: HostDescription | null,
  configured: number | null,
): RunningAgent {
  const description = on?.description ?? anyHost;
  return {
    tenantId: row.id,
    name: row.name,
    owner: row.ownerName ?? '',
    position: row.position,
    tier: row.tier,
    state: row.state,
    driver: description?.driver ?? '',
    isolates: description?.isolates ?? false,
    image: on?.runtime.image ?? effectiveValues(row).image ?? description?.image ?? '',
    tools: rightsOf(facts).standings,
    upToDate: on === null ? null : configured !== null && configured >= row.agentRevision,
  };
}
