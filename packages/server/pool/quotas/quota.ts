import { ClawpoolError, type Quotas, type TenantResources } from '@clawpool/contracts';

/** What an organization's tenants may use together, whether they run or not; `runningTenants` do. */
export interface Used {
  tenants: number;
  runningTenants: number;
  cpus: number;
  memoryMegabytes: number;
  diskMegabytes: number;
}

export const unlimited: Quotas = {
  tenants: null,
  runningTenants: null,
  cpusPerTenant: null,
  memoryMegabytesPerTenant: null,
  diskMegabytesPerTenant: null,
  totalCpus: null,
  totalMemoryMegabytes: null,
  totalDiskMegabytes: null,
};

/** What would be there more than before. */
export interface Growth {
  tenants: number;
  runningTenants: number;
  /** What the tenant may use from now on, and what it might before (a new one: nothing). */
  resources: TenantResources;
  before?: TenantResources | undefined;
}

/**
 * Error `quota_exceeded` when the organization would pass one of its limits. What stays the same or shrinks is never refused: a limit that
 * was lowered later does not keep anybody from using less.
 */
export function refuseBeyondQuotas(limits: Quotas, used: Used, growth: Growth): void {
  const nothing = { cpus: 0, memoryMegabytes: 0, diskMegabytes: 0 };
  const { resources, before = nothing } = growth;
  refuse('tenants', limits.tenants, used.tenants, growth.tenants);
  refuse('running tenants', limits.runningTenants, used.runningTenants, growth.runningTenants);
  for (const [what, unit, perTenant, total] of [
    ['cpus', 'CPU cores', limits.cpusPerTenant, limits.totalCpus],
    ['memoryMegabytes', 'MB of memory', limits.memoryMegabytesPerTenant, limits.totalMemoryMegabytes],
    ['diskMegabytes', 'MB of disk', limits.diskMegabytesPerTenant, limits.totalDiskMegabytes],
  ] as const) {
    const grows = resources[what] - before[what];
    if (grows <= 0) continue;
    if (perTenant !== null && resources[what] > perTenant) {
      throw new ClawpoolError(
        'quota_exceeded',
        `A tenant may have at most ${perTenant} ${unit}; ${resources[what]} were asked for.`,
        'Ask for less, or an operator for a higher limit.',
      );
    }
    refuse(unit, total, used[what], grows);
  }
}

function refuse(what: string, limit: number | null, used: number, grows: number): void {
  if (limit === null || grows <= 0 || used + grows <= limit) return;
  throw new ClawpoolError(
    'quota_exceeded',
    `The organization may have ${limit} ${what}; ${used} are in use and ${grows} more were asked for.`,
    'Delete or hibernate what is not needed, or ask an operator for a higher limit.',
  );
}
