import { type TenantState, tenantState } from '@clawpool/contracts';

/** Rows of one page. */
export const pageSize = 50;

export const factoryTabs = ['agents', 'configuration'] as const;

/** What of the agents is shown. It is the page's address, so everything that is as usual is absent. */
export interface AgentView {
  tab?: 'configuration' | undefined;
  search?: string | undefined;
  state?: TenantState | undefined;
  /** From 1. */
  page?: number | undefined;
}

/** Reads an address that anybody may have written. */
export function agentViewOf(search: Record<string, unknown>): AgentView {
  const page = Number(search.page);
  const view: AgentView = {
    tab: search.tab === 'configuration' ? 'configuration' : undefined,
    // The router reads `?search=007` as a number; here it is a text.
    search: ['string', 'number'].includes(typeof search.search)
      ? String(search.search).slice(0, 100) || undefined
      : undefined,
    state: tenantState.options.find((state) => state === search.state),
    page: Number.isSafeInteger(page) && page > 1 && page < 1e5 ? page : undefined,
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

/** The same view as the server is asked for it. */
export const queryOf = ({ search, state, page = 1 }: AgentView) => ({
  search,
  state,
  offset: (page - 1) * pageSize,
  limit: pageSize,
});

let last: AgentView = {};

/** The list as it was left: an agent's page leads back to it. */
export const lastView = (): AgentView => last;

export function rememberView(view: AgentView): void {
  last = view;
}
