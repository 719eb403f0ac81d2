import { ClawpoolError, type NewAuditEvent } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database } from '../../store/database.ts';
import type { Bounds } from './demand.ts';
import { findSlotTier, type SlotTier, saveBounds } from './warm-slot-store.ts';

/** Sets a tier's bounds; `tier` is its id or its name. Errors: `not_found`, `invalid_request`. */
export async function changeBounds(
  { db }: Database,
  organizationId: string,
  tier: string,
  bounds: Bounds,
  actor: NewAuditEvent['actor'] | undefined,
): Promise<SlotTier> {
  if (bounds.minimum > bounds.maximum) {
    throw new ClawpoolError(
      'invalid_request',
      `The minimum of ${bounds.minimum} is above the maximum of ${bounds.maximum}.`,
      'Give a minimum that is at most the maximum.',
    );
  }
  return db.transaction(async (tx) => {
    const found = await findSlotTier(tx, organizationId, tier);
    if (!found) throw new ClawpoolError('not_found', `There is no tier “${tier}”.`, 'Pool Ops lists the tiers.');
    await saveBounds(tx, organizationId, found.tierId, bounds);
    if (actor) {
      await recordAudit(tx, organizationId, {
        ...{ actor, action: 'pool.warm_slots_changed', outcome: 'allowed' },
        target: { type: 'tier', id: found.tierId, name: found.name },
        detail: { minimum: bounds.minimum, maximum: bounds.maximum },
      });
    }
    return found;
  });
}
