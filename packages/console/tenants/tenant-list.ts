import type { CallResult } from '@clawpool/client';
import type { Tenant, TenantEvent } from '@clawpool/contracts';

/** One page of the list, as the server gave it. */
export type TenantPage = CallResult<'listTenants'>;

/** The page with what has changed of its rows since; the same object when nothing has. */
export function withTenantEvents(page: TenantPage, events: readonly TenantEvent[]): TenantPage {
  const news = new Map<string, Tenant>();
  for (const event of events) if (event.type === 'tenant') news.set(event.tenant.id, event.tenant);
  if (!page.tenants.some(({ id }) => news.has(id))) return page;
  return { ...page, tenants: page.tenants.map((tenant) => news.get(tenant.id) ?? tenant) };
}

/**
 * Whether the server must be asked again: which rows there are, their order or the counts may have changed. A row that is shown and
 * only reports its memory changes none of it.
 */
export function needsReload(page: TenantPage, events: readonly TenantEvent[]): boolean {
  const shown = new Map(page.tenants.map((tenant) => [tenant.id, tenant]));
  return events.some((event) => {
    if (event.type !== 'tenant') return true;
    const before = shown.get(event.tenant.id);
    return before === undefined || signatureOf(before) !== signatureOf(event.tenant);
  });
}

/** Everything of a tenant that a filter or the usual orders go by. */
const signatureOf = ({ state, name, group, tier, tags, owner, image }: Tenant): string =>
  JSON.stringify([state, name, group, tier, tags, owner?.employeeId, image]);

/** Tags of the tenants that are known, most frequent first, to choose from. */
export function knownTags(tenants: readonly Tenant[]): string[] {
  const counts = new Map<string, number>();
  for (const { tags } of tenants) {
    for (const [key, value] of Object.entries(tags))
      counts.set(`${key}:${value}`, (counts.get(`${key}:${value}`) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([tag]) => tag);
}
