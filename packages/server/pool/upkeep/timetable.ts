import type { Timetable } from '@clawpool/contracts';
import { Cron } from 'croner';

export interface TimetableEvent {
  at: Date;
  does: 'start' | 'stop';
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/**
 * The timetable's newest event at or before `now`, and the next one after it. Times are the clock's in its time zone: where summer time
 * begins, a time that does not exist is an hour later; where it ends, a time that comes twice counts once.
 */
export function timetableEvents(
  timetable: Timetable,
  now: Date,
): { latest: TimetableEvent | null; next: TimetableEvent | null } {
  const events = [
    { does: 'start' as const, cron: cronOf(timetable, timetable.start, 0) },
    // A stop at or before the start's time is the next day's.
    { does: 'stop' as const, cron: cronOf(timetable, timetable.stop, timetable.stop <= timetable.start ? 1 : 0) },
  ];
  // Croner looks strictly before its reference, which has whole seconds.
  const reference = new Date(now.getTime() + 1_000);
  const latest = events.flatMap(({ does, cron }) =>
    cron
      .previousRuns(2, reference)
      .filter((at) => at <= now)
      .slice(0, 1)
      .map((at) => ({ at, does })),
  );
  const next = events.flatMap(({ does, cron }) => {
    const at = cron.nextRun(now);
    return at ? [{ at, does }] : [];
  });
  // Of two at the same moment the start is the one that counts.
  latest.sort((a, b) => b.at.getTime() - a.at.getTime() || (a.does === 'start' ? -1 : 1));
  next.sort((a, b) => a.at.getTime() - b.at.getTime() || (a.does === 'start' ? -1 : 1));
  return { latest: latest[0] ?? null, next: next[0] ?? null };
}

function cronOf(timetable: Timetable, time: string, dayShift: number): Cron {
  const [hour, minute] = time.split(':');
  const days = timetable.days.map((day) => (weekdays.indexOf(day) + dayShift) % 7);
  return new Cron(`${Number(minute)} ${Number(hour)} * * ${days.join(',')}`, {
    timezone: timetable.timezone,
    paused: true,
  });
}
