import { type TenantState, tenantSortKeys, tenantState } from '@clawpool/contracts';

export type SortKey = (typeof tenantSortKeys)[number];

/** Rows of one page. */
export const pageSize = 50;

/** What of the tenants is shown, and in which order. It is the page's address, so everything that is as usual is absent. */
export interface TenantView {
  search?: string | undefined;
  state?: TenantState | undefined;
  tier?: string | undefined;
  group?: string | undefined;
  /** `key:value` */
  tag?: string | undefined;
  deleted?: true | undefined;
  sort?: SortKey | undefined;
  descending?: true | undefined;
  /** From 1. */
  page?: number | undefined;
}

let last: TenantView = {};

/** The list as it was left: a tenant's page leads back to it. */
export const lastView = (): TenantView => last;

export function rememberView(view: TenantView): void {
  last = view;
}

/** Reads an address that anybody may have written. */
export function tenantViewOf(search: Record<string, unknown>): TenantView {
  const page = Number(search.page);
  const tag = textOf(search.tag, 151);
  const view: TenantView = {
    search: textOf(search.search, 100),
    state: tenantState.options.find((state) => state === search.state),
    tier: textOf(search.tier, 64),
    group: textOf(search.group, 64),
    tag: tag !== undefined && isTag(tag) ? tag : undefined,
    deleted: search.deleted === true ? true : undefined,
    sort: tenantSortKeys.find((sort) => sort === search.sort && sort !== 'name'),
    descending: search.descending === true ? true : undefined,
    page: Number.isSafeInteger(page) && page > 1 && page < 1e6 ? page : undefined,
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

/** The router reads `?search=007` as a number; in this address it is a text. */
function textOf(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, maxLength) || undefined;
}

/** Of the form that the server takes for a filter. */
export const isTag = (text: string): boolean => /^[^:]+:.*$/u.test(text);

/** The same view as the server is asked for it. */
export function queryOf(view: TenantView) {
  return {
    search: view.search,
    state: view.state,
    tier: view.tier,
    group: view.group,
    tag: view.tag,
    ...(view.deleted ? { deleted: 'true' as const } : {}),
    sort: view.sort ?? ('name' as const),
    ...(view.descending ? { descending: 'true' as const } : {}),
    offset: ((view.page ?? 1) - 1) * pageSize,
    limit: pageSize,
  };
}

/** Whether it shows less than all there are. */
export const isFiltered = ({ search, state, tier, group, tag, deleted }: TenantView): boolean =>
  [search, state, tier, group, tag, deleted].some((part) => part !== undefined);

/**
 * The filter of a batch that means what is shown. A search has no counterpart there: those tenants are named one by one
 * (null). Without any filter every tenant is meant, which a batch says with an empty one.
 */
export function batchFilterOf({ search, state, tier, group, tag }: TenantView) {
  if (search !== undefined) return null;
  return Object.fromEntries(Object.entries({ state, tier, group, tag }).filter(([, value]) => value !== undefined));
}

/** The view after a click on a column: the other way round where it was sorted by it already. */
export function sortedBy(view: TenantView, sort: SortKey): Pick<TenantView, 'sort' | 'descending' | 'page'> {
  const same = (view.sort ?? 'name') === sort;
  return {
    sort: sort === 'name' ? undefined : sort,
    descending: same && !view.descending ? true : undefined,
    page: undefined,
  };
}

/** Which page is shown, counted from 1, and how many there are: it may be one that is not there any more. */
export function pageOf(view: TenantView, total: number): { page: number; pages: number } {
  return { page: view.page ?? 1, pages: Math.max(1, Math.ceil(total / pageSize)) };
}
