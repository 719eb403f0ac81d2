/** What an axis counts: bytes go by powers of two, everything else by ones, twos and fives. */
export type AxisUnit = 'bytes' | 'number';

/** Round values from 0 to at least `highest`, at most six of them, at equal distances. Never less than one apart. */
export function ticksOf(highest: number, unit: AxisUnit): number[] {
  const step = Math.max(1, unit === 'bytes' ? roundBytes(highest / 4) : roundNumber(highest / 4));
  const count = Math.max(1, Math.ceil(highest / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

const roundBytes = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));

function roundNumber(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value) ?? 10 * power;
}
