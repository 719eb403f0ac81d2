import type { CallInput } from '@clawpool/client';
import type { Tenant } from '@clawpool/contracts';
import { connect } from '../../connection.ts';
import { formatBytes, formatDuration, renderTable } from '../../table.ts';
import { harmless, type Terminal } from '../../terminal.ts';

/** Which tenants, in the API's words; all of them when it is empty. */
export type TenantQuery = Omit<NonNullable<CallInput<'listTenants'>['query']>, 'limit' | 'offset'>;

/** As many as one answer holds. */
const pageSize = 1_000;

/** `clawpool tenants`: one line per tenant. `now` in milliseconds. */
export async function listTenants(
  terminal: Terminal,
  data: string,
  options: { query: TenantQuery; json: boolean; now: number },
): Promise<void> {
  const { client } = await connect(data);
  const tenants: Tenant[] = [];
  for (let total = Number.POSITIVE_INFINITY; tenants.length < total; ) {
    const page = await client.call('listTenants', {
      query: { ...options.query, offset: tenants.length, limit: pageSize },
    });
    tenants.push(...page.tenants);
    total = page.tenants.length === 0 ? tenants.length : page.total;
  }
  if (options.json) terminal.json({ tenants });
  else if (tenants.length > 0) terminal.print(describeTenants(tenants, options.now));
  else terminal.print(Object.keys(options.query).length > 0 ? 'No tenant fits.' : 'There are no tenants yet.');
}

export function describeTenants(tenants: readonly Tenant[], now: number): string {
  const rows = tenants.map((tenant) => [
    tenant.name,
    tenant.owner?.name ?? '-',
    tenant.owner?.department ?? '-',
    tenant.tier,
    describeState(tenant),
    formatDuration(now - Date.parse(tenant.stateSince)),
    tenant.memoryBytes === null ? '-' : `${formatBytes(tenant.memoryBytes)} of ${formatBytes(tenant.memoryLimitBytes)}`,
    tenant.id,
  ]);
  const table = renderTable(
    ['TENANT', 'OWNER', 'DEPARTMENT', 'TIER', 'STATE', 'SINCE', 'MEMORY', 'ID'],
    rows.map((row) => row.map(harmless)),
  );
  const hints = tenants.flatMap(({ name, hint }) => (hint ? [`${harmless(name)}: ${harmless(hint)}`] : []));
  return [table, ...hints].join('\n');
}

/** `running`, `failed (storage_full)`, `running, stop: backing_up`. */
export function describeState({ state, reason, operation }: Tenant): string {
  const what = reason ? `${state} (${reason})` : state;
  return operation ? `${what}, ${operation.kind}: ${operation.phase}` : what;
}
