/** How many slots are asked for, smoothed: what was asked ten minutes ago counts about a third of what is asked now. */
export interface Demand {
  /** As of `at`; falls by itself from there. */
  perMinute: number;
  /** Milliseconds of any clock that only goes forward. */
  at: number;
  /** Null: never yet. */
  lastTakeAt: number | null;
}

export const noDemand = (now: number): Demand => ({ perMinute: 0, at: now, lastTakeAt: null });

const smoothingMs = 10 * 60_000;
/** A tier nobody woke an agent of for this long keeps no more than its minimum. */
export const usedWithinMs = 60 * 60_000;

export const demandPerMinute = (demand: Demand, now: number): number =>
  demand.perMinute * Math.exp(-Math.max(0, now - demand.at) / smoothingMs);

/** One more was asked for, whether or not there was one. */
export const withTake = (demand: Demand, now: number): Demand => ({
  perMinute: demandPerMinute(demand, now) + 60_000 / smoothingMs,
  at: now,
  lastTakeAt: now,
});

export interface Bounds {
  minimum: number;
  maximum: number;
}

/** Where nobody set any: a tier that is not used costs nothing, a busy one not more than about 2 GB. */
export const defaultBounds: Bounds = { minimum: 0, maximum: 4 };

/**
 * How many slots should be ready. While one boots, `demand × boot time` are asked for on average; asking comes at random, so 1.65
 * standard deviations are added, which is enough in 19 of 20 cases. One is kept for the first wake after a pause as long as the tier was
 * used within the hour. An installation with nothing going on boots none.
 */
export function slotTarget(demand: Demand, bootMs: number, bounds: Bounds, now: number): number {
  const isUsed = demand.lastTakeAt !== null && now - demand.lastTakeAt < usedWithinMs;
  const duringBoot = (demandPerMinute(demand, now) * bootMs) / 60_000;
  const wanted = isUsed ? Math.max(1, Math.ceil(duringBoot + 1.65 * Math.sqrt(duringBoot))) : 0;
  return Math.min(bounds.maximum, Math.max(bounds.minimum, wanted));
}
