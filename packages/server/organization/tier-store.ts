import { ClawpoolError, type Tier } from '@clawpool/contracts';
import { and, asc, eq } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import { markAgents } from '../pool/agent-revision.ts';
import type { Database, Queryable } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { tiers } from '../store/schema/index.ts';
import { allowedTools } from './position.ts';
import type { Principal } from './principal.ts';

/** By name. */
export async function listTiers(db: Queryable, organizationId: string): Promise<Tier[]> {
  const rows = await db
    .select()
    .from(tiers)
    .where(eq(tiers.organizationId, organizationId))
    .orderBy(asc(tiers.name), asc(tiers.id));
  return rows.map(toTier);
}

export type TierChange = {
  [K in 'alwaysOn' | 'fastPath' | 'heartbeatMinutes' | 'idleMinutes' | 'toolsCeiling' | 'egressHosts' | 'model']?:
    | Tier[K]
    | undefined;
};

/** Error: `not_found`. */
export function changeTier(
  { db }: Database,
  { organizationId, userId, name }: Principal,
  tierId: string,
  change: TierChange,
): Promise<Tier> {
  return db.transaction(async (tx) => {
    const key = and(eq(tiers.organizationId, organizationId), eq(tiers.id, tierId));
    const [row] =
      Object.keys(change).length === 0
        ? await tx.select().from(tiers).where(key)
        : await tx.update(tiers).set(change).where(key).returning();
    if (!row) throw new ClawpoolError('not_found', 'There is no such tier.');
    await recordAudit(tx, organizationId, {
      actor: { type: 'person', id: userId, name },
      action: 'tier.changed',
      target: { type: 'tier', id: tierId, name: row.name },
      outcome: 'allowed',
      detail: change,
    });
    await markAgents(tx, organizationId, { tierIds: [tierId] });
    await notify(tx, 'routing_changed', { organizationId });
    return toTier(row);
  });
}

const toTier = ({ cpuMillis, ...row }: typeof tiers.$inferSelect): Tier => ({
  ...row,
  cpus: cpuMillis / 1000,
  toolsCeiling: allowedTools(row.toolsCeiling, row.toolsCeiling),
});
