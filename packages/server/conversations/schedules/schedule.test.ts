import type { MissedRuns, ScheduleTiming } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { type DueSchedule, localTime, nextTime, nextTimes, planRuns, refuseUnusableTiming } from './schedule.ts';

const utc = (text: string) => new Date(`${text}Z`);
const iso = (times: readonly (Date | null)[]) => times.map((at) => at?.toISOString().slice(0, 16) ?? null);
const cron = (expression: string, timezone = 'UTC'): ScheduleTiming => ({ kind: 'cron', expression, timezone });
const created = utc('2026-01-01T08:15');

describe('the next time', () => {
  test('of a single one is it, and then none', () => {
    const timing: ScheduleTiming = { kind: 'at', at: '2026-05-01T09:00:00+02:00' };
    expect(nextTime(timing, created, utc('2026-05-01T06:59'))).toEqual(utc('2026-05-01T07:00'));
    expect(nextTime(timing, created, utc('2026-05-01T07:00'))).toBeNull();
  });

  test('of a rate counts from its creation', () => {
    const timing: ScheduleTiming = { kind: 'rate', everyMinutes: 30 };
    expect(iso(nextTimes(timing, created, created, 2))).toEqual(['2026-01-01T08:45', '2026-01-01T09:15']);
    expect(nextTime(timing, created, utc('2026-01-01T12:20'))).toEqual(utc('2026-01-01T12:45'));
    expect(nextTime(timing, created, utc('2026-01-01T12:45'))).toEqual(utc('2026-01-01T13:15'));
  });

  test('of a cron expression is the clock’s in its time zone', () => {
    const timing = cron('0 9 * * 1-5', 'Europe/Berlin');
    expect(iso(nextTimes(timing, created, utc('2026-03-26T12:00'), 3))).toEqual([
      '2026-03-27T08:00',
      '2026-03-30T07:00', // Summer time has begun meanwhile.
      '2026-03-31T07:00',
    ]);
  });

  test('of a time of day that summer time leaves out is the first after it', () => {
    const timing = cron('30 2 * * *', 'Europe/Berlin');
    expect(iso(nextTimes(timing, created, utc('2026-03-28T12:00'), 2))).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
  });

  test('of a time of day that comes twice is the first of them, once', () => {
    const timing = cron('30 2,14 * * *', 'Europe/Berlin');
    expect(iso(nextTimes(timing, created, utc('2026-10-24T18:00'), 3))).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T13:30',
      '2026-10-26T01:30',
    ]);
  });

  test('of an expression that repeats itself goes on through the hour that comes twice', () => {
    const timing = cron('*/30 * * * *', 'Europe/Berlin');
    expect(iso(nextTimes(timing, created, utc('2026-10-24T23:45'), 5))).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
    ]);
  });
});

