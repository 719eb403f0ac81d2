import { describe, expect, it } from 'vitest';
import { cronOf, localInputOf, newTimingForm, rateOf, timingFormOf, timingOf, weeklyOf } from './timing.ts';

const now = new Date('2026-03-10T12:34:56Z');
const form = (parts: Partial<ReturnType<typeof newTimingForm>> = {}) => ({
  ...newTimingForm(now, 'Europe/Berlin'),
  ...parts,
});

describe('a weekly rhythm', () => {
  it.each([
    ['09:00', ['mon', 'tue', 'wed', 'thu', 'fri'], '0 9 * * 1,2,3,4,5'],
    ['18:30', ['sat', 'sun'], '30 18 * * 0,6'],
    ['00:05', ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], '5 0 * * *'],
  ] as const)('at %s on %j is %s, and is read back from it', (time, days, expression) => {
    expect(cronOf({ time, days })).toBe(expression);
    expect(weeklyOf(expression)).toEqual({ time, days });
  });

  it('needs a day and a time', () => {
    expect(cronOf({ time: '09:00', days: [] })).toBeNull();
    expect(cronOf({ time: '', days: ['mon'] })).toBeNull();
  });

  it.each([
    ['0 9 * * 1-5', ['mon', 'tue', 'wed', 'thu', 'fri']],
    ['0 9 * * MON,wed', ['mon', 'wed']],
    ['0  9 * * 7', ['sun']],
    ['0 9 * * 5-7', ['fri', 'sat', 'sun']],
  ])('is found in %s', (expression, days) => {
    expect(weeklyOf(expression)?.days).toEqual(days);
  });

  it.each([
    '*/5 * * * *',
    '0 9 1 * *',
    '0 9 * * 1#2',
    '0 9 * * 5-1',
    '0 9 * * 1-2-3',
    '0 25 * * 1',
    '61 9 * * 1',
    '0 9,18 * * *',
    'nonsense',
  ])('is not read into %s', (expression) => {
    expect(weeklyOf(expression)).toBeNull();
  });
});

describe('a rate', () => {
  it('is told in the largest unit that fits', () => {
    expect([30, 60, 90, 1440, 2880, 1500].map((minutes) => Object.values(rateOf(minutes)).join(' '))).toEqual([
      '30 minutes',
      '1 hours',
      '90 minutes',
      '1 days',
      '2 days',
      '25 hours',
    ]);
  });

  it.each(['0', '', '1.5', '-1', '366'])('of %j days cannot be sent', (count) => {
    expect(timingOf(form({ kind: 'rate', count, unit: 'days' }))).toBeNull();
  });
});

describe('a timing that is edited', () => {
  it.each([
    { kind: 'at', at: '2026-04-01T07:00:00.000Z' },
    { kind: 'rate', everyMinutes: 2880 },
    { kind: 'cron', expression: '0 9 * * 1,3', timezone: 'Asia/Shanghai' },
    { kind: 'cron', expression: '*/10 8-18 * * 1-5', timezone: 'Asia/Shanghai' },
  ] as const)('comes back as it was: %j', (timing) => {
    expect(timingOf(timingFormOf(timing, now, 'Europe/Berlin'))).toEqual(timing);
  });

  it('shows a weekly rhythm as one, and everything else as an expression', () => {
    const kindOf = (expression: string) => timingFormOf({ kind: 'cron', expression, timezone: 'UTC' }, now, 'UTC').kind;
    expect(kindOf('0 9 * * 1')).toBe('weekly');
    expect(kindOf('0 9 1 * *')).toBe('cron');
  });

  it('takes a moment in the reader’s own time zone', () => {
    const moment = new Date(2026, 2, 29, 8, 5);
    expect(localInputOf(moment)).toBe('2026-03-29T08:05');
    expect(timingOf(form({ kind: 'at', at: '2026-03-29T08:05' }))).toEqual({ kind: 'at', at: moment.toISOString() });
    expect(timingOf(form({ kind: 'at', at: '' }))).toBeNull();
  });
});
