import { describe, expect, it } from 'vitest';
import { scheduleOf } from './schedules.ts';

const now = new Date('2026-11-21T10:00:00Z');
const of = (message: string, timezone = 'Europe/Berlin') => scheduleOf(message, now, timezone);

describe('a request for a schedule', () => {
  it.each([
    ['Remind me in 2 minutes to call Mike.', { kind: 'at', at: '2026-11-21T10:02:00.000Z' }, 'call Mike'],
    ['in an hour, remind me about lunch', { kind: 'at', at: '2026-11-21T11:00:00.000Z' }, 'lunch'],
    ['Please remind me in 3 days to rest', { kind: 'at', at: '2026-11-24T10:00:00.000Z' }, 'rest'],
    [
      'every weekday at 9:00 tell me the budgets',
      { kind: 'cron', expression: '0 9 * * 1-5', timezone: 'Europe/Berlin' },
      'tell me the budgets',
    ],
    ['Every day at 12am, sleep', { kind: 'cron', expression: '0 0 * * *', timezone: 'Europe/Berlin' }, 'sleep'],
    [
      'every monday at 6:30 pm, say hi',
      { kind: 'cron', expression: '30 18 * * 1', timezone: 'Europe/Berlin' },
      'say hi',
    ],
    ['every 30 minutes say hello', { kind: 'rate', everyMinutes: 30 }, 'say hello'],
    ['every hour, say hello', { kind: 'rate', everyMinutes: 60 }, 'say hello'],
  ])('%s', (message, timing, name) => {
    expect(of(message)).toMatchObject({ timing, name, prompt: expect.stringContaining(name) });
  });

  it('is in UTC where the prompt names no time zone', () => {
    expect(of('every day at 9 say hello', '')).toMatchObject({ timing: { timezone: 'UTC' } });
  });

  it.each(['Remind me who you are', 'every employee has an agent', 'Who are you?'])('is not seen in: %s', (message) => {
    expect(of(message)).toBeNull();
  });
});