describe('what was due becomes', () => {
  const hourly = (missedRuns: MissedRuns, nextRunAt: string): DueSchedule => ({
    ...{ timing: cron('0 * * * *'), missedRuns, createdAt: created },
    nextRunAt: utc(nextRunAt),
  });
  const planned = (schedule: DueSchedule, now: string, openRuns = 0) => {
    const { run, missed, next } = planRuns(schedule, openRuns, utc(now));
    return { run: iso(run), missed: iso(missed), next: iso([next])[0] };
  };

  test.each(['skip', 'once', 'all'] as const)('one run, when it is on time (%s)', (missedRuns) => {
    const due = { run: ['2026-01-02T10:00'], missed: [], next: '2026-01-02T11:00' };
    expect(planned(hourly(missedRuns, '2026-01-02T10:00'), '2026-01-02T10:00')).toEqual(due);
    expect(planned(hourly(missedRuns, '2026-01-02T10:00'), '2026-01-02T10:05')).toEqual(due);
  });

  test('none with `skip`, when the time is long past', () => {
    expect(planned(hourly('skip', '2026-01-02T10:00'), '2026-01-02T12:10')).toEqual({
      run: [],
      missed: ['2026-01-02T10:00', '2026-01-02T11:00', '2026-01-02T12:00'],
      next: '2026-01-02T13:00',
    });
  });

  test('the one that is on time with `skip`', () => {
    expect(planned(hourly('skip', '2026-01-02T10:00'), '2026-01-02T12:01')).toMatchObject({
      run: ['2026-01-02T12:00'],
      missed: ['2026-01-02T10:00', '2026-01-02T11:00'],
    });
  });

  test('one for all with `once`', () => {
    expect(planned(hourly('once', '2026-01-02T10:00'), '2026-01-02T12:10')).toMatchObject({
      run: ['2026-01-02T12:00'],
      missed: ['2026-01-02T10:00', '2026-01-02T11:00'],
    });
  });

  test('each with `all`, the latest ten', () => {
    const { run, missed } = planned(hourly('all', '2026-01-02T00:00'), '2026-01-02T12:10');
    expect(run).toHaveLength(10);
    expect(run.at(0)).toBe('2026-01-02T03:00');
    expect(run.at(-1)).toBe('2026-01-02T12:00');
    expect(missed).toEqual(['2026-01-02T00:00', '2026-01-02T01:00', '2026-01-02T02:00']);
  });

  test('a bounded number of them, however long nothing ran', () => {
    const minutely: DueSchedule = { ...hourly('all', '2020-01-01T00:00'), timing: cron('* * * * *') };
    const { run, missed } = planned(minutely, '2026-01-02T12:10');
    expect([run.length, missed.length]).toEqual([10, 20]);
    expect(missed.at(-1)).toBe('2026-01-02T12:00');
    const rate: DueSchedule = { ...hourly('once', '2026-01-01T08:16'), timing: { kind: 'rate', everyMinutes: 1 } };
    expect(planned(rate, '2026-03-02T12:10')).toMatchObject({ run: ['2026-03-02T12:10'], next: '2026-03-02T12:11' });
  });

  test('none while the run before is not over, and up to ten with `all`', () => {
    expect(planned(hourly('once', '2026-01-02T10:00'), '2026-01-02T10:00', 1)).toMatchObject({
      run: [],
      missed: ['2026-01-02T10:00'],
    });
    expect(planned(hourly('all', '2026-01-02T10:00'), '2026-01-02T10:00', 9).run).toHaveLength(1);
    expect(planned(hourly('all', '2026-01-02T10:00'), '2026-01-02T10:00', 10).run).toHaveLength(0);
  });

  test('the single time, however late, unless it is to be skipped', () => {
    const once: DueSchedule = {
      ...hourly('once', '2026-01-02T10:00'),
      timing: { kind: 'at', at: '2026-01-02T10:00:00Z' },
    };
    expect(planned(once, '2026-02-02T10:00')).toEqual({ run: ['2026-01-02T10:00'], missed: [], next: null });
    // It was begun by hand just before.
    expect(planned(once, '2026-01-02T10:00', 1)).toMatchObject({ run: ['2026-01-02T10:00'] });
    expect(planned({ ...once, missedRuns: 'skip' }, '2026-02-02T10:00')).toEqual({
      ...{ run: [], missed: ['2026-01-02T10:00'], next: null },
    });
  });

  test('every time of the hour that comes twice', () => {
    const schedule: DueSchedule = {
      ...hourly('all', '2026-10-25T00:00'),
      timing: cron('0 * * * *', 'Europe/Berlin'),
    };
    expect(planned(schedule, '2026-10-25T02:01')).toMatchObject({
      run: ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'],
    });
  });
});

describe('a timing is refused', () => {
  const now = utc('2026-01-02T10:00');
  const refused = (timing: ScheduleTiming) => () => refuseUnusableTiming(timing, now);

  test('that is in the past', () => {
    expect(refused({ kind: 'at', at: '2026-01-02T10:00:00Z' })).toThrow(/in the past/);
    expect(refused({ kind: 'at', at: '2026-01-02T10:00:01Z' })).not.toThrow();
  });

  test.each(['* * * * * *', '0 0 9 * * *', '@daily', '0 9 * *'])('with other than five fields: %s', (expression) => {
    expect(refused(cron(expression))).toThrow(/five fields/);
  });

  test.each([
    '0 9 L * *',
    '0 9 15W * *',
    '0 9 * * FRI#2',
    '0 9 ? * *',
    '61 9 * * *',
    '0 9 * * FUN',
    '*/0 * * * *',
    '5-1 * * * *',
    'a b c d e',
  ])('that no cron understands: %s', (expression) => {
    expect(refused(cron(expression))).toThrow(/not understood|not right/);
  });

  test('that never comes', () => {
    expect(refused(cron('0 0 31 2 *'))).toThrow(/no time that ever comes/);
  });

  test.each(['0 9 * * MON-FRI', '*/5 8-18 * jan,feb *', '0 0 29 2 *', '30 6 1,15 * 0', '0 9 * * 7'])(
    'not, as %s is one',
    (expression) => {
      expect(refused(cron(expression))).not.toThrow();
    },
  );
});

test('a time without an offset is the clock’s in the time zone it is said in', () => {
  expect(localTime('2026-07-01T09:00', 'Europe/Berlin')).toEqual(utc('2026-07-01T07:00'));
  expect(localTime('2026-01-01 09:00:30', 'Asia/Tokyo')).toEqual(utc('2026-01-01T00:00:30'));
  expect(localTime('2026-02-31T09:00', 'UTC')).toBeNull();
  expect(localTime('tomorrow', 'UTC')).toBeNull();
});
