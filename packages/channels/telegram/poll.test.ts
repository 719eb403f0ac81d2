import { describe, expect, it } from 'vitest';
import { pauseAfter } from './poll.ts';

describe('the pause after an error while polling', () => {
  const unknown = { retryAfterMs: null };

  it('doubles with every failure in a row, up to half a minute', () => {
    const pauses = [0, 1, 2, 3, 6, 1_000].map((failures) => pauseAfter(unknown, failures, 0));
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 30_000, 30_000]);
  });

  it('is up to half as long by chance', () => {
    expect(pauseAfter(unknown, 1, 1)).toBe(500);
    expect(pauseAfter(unknown, 1, 0.5)).toBe(750);
  });

  it('is at least what the platform asks for', () => {
    expect(pauseAfter({ retryAfterMs: 45_000 }, 0, 1)).toBe(45_000);
    expect(pauseAfter({ retryAfterMs: 100 }, 1, 0)).toBe(1_000);
  });
});
