import { type Timetable, timetable } from '@clawpool/contracts';

/** Office hours as they are being edited. */
export interface TimetableForm {
  start: string;
  stop: string;
  timezone: string;
  days: Timetable['days'];
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const satisfies Timetable['days'];

/** Nine to six on workdays, where the person is who sets it. */
export function usualTimetable(): TimetableForm {
  return {
    start: '09:00',
    stop: '18:00',
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  };
}

export const isTimetable = (form: TimetableForm): boolean => timetableOf(form) !== null && form.start !== form.stop;

/** Null while it cannot be sent. */
export function timetableOf(form: TimetableForm): Timetable | null {
  const parsed = timetable.safeParse(form);
  return parsed.success ? parsed.data : null;
}

/** Every time zone the browser knows, UTC first. */
export function timezones(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
}

/** A day's name in the reader's language; 2024-01-01 was a Monday. */
export function weekdayName(day: Timetable['days'][number], locale: string, length: 'short' | 'long'): string {
  const date = new Date(Date.UTC(2024, 0, 1 + weekdays.indexOf(day)));
  return new Intl.DateTimeFormat(locale, { weekday: length, timeZone: 'UTC' }).format(date);
}

/** `Mon–Fri` for a row of days, `Mon, Wed` for single ones. */
export function daysInWords(days: Timetable['days'], locale: string): string {
  const indexes = weekdays.flatMap((day, index) => (days.includes(day) ? [index] : []));
  const runs: number[][] = [];
  for (const index of indexes) {
    const run = runs.at(-1);
    if (run && run.at(-1) === index - 1) run.push(index);
    else runs.push([index]);
  }
  const name = (index: number | undefined) => {
    const day = weekdays[index ?? 0];
    return day === undefined ? '' : weekdayName(day, locale, 'short');
  };
  return runs
    .map((run) => (run.length > 2 ? `${name(run[0])}–${name(run.at(-1))}` : run.map(name).join(', ')))
    .join(', ');
}
