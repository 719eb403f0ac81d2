export interface Random {
  /** In milliseconds or anything else: at least `least`, less than `most`. */
  between(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
}

/** Mulberry32: the same seed gives the same choices, though not the same timing. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (least, most) => Math.floor(least + next() * (most - least)),
    pick: (from) => from[Math.floor(next() * from.length)] as (typeof from)[number],
  };
}
