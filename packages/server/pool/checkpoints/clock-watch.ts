/** The wall clock beside one that only goes forward. */
export interface Clocks {
  wall: () => number;
  steady: () => number;
}

export interface ClockWatch {
  /** False for a day after the wall clock jumped by more than a day: time to see and correct it, before the age of things counts. */
  isTrustworthy(): boolean;
}

const dayMs = 24 * 3_600_000;

/** Ask every few minutes: a jump is noticed by the look after it. */
export function watchClock(clocks: Clocks = { wall: Date.now, steady: () => performance.now() }): ClockWatch {
  let apart = clocks.wall() - clocks.steady();
  let jumpedAt = Number.NEGATIVE_INFINITY;
  return {
    isTrustworthy: () => {
      const now = clocks.wall() - clocks.steady();
      if (Math.abs(now - apart) > dayMs) jumpedAt = clocks.steady();
      apart = now;
      return clocks.steady() - jumpedAt >= dayMs;
    },
  };
}
