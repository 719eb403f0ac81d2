import { describe, expect, it } from 'vitest';
import { formatBytes } from './bytes.ts';
import { agoOf, dayGroupOf, dayPartOf, secondsUntil } from './time.ts';

const at = (text: string) => new Date(text).getTime();

describe('how long ago', () => {
  it.each([
    ['2026-03-10T11:59:30', { unit: 'now' }],
    ['2026-03-10T12:05:00', { unit: 'now' }],
    ['2026-03-10T11:57:00', { unit: 'minutes', count: 3 }],
    ['2026-03-10T11:00:00', { unit: 'hours', count: 1 }],
    ['2026-03-08T12:00:00', { unit: 'days', count: 2 }],
    ['2026-03-01T12:00:00', { unit: 'date' }],
  ])('%s, seen at noon on 10 March, is %j', (moment, expected) => {
    expect(agoOf(at(moment), at('2026-03-10T12:00:00'))).toEqual(expected);
  });
});

describe('the group of a day', () => {
  it('goes by calendar days, not by hours', () => {
    const now = at('2026-03-10T00:30:00');
    expect(dayGroupOf(at('2026-03-10T00:01:00'), now)).toBe('today');
    expect(dayGroupOf(at('2026-03-09T23:59:00'), now)).toBe('yesterday');
    expect(dayGroupOf(at('2026-03-03T12:00:00'), now)).toBe('lastWeek');
    expect(dayGroupOf(at('2026-03-02T12:00:00'), now)).toBe('earlier');
  });

  it('counts a moment of tomorrow, from a clock that is off, as today', () => {
    expect(dayGroupOf(at('2026-03-11T00:01:00'), at('2026-03-10T23:59:00'))).toBe('today');
  });
});

describe('a countdown', () => {
  it('shows 1 until the moment has come, and never less than 0', () => {
    expect(secondsUntil(5_000, 4_999)).toBe(1);
    expect(secondsUntil(5_000, 5_000)).toBe(0);
    expect(secondsUntil(5_000, 9_000)).toBe(0);
  });
});

describe('the part of the day', () => {
  it('is evening until four in the morning', () => {
    expect(dayPartOf(at('2026-03-10T03:59:00'))).toBe('evening');
    expect(dayPartOf(at('2026-03-10T04:00:00'))).toBe('morning');
    expect(dayPartOf(at('2026-03-10T12:00:00'))).toBe('afternoon');
    expect(dayPartOf(at('2026-03-10T18:00:00'))).toBe('evening');
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1536, '1.5 KiB'],
    [182 * 2 ** 20, '182 MiB'],
    [1024 * 2 ** 20, '1 GiB'],
    [1023.9 * 2 ** 20, '1 GiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
  ])('%d are %s', (bytes, expected) => {
    expect(formatBytes(bytes, 'en')).toBe(expected);
  });
});
