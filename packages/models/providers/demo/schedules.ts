/** Requests for reminders and recurring tasks, in the words that the demo model knows, as the fields of `scheduleInput`. */
export interface ScheduleRequest {
  name: string;
  prompt: string;
  timing:
    | { kind: 'at'; at: string }
    | { kind: 'rate'; everyMinutes: number }
    | { kind: 'cron'; expression: string; timezone: string };
}

const units = { minute: 1, hour: 60, day: 24 * 60, week: 7 * 24 * 60 } as const;
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * "Remind me in 2 minutes to call Mike", "every weekday at 9:00 tell me …", "every 30 minutes …". Null: it asks for nothing of the kind.
 *
 * @param timezone IANA name; an empty one stands for UTC
 */
export function scheduleOf(message: string, now: Date, timezone: string): ScheduleRequest | null {
  const text = message
    .trim()
    .replace(/^(?:(?:please|can you|could you)\s+)+/iu, '')
    .replace(/[.!?]+$/u, '');
  return reminder(text, now) ?? atTime(text, timezone === '' ? 'UTC' : timezone) ?? again(text);
}

function reminder(text: string, now: Date): ScheduleRequest | null {
  const unit = '(minute|hour|day|week)s?';
  const match =
    new RegExp(`^remind me in (\\d{1,4}|an?|one) ${unit} (?:to|about|that) (.+)$`, 'isu').exec(text) ??
    new RegExp(`^in (\\d{1,4}|an?|one) ${unit}\\s*,?\\s+remind me (?:to|about|that) (.+)$`, 'isu').exec(text);
  const [, amount, of, what] = match ?? [];
  if (!amount || !of || !what) return null;
  const minutes = (Number(amount) || 1) * minutesIn(of);
  return {
    ...named(what),
    prompt: `Remind the person: ${what}`,
    timing: { kind: 'at', at: new Date(now.getTime() + minutes * 60_000).toISOString() },
  };
}

function atTime(text: string, timezone: string): ScheduleRequest | null {
  const match = /^every (\w+) at (\d{1,2})(?::(\d{2}))?\s*(am|pm)?[\s,]+(.+)$/isu.exec(text);
  const [, day = '', hours = '', minutes = '0', half, what] = match ?? [];
  const days = daysOf(day.toLowerCase());
  const hour = (Number(hours) % (half ? 12 : 24)) + (half?.toLowerCase() === 'pm' ? 12 : 0);
  if (!what || days === null || Number(minutes) > 59) return null;
  return {
    ...named(what),
    prompt: what,
    timing: { kind: 'cron', expression: `${Number(minutes)} ${hour} * * ${days}`, timezone },
  };
}

function again(text: string): ScheduleRequest | null {
  const [, amount = '1', of, what] = /^every (?:(\d{1,4}) )?(minute|hour|day|week)s?[\s,]+(.+)$/isu.exec(text) ?? [];
  if (!of || !what) return null;
  return { ...named(what), prompt: what, timing: { kind: 'rate', everyMinutes: Number(amount) * minutesIn(of) } };
}

/** The field of a cron expression. */
function daysOf(word: string): string | null {
  if (word === 'day') return '*';
  if (word === 'weekday' || word === 'workday') return '1-5';
  const day = weekdays.indexOf(word);
  return day < 0 ? null : String(day);
}

const minutesIn = (unit: string): number => units[unit.toLowerCase() as keyof typeof units];

const named = (what: string): { name: string } => ({ name: what.replace(/\s+/gu, ' ').trim().slice(0, 80) });
