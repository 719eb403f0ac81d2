import { describe, expect, it } from 'vitest';
import { ticksOf } from './ticks.ts';

const mebibyte = 2 ** 20;

describe('the ticks of an axis', () => {
  it('are round in the unit that is shown', () => {
    expect(ticksOf(520 * mebibyte, 'bytes').map((tick) => tick / mebibyte)).toEqual([0, 256, 512, 768]);
    expect(ticksOf(1024 * mebibyte, 'bytes').map((tick) => tick / mebibyte)).toEqual([0, 256, 512, 768, 1024]);
    expect(ticksOf(38, 'number')).toEqual([0, 10, 20, 30, 40]);
  });

  it('are whole, few, and reach as far as the highest value', () => {
    for (const highest of [0, 0.3, 1, 2, 3, 7, 99, 100, 101, 12_345]) {
      for (const unit of ['bytes', 'number'] as const) {
        const ticks = ticksOf(highest, unit);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks.every(Number.isInteger)).toBe(true);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
      }
    }
  });
});
