export interface Bin {
  /** From (included) … */
  from: number;
  /** … to (excluded, except for the last bin). */
  to: number;
  count: number;
}

/** Values in at most `most` bins of one round width (1, 2 or 5 times a power of ten), from the lowest to the highest. */
export function distributionOf(values: readonly number[], most = 12): Bin[] {
  if (values.length === 0) return [];
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const width = roundWidth(lowest, highest, most);
  const start = Math.floor(lowest / width) * width;
  const bins: Bin[] = [];
  for (let from = start; from <= highest; from += width) bins.push({ from, to: from + width, count: 0 });
  for (const value of values) {
    const bin = bins[Math.min(bins.length - 1, Math.floor((value - start) / width))];
    if (bin) bin.count += 1;
  }
  return bins;
}

function roundWidth(lowest: number, highest: number, most: number): number {
  const least = Math.max((highest - lowest) / most, Number.EPSILON * Math.abs(highest), 1e-9);
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5, 10, 20]) {
    const width = factor * power;
    if (Math.floor(highest / width) - Math.floor(lowest / width) < most) return width;
  }
  return 50 * power;
}
