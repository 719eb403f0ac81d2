import type { ScheduleTiming } from '@clawpool/contracts';
import type { TFunction } from 'i18next';
import { daysInWords } from '../tenants/timetable.ts';
import { rateOf, weeklyOf } from './timing.ts';

/** `Mon–Fri at 09:00`, `every 2 hours`, `once`, or the expression itself. `locale` is a BCP 47 tag. */
export function timingInWords(timing: ScheduleTiming, t: TFunction, locale: string): string {
  switch (timing.kind) {
    case 'at':
      return t('schedules.words.once');
    case 'rate': {
      const { count, unit } = rateOf(timing.everyMinutes);
      return t(`schedules.words.${unit}`, { count });
    }
    case 'cron': {
      const weekly = weeklyOf(timing.expression);
      const words = weekly
        ? weekly.days.length === 7
          ? t('schedules.words.daily', { time: weekly.time })
          : t('schedules.words.weekly', { days: daysInWords([...weekly.days], locale), time: weekly.time })
        : timing.expression;
      return timing.timezone === Intl.DateTimeFormat().resolvedOptions().timeZone
        ? words
        : `${words} (${timing.timezone})`;
    }
  }
}

/** `Tue, 10 Mar 2026, 09:00`, in a time zone, or in the reader's. `at` is an ISO date and time. */
export function momentIn(at: string, locale: string, timeZone?: string): string {
  const format = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  return format.format(Date.parse(at));
}

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** `in 3 hours`, `in 2 days`, `in 0 minutes` for what is due. */
export function fromNow(at: string, now: number, locale: string): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}
