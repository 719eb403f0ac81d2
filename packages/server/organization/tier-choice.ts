import { ClawpoolError } from '@clawpool/contracts';
import { and, asc, eq, isNull, or, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { tiers } from '../store/schema/index.ts';

export type TierRow = typeof tiers.$inferSelect;

/** By id or name; it is not deleted before the caller's transaction is over. Error: `invalid_request`. */
export async function findTier(db: Queryable, organizationId: string, tier: string): Promise<TierRow> {
  const [row] = await db
    .select()
    .from(tiers)
    .where(
      and(
        eq(tiers.organizationId, organizationId),
        isNull(tiers.deletedAt),
        or(eq(tiers.id, tier), sql`lower(${tiers.name}) = lower(${tier})`),
      ),
    )
    .orderBy(sql`${tiers.id} = ${tier} desc`)
    .limit(1)
    .for('key share');
  if (row) return row;
  throw new ClawpoolError('invalid_request', `There is no tier “${tier}”.`, 'Choose one of the organization’s tiers.');
}

/** What a tenant gets when nobody chose: the smallest, as `findTier` finds it. Error: `conflict` in an organization without tiers. */
export async function firstTier(db: Queryable, organizationId: string): Promise<TierRow> {
  const [row] = await db
    .select()
    .from(tiers)
    .where(and(eq(tiers.organizationId, organizationId), isNull(tiers.deletedAt)))
    .orderBy(asc(tiers.memoryMegabytes), asc(tiers.cpuMillis), sql`${tiers.id} = 'standard' desc`, asc(tiers.id))
    .limit(1)
    .for('key share');
  if (row) return row;
  throw new ClawpoolError(
    'conflict',
    'The organization has no tier.',
    'An admin makes one under Security Center, Tiers.',
  );
}
