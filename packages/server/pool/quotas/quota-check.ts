import type { ConfigTemplateContent, TenantResources } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { tenants, tiers } from '../../store/schema/index.ts';
import { type EffectiveValues, effectiveValues } from '../templates/template.ts';
import { type Growth, refuseBeyondQuotas, unlimited } from './quota.ts';
import { findQuotas, lockQuotas, usedOf } from './quota-store.ts';

/** Error `quota_exceeded`. Until the commit nobody else takes what is left. */
export async function refuseGrowth(tx: Transaction, organizationId: string, growth: Growth): Promise<void> {
  await lockQuotas(tx, organizationId);
  refuseBeyondQuotas(await findQuotas(tx, organizationId), await usedOf(tx, organizationId), growth);
}

export const resourcesOf = ({ cpuMillis, memoryMegabytes, diskMegabytes }: EffectiveValues): TenantResources => ({
  cpus: cpuMillis / 1000,
  memoryMegabytes,
  diskMegabytes,
});

/** What becomes of all tenants of a template when its content changes: each of them, and all together. Error `quota_exceeded`. */
export async function refuseGrowthOfTemplate(
  tx: Transaction,
  organizationId: string,
  { name, before, after }: { name: string; before: ConfigTemplateContent; after: ConfigTemplateContent },
): Promise<void> {
  await lockQuotas(tx, organizationId);
  const limits = await findQuotas(tx, organizationId);
  const { totalCpus, totalMemoryMegabytes, totalDiskMegabytes } = limits;
  const used = await usedOf(tx, organizationId);
  const [sumBefore, sumAfter] = [nothing(), nothing()];
  for (const { count, ...sizes } of await listSizesOf(tx, organizationId, name)) {
    const [was, is] = [before, after].map((template) => resourcesOf(effectiveValues({ ...sizes, template })));
    if (!was || !is) continue;
    const one = { ...limits, totalCpus: null, totalMemoryMegabytes: null, totalDiskMegabytes: null };
    refuseBeyondQuotas(one, used, { tenants: 0, runningTenants: 0, resources: is, before: was });
    add(sumBefore, was, count);
    add(sumAfter, is, count);
  }
  const all = { ...unlimited, totalCpus, totalMemoryMegabytes, totalDiskMegabytes };
  refuseBeyondQuotas(all, used, { tenants: 0, runningTenants: 0, resources: sumAfter, before: sumBefore });
}

const nothing = (): TenantResources => ({ cpus: 0, memoryMegabytes: 0, diskMegabytes: 0 });

function add(sum: TenantResources, one: TenantResources, count: number): void {
  for (const what of ['cpus', 'memoryMegabytes', 'diskMegabytes'] as const) sum[what] += one[what] * count;
}

/** The tenants of a template, those that say and inherit the same together. */
function listSizesOf(tx: Transaction, organizationId: string, name: string) {
  const sizes = {
    image: tenants.image,
    cpuMillis: tenants.cpuMillis,
    memoryMegabytes: tenants.memoryMegabytes,
    diskMegabytes: tenants.diskMegabytes,
    tierImage: tiers.image,
    tierCpuMillis: tiers.cpuMillis,
    tierMemoryMegabytes: tiers.memoryMegabytes,
    tierDiskMegabytes: tiers.diskMegabytes,
    tierIdleMinutes: tiers.idleMinutes,
  };
  return tx
    .select({ ...sizes, count: sql<number>`count(*)::int` })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        eq(tenants.configTemplate, name),
        sql`${tenants.state} <> 'deleted'`,
      ),
    )
    .groupBy(...Object.values(sizes));
}
