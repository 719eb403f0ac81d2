import { ClawpoolError, type MissedRuns, type ScheduleTiming } from '@clawpool/contracts';
import { Cron, CronDate } from 'croner';

/** A time that is reached this late is still on time; later it is a missed one. Longer than a restart of everything takes. */
const onTimeMs = 5 * 60_000;

/** How many missed times `all` makes up for, and how many turns of one schedule may be open because of it. */
const mostMadeUpFor = 10;

/** How many times that were left out are told of, of each interruption. */
const mostToldMissed = 20;

/** The first time of a timing after that moment; null: there is none any more. A `rate` counts from `since`, the schedule's creation. */
export function nextTime(timing: ScheduleTiming, since: Date, after: Date): Date | null {
  switch (timing.kind) {
    case 'at': {
      const at = new Date(timing.at);
      return at > after ? at : null;
    }
    case 'rate': {
      const every = timing.everyMinutes * 60_000;
      const passed = Math.floor((after.getTime() - since.getTime()) / every);
      return new Date(since.getTime() + Math.max(1, passed + 1) * every);
    }
    case 'cron':
      // Croner has whole seconds and looks after its reference.
      return cronOf(timing).nextRun(after);
  }
}

/** The next `count` times. */
export function nextTimes(timing: ScheduleTiming, since: Date, after: Date, count: number): Date[] {
  const times: Date[] = [];
  for (let last: Date | null = after; last && times.length < count; ) {
    last = nextTime(timing, since, last);
    if (last) times.push(last);
  }
  return times;
}

export interface DueSchedule {
  timing: ScheduleTiming;
  missedRuns: MissedRuns;
  createdAt: Date;
  /** The earliest time it was not run for. */
  nextRunAt: Date;
}

export interface PlannedRuns {
  /** In the order in which they were due. */
  run: Date[];
  /** Left out by the policy, or because the run before is not over; the latest 20. */
  missed: Date[];
  next: Date | null;
}

/**
 * What becomes of the times up to now. The newest one is on time when it is not long ago; all others were missed. `skip` leaves those out,
 * `once` runs the newest time for all of them, `all` runs the latest 10. While runs of it are open (their turns wait, or are being
 * answered), `skip` and `once` begin no other, and `all` fills up to 10: a schedule whose agent is stopped must not fill the agent’s queue. A
 * single time has no other to stand for it, and is always run.
 */
export function planRuns(schedule: DueSchedule, openRuns: number, now: Date): PlannedRuns {
  const { timing, missedRuns, createdAt, nextRunAt } = schedule;
  const times = latestTimes(schedule, now);
  const newest = times.at(-1) ?? nextRunAt;
  const onTime = now.getTime() - newest.getTime() <= onTimeMs;
  const wanted = missedRuns === 'all' ? mostMadeUpFor : missedRuns === 'once' || onTime ? 1 : 0;
  const most = missedRuns === 'all' ? mostMadeUpFor : 1;
  const room = timing.kind === 'at' ? most : Math.max(0, most - openRuns);
  const first = times.length - Math.min(wanted, room);
  return {
    run: times.slice(first),
    missed: times.slice(0, first).slice(-mostToldMissed),
    next: nextTime(timing, createdAt, now),
  };
}

/** The latest times from `nextRunAt` to now, as many as anything is done with. */
function latestTimes({ timing, createdAt, nextRunAt }: DueSchedule, now: Date): Date[] {
  const most = mostMadeUpFor + mostToldMissed;
  switch (timing.kind) {
    case 'at':
      return [nextRunAt];
    case 'rate': {
      const every = timing.everyMinutes * 60_000;
      const last = Math.floor((now.getTime() - createdAt.getTime()) / every);
      const times = Array.from({ length: most }, (_, index) => new Date(createdAt.getTime() + (last - index) * every));
      return fromFirst(times);
    }
    case 'cron':
      // Croner looks strictly before its reference, which has whole seconds.
      return fromFirst(cronOf(timing).previousRuns(most + 1, new Date(now.getTime() + 1_000)));
  }

  /** Newest first in, oldest first out. What was due is due, also should the rules that found it have changed. */
  function fromFirst(times: Date[]): Date[] {
    const found = times.filter((at) => at >= nextRunAt && at <= now).reverse();
    return found.length === 0 ? [nextRunAt] : found.slice(-most);
  }
}

/** ClawpoolError `invalid_request` for a timing that never comes, or is no expression. */
export function refuseUnusableTiming(timing: ScheduleTiming, now: Date): void {
  if (timing.kind === 'cron') refuseBadExpression(timing.expression);
  if (nextTime(timing, now, now)) return;
  throw timing.kind === 'at'
    ? new ClawpoolError(
        'invalid_request',
        `${timing.at} is in the past; it is ${now.toISOString()} now.`,
        'Choose a time that is still to come.',
      )
    : new ClawpoolError('invalid_request', 'This cron expression has no time that ever comes.', cronHint);
}

const cronHint =
  'It has five fields: minute, hour, day of month, month, day of week. For example `0 9 * * 1-5` is 9:00 from Monday to Friday.';

const names = /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)\b/giu;

function refuseBadExpression(expression: string): void {
  const fields = expression.split(/\s+/u);
  if (fields.length !== 5) {
    throw new ClawpoolError(
      'invalid_request',
      `A cron expression has five fields; this has ${fields.length}.`,
      cronHint,
    );
  }
  // Croner knows more than POSIX and Vixie cron do: seconds, years, `L`, `W`, `#`, `?`.
  const other = fields.find((field) => !/^[\d*,/-]+$/u.test(field.replace(names, '0')));
  if (other !== undefined) {
    throw new ClawpoolError('invalid_request', `“${other}” is not understood in a cron expression.`, cronHint);
  }
  try {
    cronOf({ kind: 'cron', expression, timezone: 'UTC' });
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^CronPattern: /u, '') : '';
    throw new ClawpoolError('invalid_request', `The cron expression is not right: ${said}`, cronHint, { cause: error });
  }
}

/**
 * Times are the clock’s in the schedule’s time zone. Where summer time begins, a time of day that does not exist is the first one after it;
 * where it ends, a time of day that comes twice counts once, unless the expression repeats itself (`*`, steps): then it goes on through both.
 */
const cronOf = ({ expression, timezone }: ScheduleTiming & { kind: 'cron' }) =>
  new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });

/** A date and time without an offset, as the clock of that time zone shows it. Null: it is none. */
export function localTime(text: string, timezone: string): Date | null {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)$/u.exec(text.trim()) ?? [];
  if (!date || !time) return null;
  const local = `${date}T${time.length === 5 ? `${time}:00` : time}`;
  // Refuses what no calendar has, such as 31 February, which would become another day.
  const plain = new Date(`${local}Z`);
  if (Number.isNaN(plain.getTime()) || !plain.toISOString().startsWith(local)) return null;
  return new CronDate(local, timezone).getDate();
}
