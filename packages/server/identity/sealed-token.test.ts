import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sealedTokens } from './sealed-token.ts';

const shape = z.object({ userId: z.string() });
let time = 1_000_000;
const tokens = (purpose = 'test', secret = 'secret') =>
  sealedTokens(secret, { purpose, seconds: 60, shape, now: () => time });

describe('what a browser keeps for us', () => {
  test('comes back as it was, until its time is over', () => {
    const token = tokens().seal({ userId: 'ann' });
    expect(token).not.toContain('ann');
    expect(tokens().open(token)).toEqual({ userId: 'ann' });
    time += 59_000;
    expect(tokens().open(token)).toEqual({ userId: 'ann' });
    time += 1000;
    expect(tokens().open(token)).toBeNull();
  });

  test('is nothing when it is missing, changed, or was sealed for something else', () => {
    const token = tokens().seal({ userId: 'ann' });
    expect(tokens().open(null)).toBeNull();
    expect(tokens().open('')).toBeNull();
    expect(tokens().open(`${token.slice(0, -2)}xx`)).toBeNull();
    expect(tokens('other purpose').open(token)).toBeNull();
    expect(tokens('test', 'other secret').open(token)).toBeNull();
  });
});
