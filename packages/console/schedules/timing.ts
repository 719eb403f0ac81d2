import type { ScheduleTiming } from '@clawpool/contracts';
import { weekdays } from '../tenants/timetable.ts';

type Weekday = (typeof weekdays)[number];

/** A weekly rhythm: the cron expressions that people mean when they say "on weekdays at nine". */
export interface Weekly {
  /** `HH:MM` */
  time: string;
  days: readonly Weekday[];
}

/** cron counts from Sunday, as 0 or 7. */
const cronDays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const satisfies Weekday[];

/** `30 9 * * 1,2,3,4,5`; every day is `*`. Null while there is no day or no time. */
export function cronOf({ time, days }: Weekly): string | null {
  const [, hour, minute] = /^(\d{2}):(\d{2})$/.exec(time) ?? [];
  if (hour === undefined || minute === undefined || days.length === 0) return null;
  const numbers = days.map((day) => cronDays.indexOf(day)).sort((a, b) => a - b);
  return `${Number(minute)} ${Number(hour)} * * ${numbers.length === 7 ? '*' : numbers.join(',')}`;
}

/** The weekly rhythm an expression says; null when it says something else. */
export function weeklyOf(expression: string): Weekly | null {
  const [, minute, hour, field] =
    /^(\d{1,2}) (\d{1,2}) \* \* (\S+)$/.exec(expression.trim().replace(/\s+/g, ' ')) ?? [];
  if (minute === undefined || hour === undefined || field === undefined) return null;
  if (Number(minute) > 59 || Number(hour) > 23) return null;
  const days = daysOf(field);
  if (days === null) return null;
  return {
    time: `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`,
    days: weekdays.filter((day) => days.includes(day)),
  };
}

/** `*`, `1-5`, `mon,wed`, `0,6`; null for anything beyond. */
function daysOf(field: string): Weekday[] | null {
  if (field === '*') return [...weekdays];
  const found: Weekday[] = [];
  for (const part of field.toLowerCase().split(',')) {
    const [from, to, more] = part.split('-').map(dayNumberOf);
    if (from === undefined || from === null || to === null || more !== undefined || (to ?? from) < from) return null;
    for (let day = from; day <= (to ?? from); day++) {
      const name = cronDays[day];
      if (name) found.push(name);
    }
  }
  return found;
}

function dayNumberOf(text: string): number | null {
  if (/^[0-7]$/.test(text)) return Number(text);
  const index = (cronDays as readonly string[]).indexOf(text);
  return index === -1 ? null : index;
}

/** Minutes in the largest unit that divides them: 1440 is 1 day. */
export const rateUnits = { minutes: 1, hours: 60, days: 1440 } as const;
export type RateUnit = keyof typeof rateUnits;

export function rateOf(everyMinutes: number): { count: number; unit: RateUnit } {
  const unit = (['days', 'hours'] as const).find((name) => everyMinutes % rateUnits[name] === 0) ?? 'minutes';
  return { count: everyMinutes / rateUnits[unit], unit };
}

/** A moment as `datetime-local` inputs write it, in the reader's own time zone. */
export function localInputOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What such an input says, as an instant; null while it says none. */
export function instantOf(input: string): string | null {
  const at = new Date(input);
  return input === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** A timing as it is being edited: each kind keeps what was entered while another one is looked at. */
export interface TimingForm {
  kind: 'at' | 'rate' | 'weekly' | 'cron';
  /** Of a `datetime-local` input. */
  at: string;
  count: string;
  unit: RateUnit;
  time: string;
  days: readonly Weekday[];
  expression: string;
  timezone: string;
}

export function newTimingForm(now: Date, timezone: string): TimingForm {
  const soon = new Date(now.getTime() + 3_600_000);
  soon.setMinutes(0, 0, 0);
  return {
    kind: 'weekly',
    at: localInputOf(soon),
    count: '1',
    unit: 'hours',
    time: '09:00',
    days: ['mon', 'tue', 'wed', 'thu', 'fri'],
    expression: '0 9 * * 1-5',
    timezone,
  };
}

export function timingFormOf(timing: ScheduleTiming, now: Date, timezone: string): TimingForm {
  const form = newTimingForm(now, timezone);
  switch (timing.kind) {
    case 'at':
      return { ...form, kind: 'at', at: localInputOf(new Date(timing.at)) };
    case 'rate': {
      const { count, unit } = rateOf(timing.everyMinutes);
      return { ...form, kind: 'rate', count: String(count), unit };
    }
    case 'cron': {
      const weekly = weeklyOf(timing.expression);
      const zoned = { ...form, expression: timing.expression, timezone: timing.timezone };
      return weekly ? { ...zoned, ...weekly, kind: 'weekly' } : { ...zoned, kind: 'cron' };
    }
  }
}

/** Null while it cannot be sent. */
export function timingOf(form: TimingForm): ScheduleTiming | null {
  switch (form.kind) {
    case 'at': {
      const at = instantOf(form.at);
      return at === null ? null : { kind: 'at', at };
    }
    case 'rate': {
      if (!/^\d{1,6}$/.test(form.count.trim())) return null;
      const everyMinutes = Number(form.count) * rateUnits[form.unit];
      return everyMinutes >= 1 && everyMinutes <= 525_600 ? { kind: 'rate', everyMinutes } : null;
    }
    case 'weekly': {
      const expression = cronOf(form);
      return expression === null ? null : { kind: 'cron', expression, timezone: form.timezone };
    }
    case 'cron': {
      const expression = form.expression.trim();
      return expression.length >= 9 && expression.length <= 100
        ? { kind: 'cron', expression, timezone: form.timezone }
        : null;
    }
  }
}
