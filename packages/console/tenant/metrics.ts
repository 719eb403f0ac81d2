import type { TenantSample } from '@clawpool/contracts';

export type Sample = { [K in keyof TenantSample]: K extends 'at' ? number : TenantSample[K] | null };

/** Samples come every minute, after a day every ten: twice that without one is a gap, and no line is drawn across it. */
const longestPauseMs = 21 * 60_000;

/** In the order of time, with an empty sample in every gap. Times in milliseconds since 1970. */
export function withGaps(samples: readonly TenantSample[]): Sample[] {
  const ordered: Sample[] = samples
    .map((sample) => ({ ...sample, at: Date.parse(sample.at) }))
    .sort((a, b) => a.at - b.at);
  return ordered.flatMap((sample, index) => {
    const before = ordered[index - 1];
    if (before === undefined || sample.at - before.at <= longestPauseMs) return [sample];
    const at = before.at + 60_000;
    return [{ at, memoryBytes: null, cpuPercent: null, diskBytes: null, processes: null, turns: null }, sample];
  });
}

/** As many bars as can be told apart. */
const bars = 48;

/** Turns by equal parts of the stretch of time, each at its middle; samples outside of it are left out. Empty without any. */
export function turnsOver(
  samples: readonly Pick<TenantSample, 'at' | 'turns'>[],
  { from, to }: { from: number; to: number },
): { at: number; value: number }[] {
  if (samples.length === 0) return [];
  const width = (to - from) / bars;
  const points = Array.from({ length: bars }, (_, index) => ({ at: from + (index + 0.5) * width, value: 0 }));
  for (const { at, turns } of samples) {
    const point = points[Math.floor((Date.parse(at) - from) / width)];
    if (point) point.value += turns;
  }
  return points;
}

export const sumOfTurns = (samples: readonly Pick<TenantSample, 'turns'>[]): number =>
  samples.reduce((sum, { turns }) => sum + turns, 0);
