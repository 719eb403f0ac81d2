import type { ScheduleTiming } from '@clawpool/contracts';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTexts } from '../language/language.ts';
import { fromNow, momentIn, timingInWords } from './timing-words.ts';

beforeAll(() => startTexts('en'));
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const words = (timing: ScheduleTiming) => timingInWords(timing, i18next.t, 'en');
const cron = (expression: string, timezone = here) => words({ kind: 'cron', expression, timezone });

describe('a timing in words', () => {
  it('says days and time where it is a weekly rhythm', () => {
    expect(cron('0 9 * * 1-5')).toBe('Mon–Fri at 09:00');
    expect(cron('30 18 * * *')).toBe('every day at 18:30');
  });

  it('is the expression itself where words would not be exact', () => {
    expect(cron('0 9 1 * *')).toBe('0 9 1 * *');
  });

  it('names the time zone where it is not the reader’s', () => {
    const elsewhere = here === 'Asia/Shanghai' ? 'Europe/Berlin' : 'Asia/Shanghai';
    expect(cron('0 9 * * 1', elsewhere)).toBe(`Mon at 09:00 (${elsewhere})`);
  });

  it('says how often, or once', () => {
    expect(words({ kind: 'rate', everyMinutes: 60 })).toBe('every hour');
    expect(words({ kind: 'rate', everyMinutes: 2880 })).toBe('every 2 days');
    expect(words({ kind: 'at', at: '2026-04-01T07:00:00Z' })).toBe('once');
  });
});

describe('a moment to come', () => {
  it('is told by the clock of the schedule’s time zone', () => {
    expect(momentIn('2026-03-10T08:00:00Z', 'en-GB', 'Europe/Berlin')).toMatch(/Tue.*10 Mar 2026.*09:00/);
  });

  it.each([
    ['2026-03-10T12:45:00Z', 'in 45 minutes'],
    ['2026-03-10T14:59:00Z', 'in 2 hours'],
    ['2026-03-12T12:00:00Z', 'in 2 days'],
    ['2026-03-10T12:00:20Z', 'this minute'],
  ])('%s, seen at noon on 10 March, is %s', (moment, expected) => {
    expect(fromNow(moment, Date.parse('2026-03-10T12:00:00Z'), 'en')).toBe(expected);
  });
});
