import { type Origin, origin } from '@clawpool/contracts';

export const routingTabs = ['rules', 'teams', 'tiers', 'explain'] as const;
export type RoutingTab = (typeof routingTabs)[number];

/** Ways in by which an employee talks to an agent; visitors and integrators have rules of their own. */
export const explainedOrigins = ['portal', 'telegram', 'schedule'] as const satisfies readonly Origin[];

/** What the page shows, as its address: an explanation can be sent to a colleague. */
export interface RoutingView {
  /** `rules` unless given. */
  tab?: RoutingTab | undefined;
  /** Whose message is explained. */
  employee?: string | undefined;
  /** `portal` unless given. */
  origin?: Origin | undefined;
  /** A team's tenant the employee chose. */
  tenant?: string | undefined;
}

/** Reads an address that anybody may have written. */
export function routingViewOf(search: Record<string, unknown>): RoutingView {
  const view: RoutingView = {
    tab: routingTabs.find((tab) => tab === search.tab && tab !== 'rules'),
    employee: idOf(search.employee),
    origin: origin.options.find((way) => way === search.origin && way !== 'portal'),
    tenant: idOf(search.tenant),
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, 64) || undefined;
}
