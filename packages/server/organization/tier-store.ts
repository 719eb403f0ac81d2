import type { Tier } from '@clawpool/contracts';
import { asc, eq } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { tiers } from '../store/schema/index.ts';

/** By name. */
export async function listTiers(db: Queryable, organizationId: string): Promise<Tier[]> {
  const rows = await db
    .select()
    .from(tiers)
    .where(eq(tiers.organizationId, organizationId))
    .orderBy(asc(tiers.name), asc(tiers.id));
  return rows.map(({ cpuMillis, ...row }) => ({ ...row, cpus: cpuMillis / 1000 }));
}
