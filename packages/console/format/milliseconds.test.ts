import { expect, it } from 'vitest';
import { formatMilliseconds } from './milliseconds.ts';

it.each([
  [0, '0 ms'],
  [3.456, '3.46 ms'],
  [340.2, '340 ms'],
  [999.7, '1 s'],
  [1742, '1.74 s'],
  [74_300, '74.3 s'],
  [600_000, '600 s'],
])('%d milliseconds are %s', (ms, expected) => {
  expect(formatMilliseconds(ms, 'en')).toBe(expected);
});
