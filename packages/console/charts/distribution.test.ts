import { describe, expect, it } from 'vitest';
import { distributionOf } from './distribution.ts';

describe('a distribution', () => {
  it('puts every value in exactly one bin of a round width', () => {
    const bins = distributionOf([101, 118, 119, 120, 251], 12);
    expect(bins[0]).toEqual({ from: 100, to: 120, count: 3 });
    expect(bins.map(({ count }) => count)).toEqual([3, 1, 0, 0, 0, 0, 0, 1]);
  });

  it('has never more bins than wanted', () => {
    for (const values of [[1, 1000], [0.001, 0.002], [999, 1000, 1001], [7], [0, 0, 0], [5, 17, 29, 41, 53, 65, 77]]) {
      const bins = distributionOf(values, 5);
      expect(bins.length).toBeLessThanOrEqual(5);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
    }
  });

  it('is empty without values', () => {
    expect(distributionOf([])).toEqual([]);
  });
});
