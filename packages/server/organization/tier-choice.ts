import { ClawpoolError } from '@clawpool/contracts';
import { and, asc, eq, or, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { tiers } from '../store/schema/index.ts';

export type TierRow = typeof tiers.$inferSelect;

/** By id or name. Error: `invalid_request`. */
export async function findTier(db: Queryable, organizationId: string, tier: string): Promise<TierRow> {
  const [row] = await db
    .select()
    .from(tiers)
    .where(
      and(eq(tiers.organizationId, organizationId), or(eq(tiers.id, tier), sql`lower(${tiers.name}) = lower(${tier})`)),
    )
    .orderBy(sql`${tiers.id} = ${tier} desc`)
    .limit(1);
  if (row) return row;
  throw new ClawpoolError('invalid_request', `There is no tier “${tier}”.`, 'Choose one of the organization’s tiers.');
}

/** What a tenant gets when nobody chose: the smallest. Error: `conflict` in an organization without tiers. */
export async function firstTier(db: Queryable, organizationId: string): Promise<TierRow> {
  const [row] = await db
    .select()
    .from(tiers)
    .where(eq(tiers.organizationId, organizationId))
    .orderBy(asc(tiers.memoryMegabytes), asc(tiers.cpuMillis), sql`${tiers.id} = 'standard' desc`, asc(tiers.id))
    .limit(1);
  if (row) return row;
  throw new ClawpoolError(
    'conflict',
    'The organization has no tier yet.',
    'Start once with `clawpool up --demo`, or add a tier first.',
  );
}
