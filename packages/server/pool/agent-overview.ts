import {
  type AgentOverview,
  type AgentUsageDay,
  ClawpoolError,
  type ModelChoice,
  type TenantState,
} from '@clawpool/contracts';
import { effectiveSettings, settingSources } from '../governance/settings/agent-settings.ts';
import { listAgentFacts, rightsOf } from '../governance/tools/tool-facts-store.ts';
import { scopeOf } from '../organization/department-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Queryable } from '../store/database.ts';
import { findAgentSources, listUsageDays } from './agent-overview-store.ts';
import { pageOfTenants } from './tenant-list.ts';
import { findTenant, type TenantRow } from './tenant-store.ts';

export interface AgentOverviewQuery {
  state?: TenantState | undefined;
  tier?: string | undefined;
  search?: string | undefined;
  offset: number;
  limit: number;
}

/** Agents as whoever governs them sees them. `installation` is the model that holds where nobody says anything. */
export interface AgentOverviews {
  list(
    principal: Principal,
    query: AgentOverviewQuery,
  ): Promise<{ agents: AgentOverview[]; total: number; counts: Partial<Record<TenantState, number>> }>;
  /** One with its model calls of the last days, today included. Error: `not_found`, also outside of the principal's scope. */
  get(principal: Principal, tenantId: string, days: number): Promise<{ agent: AgentOverview; usage: AgentUsageDay[] }>;
}

export function createAgentOverviews(db: Queryable, installation: ModelChoice): AgentOverviews {
  return {
    list: async (principal, query) => {
      const { organizationId } = principal;
      const departmentIds = await scopeOf(db, principal);
      // The image, which the default is for, is nothing that these agents are searched by.
      const page = await pageOfTenants(db, { ...query, organizationId, departmentIds, sort: 'owner' }, '');
      return {
        agents: await overviewsOf(db, organizationId, page.rows, installation),
        total: page.total,
        counts: page.counts,
      };
    },

    get: async (principal, tenantId, days) => {
      const { organizationId } = principal;
      const row = await findTenant(db, tenantId);
      const found = row && (await sees(db, principal, row)) ? row : null;
      const [agent] = found ? await overviewsOf(db, organizationId, [found], installation) : [];
      if (!agent) {
        throw new ClawpoolError('not_found', 'There is no such agent.', 'The list of agents has those you can see.');
      }
      return { agent, usage: await listUsageDays(db, organizationId, tenantId, days) };
    },
  };
}

async function sees(db: Queryable, principal: Principal, row: TenantRow): Promise<boolean> {
  if (row.organizationId !== principal.organizationId || row.state === 'deleted') return false;
  const departmentIds = await scopeOf(db, principal);
  return departmentIds === null || (row.departmentId !== null && departmentIds.includes(row.departmentId));
}

/** In the order of the rows. */
async function overviewsOf(
  db: Queryable,
  organizationId: string,
  rows: readonly TenantRow[],
  installation: ModelChoice,
): Promise<AgentOverview[]> {
  const tenantIds = rows.map(({ id }) => id);
  if (tenantIds.length === 0) return [];
  const sources = new Map((await findAgentSources(db, organizationId, tenantIds)).map((one) => [one.tenantId, one]));
  const facts = new Map((await listAgentFacts(db, { organizationId, tenantIds })).map((one) => [one.tenantId, one]));
  return rows.flatMap((row) => {
    const source = sources.get(row.id);
    const rights = facts.get(row.id);
    if (!source || !rights) return [];
    const { tenantId, kind, owner, layers, overrides } = source;
    return {
      ...{ tenantId, name: row.name, kind, owner, layers, tier: row.tier, state: row.state },
      model: effectiveSettings(settingSources(overrides, row), installation).model,
      tools: rightsOf(rights).tools,
      lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
    };
  });
}
