import type { Tenant } from '@clawpool/contracts';
import { connect } from '../connection.ts';
import { formatBytes, formatDuration, renderTable } from '../table.ts';
import { harmless, type Terminal } from '../terminal.ts';

/** `clawpool tenants`: one line per tenant. `now` in milliseconds. */
export async function listTenants(
  terminal: Terminal,
  data: string,
  options: { json: boolean; now: number },
): Promise<void> {
  const { client } = await connect(data);
  const { tenants } = await client.call('listTenants');
  if (options.json) terminal.json({ tenants });
  else if (tenants.length === 0) terminal.print('There are no tenants yet.');
  else terminal.print(describeTenants(tenants, options.now));
}

export function describeTenants(tenants: readonly Tenant[], now: number): string {
  const rows = tenants.map((tenant) => [
    tenant.name,
    tenant.owner.name,
    tenant.owner.department,
    tenant.tier,
    tenant.reason ? `${tenant.state} (${tenant.reason})` : tenant.state,
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
