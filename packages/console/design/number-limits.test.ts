import { describe, expect, it } from 'vitest';
import { isNumber, numberOf } from './number-limits.ts';

const cores = { min: 0.1, max: 64, whole: false };
const megabytes = { min: 512, max: 262_144, whole: true };

describe('a number that is typed', () => {
  it.each([
    ['1.5', cores, 1.5],
    [' 2 ', cores, 2],
    ['0,5', cores, 0.5],
    ['64', cores, 64],
    ['1024', megabytes, 1024],
  ])('%j is taken', (text, limits, value) => expect(numberOf(text, limits)).toBe(value));

  it.each([
    ['65', cores],
    ['0', cores],
    ['-1', cores],
    ['1e3', megabytes],
    ['1024.5', megabytes],
    ['1,024', megabytes],
    ['0x400', megabytes],
    ['a lot', megabytes],
    ['', megabytes],
  ])('%j is not', (text, limits) => expect(numberOf(text, limits)).toBeNull());

  it('may be left out only where it is optional', () => {
    expect(isNumber('', cores, true)).toBe(true);
    expect(isNumber('', cores)).toBe(false);
    expect(isNumber('many', cores, true)).toBe(false);
  });
});
