import type { Quotas } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { quotas } from '../../store/schema/index.ts';
import { type Used, unlimited } from './quota.ts';

export async function findQuotas(db: Queryable, organizationId: string): Promise<Quotas> {
  const [row] = await db.select().from(quotas).where(eq(quotas.organizationId, organizationId));
  if (!row) return unlimited;
  return {
    tenants: row.tenants,
    runningTenants: row.runningTenants,
    cpusPerTenant: row.cpuMillisPerTenant === null ? null : row.cpuMillisPerTenant / 1000,
    memoryMegabytesPerTenant: row.memoryMegabytesPerTenant,
    diskMegabytesPerTenant: row.diskMegabytesPerTenant,
    totalCpus: row.totalCpuMillis === null ? null : row.totalCpuMillis / 1000,
    totalMemoryMegabytes: row.totalMemoryMegabytes,
    totalDiskMegabytes: row.totalDiskMegabytes,
  };
}

/** What is used already stays, also above a new limit. */
export async function saveQuotas(tx: Transaction, organizationId: string, limits: Quotas): Promise<void> {
  const row = {
    tenants: limits.tenants,
    runningTenants: limits.runningTenants,
    cpuMillisPerTenant: millis(limits.cpusPerTenant),
    memoryMegabytesPerTenant: limits.memoryMegabytesPerTenant,
    diskMegabytesPerTenant: limits.diskMegabytesPerTenant,
    totalCpuMillis: millis(limits.totalCpus),
    totalMemoryMegabytes: limits.totalMemoryMegabytes,
    totalDiskMegabytes: limits.totalDiskMegabytes,
  };
  await tx
    .insert(quotas)
    .values({ organizationId, ...row })
    .onConflictDoUpdate({ target: quotas.organizationId, set: row });
}

const millis = (cpus: number | null) => (cpus === null ? null : Math.round(cpus * 1000));

/** Whoever checks a quota and then makes something of it holds this until the commit: two never share the last of it. */
export async function lockQuotas(tx: Transaction, organizationId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(20264, hashtext(${organizationId}))`);
}

/**
 * What the organization's tenants may use together. A tenant's values are its own, else its template's newest version's, else its tier's,
 * as in `effectiveValues`.
 */
export async function usedOf(db: Queryable, organizationId: string): Promise<Used> {
  const { rows } = await db.execute<{
    tenants: number;
    running: number;
    cpu_millis: number;
    memory: number;
    disk: number;
  }>(sql`
    with newest as (
      select distinct on (name) name, content from config_templates
      where organization_id = ${organizationId} order by name, version desc)
    select count(*)::int as tenants,
      count(*) filter (where t.state in ('creating', 'running', 'paused'))::int as running,
      coalesce(sum(coalesce(t.cpu_millis, ((c.content->>'cpus')::numeric * 1000)::int, r.cpu_millis)), 0)::float as cpu_millis,
      coalesce(sum(coalesce(t.memory_megabytes, (c.content->>'memoryMegabytes')::int, r.memory_megabytes)), 0)::float as memory,
      coalesce(sum(coalesce(t.disk_megabytes, (c.content->>'diskMegabytes')::int, r.disk_megabytes)), 0)::float as disk
    from tenants t
    join tiers r on r.organization_id = t.organization_id and r.id = t.tier_id
    left join newest c on c.name = t.config_template
    where t.organization_id = ${organizationId} and t.state <> 'deleted'`);
  const row = rows[0];
  return {
    tenants: row?.tenants ?? 0,
    runningTenants: row?.running ?? 0,
    cpus: (row?.cpu_millis ?? 0) / 1000,
    memoryMegabytes: row?.memory ?? 0,
    diskMegabytes: row?.disk ?? 0,
  };
}
