import type { Operation, Tenant } from '@clawpool/contracts';
import { connect } from '../../connection.ts';
import { formatBytes, formatDuration, renderPairs, renderTable } from '../../table.ts';
import { harmless, type Terminal } from '../../terminal.ts';
import { describeState } from './list.ts';

/** `clawpool tenants show`: everything known of one tenant. `now` in milliseconds. */
export async function showTenant(
  terminal: Terminal,
  data: string,
  options: { tenant: string; json: boolean; now: number },
): Promise<void> {
  const { client } = await connect(data);
  const tenant = await client.call('tenant', { params: { tenantId: options.tenant } });
  if (options.json) terminal.json(tenant);
  else terminal.print(harmless(describeTenant(tenant, options.now)));
}

export function describeTenant(tenant: Tenant, now: number): string {
  const { owner, timetable, tags } = tenant;
  const pairs: [string, string | null][] = [
    ['Tenant', `${tenant.name} (${tenant.id})`],
    ['Owner', owner && `${owner.name}, ${owner.position}, ${owner.department}`],
    ['State', `${describeState(tenant)}, for ${formatDuration(now - Date.parse(tenant.stateSince))}`],
    ['Next', tenant.hint],
    ['Health', `runtime ${tenant.health}, gateway ${tenant.gateway}`],
    ['Tier', `${tenant.tier} (driver ${tenant.driver})${tenant.alwaysOn ? ', always on' : ''}`],
    ['Template', tenant.configTemplate],
    ['Image', tenant.image],
    ['Host', tenant.host],
    ['Address', tenant.address && `${tenant.address}, port ${tenant.port} inside`],
    [
      'CPU',
      `${tenant.cpus} cores${tenant.cpuPercent === null ? '' : `, ${Math.round(tenant.cpuPercent)} % of one in use`}`,
    ],
    ['Memory', ofLimit(tenant.memoryBytes, tenant.memoryLimitBytes)],
    ['Disk', ofLimit(tenant.diskBytes, tenant.diskLimitBytes)],
    ['Group', tenant.group],
    [
      'Tags',
      Object.entries(tags)
        .map(([key, value]) => `${key}:${value}`)
        .join(', ') || null,
    ],
    ['Skills', [...tenant.skills, ...tenant.skillGroups.map((group) => `${group} (group)`)].join(', ') || null],
    ['Expires', tenant.expiresAt && `${tenant.expiresAt}, then ${tenant.onExpiry}`],
    [
      'Timetable',
      timetable && `${timetable.start}-${timetable.stop} ${timetable.days.join(',')} ${timetable.timezone}`,
    ],
    ['Created', tenant.createdAt],
    ['Active', tenant.lastActiveAt],
    ['Checkpoint', tenant.lastCheckpointAt],
  ];
  return renderPairs(pairs.filter((pair): pair is [string, string] => pair[1] !== null));
}

const ofLimit = (bytes: number | null, limit: number): string =>
  bytes === null ? `at most ${formatBytes(limit)}` : `${formatBytes(bytes)} of ${formatBytes(limit)}`;

/** `clawpool tenants operations`: what was done to a tenant, newest first. */
export async function listOperations(
  terminal: Terminal,
  data: string,
  options: { tenant: string; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const { operations } = await client.call('listTenantOperations', { params: { tenantId: options.tenant } });
  if (options.json) terminal.json({ operations });
  else if (operations.length === 0) terminal.print('Nothing has been done to it yet.');
  else terminal.print(describeOperations(operations));
}

export function describeOperations(operations: readonly Operation[]): string {
  const rows = operations.map((operation) => [
    operation.createdAt,
    operation.kind,
    operation.reason ? `${operation.state} (${operation.reason})` : operation.state,
    operation.finishedAt ? 'finished' : operation.phase,
    operation.startedAt && operation.finishedAt
      ? formatDuration(Date.parse(operation.finishedAt) - Date.parse(operation.startedAt))
      : '-',
    operation.requestedBy,
    operation.id,
  ]);
  return renderTable(
    ['ASKED', 'WHAT', 'STATE', 'PHASE', 'TOOK', 'BY', 'ID'],
    rows.map((row) => row.map(harmless)),
  );
}
