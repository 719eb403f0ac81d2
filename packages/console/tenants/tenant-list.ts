import { type Tenant, type TenantEvent, type TenantState, tenantState } from '@clawpool/contracts';

/** The tenants by id: an event changes one of thousands. */
export type Tenants = ReadonlyMap<string, Tenant>;

export function withTenantEvents(tenants: Tenants, events: readonly TenantEvent[]): Tenants {
  let next = new Map(tenants);
  for (const event of events) {
    if (event.type === 'snapshot') next = new Map(event.tenants.map((tenant) => [tenant.id, tenant]));
    else next.set(event.tenant.id, event.tenant);
  }
  return next;
}

export const sortKeys = ['name', 'owner', 'tier', 'state', 'memory', 'lastActive'] as const;
export type SortKey = (typeof sortKeys)[number];

export interface TenantView {
  search: string;
  state: TenantState | 'all';
  sort: SortKey;
  descending: boolean;
}

/** How many are in each state. */
export function countStates(tenants: Iterable<Tenant>): Record<TenantState, number> {
  const counts = Object.fromEntries(tenantState.options.map((state) => [state, 0])) as Record<TenantState, number>;
  for (const { state } of tenants) counts[state] += 1;
  return counts;
}

/** Those that every word of the search is found in, and that are in the wanted state, in the wanted order. */
export function selectTenants(tenants: Iterable<Tenant>, view: TenantView, locale: string): Tenant[] {
  const words = view.search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const selected = Array.from(tenants).filter(
    (tenant) => (view.state === 'all' || tenant.state === view.state) && matches(tenant, words),
  );
  const { compare } = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const byKey = orders[view.sort];
  const direction = view.descending ? -1 : 1;
  return selected.sort((a, b) => direction * byKey(a, b, compare) || compare(a.name, b.name) || compare(a.id, b.id));
}

function matches(tenant: Tenant, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { name, owner, tier, driver, image } = tenant;
  const text = [name, owner.name, owner.position, owner.department, tier, driver, image].join('\n').toLocaleLowerCase();
  return words.every((word) => text.includes(word));
}

type Compare = (a: string, b: string) => number;

/** What needs attention comes first: broken, then busy, then quiet. */
const urgency: Record<TenantState, number> = { failed: 0, creating: 1, running: 2, stopping: 3, hibernated: 4 };

const orders: Record<SortKey, (a: Tenant, b: Tenant, compare: Compare) => number> = {
  name: (a, b, compare) => compare(a.name, b.name),
  owner: (a, b, compare) => compare(a.owner.name, b.owner.name),
  tier: (a, b, compare) => compare(a.tier, b.tier),
  state: (a, b) => urgency[a.state] - urgency[b.state],
  memory: (a, b) => (a.memoryBytes ?? -1) - (b.memoryBytes ?? -1),
  lastActive: (a, b) => timeOf(a.lastActiveAt) - timeOf(b.lastActiveAt),
};

const timeOf = (at: string | null): number => (at === null ? 0 : Date.parse(at));

/** Rows of one page; few enough that ten thousand tenants cost a browser nothing. */
const pageSize = 50;

/** A page that no longer exists because rows have gone becomes the last one. `from` and `to` count from 1. */
export function pageOf<T>(rows: readonly T[], page: number) {
  const pages = Math.max(1, Math.ceil(rows.length / pageSize));
  const current = Math.min(Math.max(0, page), pages - 1);
  const start = current * pageSize;
  const shown = rows.slice(start, start + pageSize);
  return { rows: shown, page: current, pages, from: shown.length === 0 ? 0 : start + 1, to: start + shown.length };
}
