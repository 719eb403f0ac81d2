export interface RateLimit {
  /** False: this one has had all it may have for now. */
  take(who: string): boolean;
}

/** At most so many in any window of that length, for each. Kept in memory: each tenant’s out pipe is served by one process. */
export function createRateLimit(most: number, windowMs: number, now: () => Date): RateLimit {
  const taken = new Map<string, number[]>();
  let tidiedAt = 0;

  return {
    take: (who) => {
      const at = now().getTime();
      if (at - tidiedAt >= windowMs) tidy(at);
      const recent = (taken.get(who) ?? []).filter((time) => at - time < windowMs);
      taken.set(who, recent);
      if (recent.length >= most) return false;
      recent.push(at);
      return true;
    },
  };

  /** Who asked for nothing lately is forgotten. */
  function tidy(at: number): void {
    tidiedAt = at;
    for (const [who, times] of taken) if (times.every((time) => at - time >= windowMs)) taken.delete(who);
  }
}
