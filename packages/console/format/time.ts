/** How long ago something was, as a value that every language can put in words. */
export type Ago =
  | { unit: 'now' }
  | { unit: 'minutes' | 'hours' | 'days'; count: number }
  /** Longer than a week: the date says more. */
  | { unit: 'date' };

/** A moment in the future (a clock that is off) counts as now. Both in milliseconds since 1970. */
export function agoOf(at: number, now: number): Ago {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return { unit: 'now' };
  if (minutes < 60) return { unit: 'minutes', count: minutes };
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return { unit: 'hours', count: hours };
  const days = Math.floor(hours / 24);
  return days <= 7 ? { unit: 'days', count: days } : { unit: 'date' };
}

export type DayGroup = 'today' | 'yesterday' | 'lastWeek' | 'earlier';

/** In which part of a list a moment belongs, by calendar days of the reader's own time zone. */
export function dayGroupOf(at: number, now: number): DayGroup {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (days <= 0) return 'today';
  if (days === 1) return 'yesterday';
  return days <= 7 ? 'lastWeek' : 'earlier';
}

/** Midnight before the moment, in the reader's time zone. Days around a clock change have 23 or 25 hours: compare rounded. */
export function startOfDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Seconds until a moment, never negative, rounded up: it shows 1 until the moment has come. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}

export type DayPart = 'morning' | 'afternoon' | 'evening';

export function dayPartOf(now: number): DayPart {
  const hour = new Date(now).getHours();
  if (hour >= 4 && hour < 12) return 'morning';
  return hour >= 12 && hour < 18 ? 'afternoon' : 'evening';
}
