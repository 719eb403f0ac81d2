import type { HostDescription, HostedRuntime, RuntimeUsage, Tenant } from '@clawpool/contracts';
import { effectiveValues } from './templates/template.ts';
import type { TenantRow } from './tenant-store.ts';

/** What was seen of a tenant's runtime on its host. */
export interface SeenRuntime {
  /** Null: the host did not have it when it was asked. */
  runtime: HostedRuntime | null;
  /** When the host was asked. */
  at: Date;
}

export interface SeenUsage extends RuntimeUsage {
  /** Of one core, since it was measured before; null the first time. */
  cpuPercent: number | null;
}

/** Unheard of for longer than this, nobody can say how it is. */
const staleMs = 120_000;

/** A tenant as the API shows it. */
export function toTenant(
  row: TenantRow,
  {
    host,
    seen,
    usage,
    now,
  }: { host: HostDescription | undefined; seen: SeenRuntime | null; usage: SeenUsage | null; now: Date },
): Tenant {
  const values = effectiveValues(row);
  const hasRuntime = row.state === 'running' || row.state === 'paused';
  const runtime = hasRuntime ? (seen?.runtime ?? null) : null;
  return {
    id: row.id,
    name: row.name,
    owner:
      row.employeeId === null
        ? null
        : {
            employeeId: row.employeeId,
            name: row.ownerName ?? '',
            position: row.position ?? '',
            department: row.department ?? '',
          },
    group: row.group,
    tags: row.tags,
    tier: row.tier,
    driver: row.tierDriver ?? host?.driver ?? '',
    image: values.image ?? host?.image ?? '',
    configTemplate: row.configTemplate,
    host: row.hostId,
    state: row.state,
    stateSince: row.stateSince.toISOString(),
    reason: row.reason,
    hint: row.hint,
    operation:
      row.operationId === null || row.operationKind === null
        ? null
        : {
            id: row.operationId,
            kind: row.operationKind,
            phase: row.operationPhase ?? 'waiting',
            deadlineAt: (row.operationDeadlineAt ?? now).toISOString(),
          },
    health: healthOf(row, seen, now),
    gateway: gatewayOf(hasRuntime, seen, now),
    address: runtime?.address ?? null,
    port: runtime?.port ?? null,
    memoryBytes: usage?.memoryBytes ?? null,
    memoryLimitBytes: values.memoryMegabytes * 2 ** 20,
    cpus: values.cpuMillis / 1000,
    cpuPercent: usage?.cpuPercent ?? null,
    diskBytes: row.diskBytes,
    diskLimitBytes: values.diskMegabytes * 2 ** 20,
    alwaysOn: row.alwaysOn,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    onExpiry: row.onExpiry,
    timetable: row.timetable,
    skills: row.skills,
    skillGroups: row.skillGroups,
    createdAt: row.createdAt.toISOString(),
    lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
    lastCheckpointAt: row.checkpointAt?.toISOString() ?? null,
  };
}

/** The host is asked now and then: what changed since is known from the row. */
function healthOf({ state, stateSince }: TenantRow, seen: SeenRuntime | null, now: Date): Tenant['health'] {
  if (state !== 'running' && state !== 'paused') return 'none';
  if (seen === null || now.getTime() - seen.at.getTime() > staleMs) {
    return now.getTime() - stateSince.getTime() > staleMs ? 'stale' : state === 'paused' ? 'paused' : 'up';
  }
  if (seen.runtime === null) return seen.at > stateSince ? 'down' : 'up';
  return seen.runtime.state === 'paused' || state === 'paused' ? 'paused' : 'up';
}

function gatewayOf(hasRuntime: boolean, seen: SeenRuntime | null, now: Date): Tenant['gateway'] {
  if (!hasRuntime) return 'none';
  if (!seen?.runtime || now.getTime() - seen.at.getTime() > staleMs) return 'unknown';
  if (seen.runtime.answers === null) return 'unknown';
  return seen.runtime.answers ? 'ready' : 'unreachable';
}
