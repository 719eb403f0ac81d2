import type { WarmSlotGroup } from '@clawpool/contracts';
import { type Demand, demandPerMinute, noDemand, slotTarget } from './demand.ts';
import type { SlotTier } from './warm-slot-store.ts';

/** Slots are alike within a group: of one organization and tier, with one image. */
export interface SlotGroup {
  organizationId: string;
  tierId: string;
  image: string;
  demand: Demand;
  /** What a boot took lately, smoothed. */
  bootMs: number;
  /** Boots that failed in a row, and until when none is tried. */
  failures: number;
  notBefore: number;
  claims: number;
  misses: number;
}

/** Before any was booted: about what OpenClaw takes on a small machine, its throw-away turns included. */
const assumedBootMs = 15_000;

export const groupKey = (group: { organizationId: string; tierId: string; image: string }): string =>
  [group.organizationId, group.tierId, group.image].join('\n');

export const newGroup = (
  { organizationId, tierId, image }: { organizationId: string; tierId: string; image: string },
  now: number,
): SlotGroup => ({
  ...{ organizationId, tierId, image },
  demand: noDemand(now),
  bootMs: assumedBootMs,
  failures: 0,
  notBefore: 0,
  claims: 0,
  misses: 0,
});

/**
 * How many slots each group should have. A tier's bounds hold for all its images together: the minimum is kept of the tier's own image,
 * and what the maximum leaves goes to the images that are asked for most.
 */
export function targetsOf(
  groups: readonly SlotGroup[],
  tier: SlotTier,
  tierImage: string,
  now: number,
): Map<SlotGroup, number> {
  const targets = new Map<SlotGroup, number>();
  let left = tier.bounds.maximum;
  const byDemand = [...groups].sort(
    (a, b) =>
      Number(b.image === tierImage) - Number(a.image === tierImage) ||
      demandPerMinute(b.demand, now) - demandPerMinute(a.demand, now),
  );
  for (const group of byDemand) {
    const minimum = group.image === tierImage ? tier.bounds.minimum : 0;
    const target = slotTarget(group.demand, group.bootMs, { minimum, maximum: left }, now);
    targets.set(group, target);
    left -= target;
  }
  return targets;
}

/** What a slot was booted with; a slot whose tier is another by now is not handed out. */
export const fingerprintOf = (tier: SlotTier): string =>
  JSON.stringify([tier.model, [...tier.toolsCeiling].sort(), tier.cpuMillis, tier.memoryMegabytes, tier.pids]);

export function shownGroup(
  group: SlotGroup,
  tier: SlotTier,
  counts: Pick<WarmSlotGroup, 'ready' | 'booting' | 'target'>,
  now: number,
): WarmSlotGroup {
  return {
    tier: tier.name,
    image: group.image,
    ...counts,
    demandPerMinute: Math.round(demandPerMinute(group.demand, now) * 100) / 100,
    ...tier.bounds,
    claims: group.claims,
    misses: group.misses,
  };
}
