import { z } from 'zod';
import { timezone } from './tenant.ts';

/**
 * When a schedule runs. `rate` begins at the schedule's creation. A cron expression has five fields (POSIX), in the
 * schedule's time zone.
 */
export const scheduleTiming = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('at'), at: z.iso.datetime({ offset: true }) }),
  z.object({ kind: z.literal('rate'), everyMinutes: z.number().int().min(1).max(525_600) }),
  z.object({ kind: z.literal('cron'), expression: z.string().trim().min(9).max(100), timezone }),
]);
export type ScheduleTiming = z.infer<typeof scheduleTiming>;

/** What happens to runs that were due while nothing ran: none of them, one for all, or each (the latest 10). */
export const missedRuns = z.enum(['skip', 'once', 'all']);
export type MissedRuns = z.infer<typeof missedRuns>;

export const scheduleInput = z.object({
  name: z.string().trim().min(1).max(80),
  prompt: z.string().trim().min(1).max(4_000).describe('what the agent is asked'),
  timing: scheduleTiming,
  missedRuns: missedRuns.default('once'),
  deliverTo: z.enum(['preferred', 'portal']).default('preferred').describe('the preferred channel, or the portal only'),
  enabled: z.boolean().default(true),
});
export type ScheduleInput = z.infer<typeof scheduleInput>;

export const scheduleRun = z.object({
  id: z.string(),
  dueAt: z.iso.datetime(),
  /** `missed`: the policy left it out. */
  state: z.enum(['running', 'answered', 'failed', 'missed']),
  conversationId: z.string().nullable(),
  turnId: z.string().nullable(),
  finishedAt: z.iso.datetime().nullable(),
});
export type ScheduleRun = z.infer<typeof scheduleRun>;

export const schedule = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  prompt: z.string(),
  timing: scheduleTiming,
  missedRuns,
  deliverTo: z.enum(['preferred', 'portal']),
  enabled: z.boolean(),
  createdBy: z.object({ type: z.enum(['person', 'agent', 'api']), name: z.string() }),
  createdAt: z.iso.datetime(),
  /** Null: it will not run again. */
  nextRunAt: z.iso.datetime().nullable(),
  lastRun: scheduleRun.nullable(),
});
export type Schedule = z.infer<typeof schedule>;

/** Schedules one tenant may have; an agent in a loop reaches any number. */
export const maxSchedulesPerTenant = 50;

/** What a person is told in the portal, beside conversations. */
export const notification = z.object({
  id: z.string(),
  kind: z.enum([
    'schedule_result',
    'schedule_failed',
    'channel_trouble',
    'takeover',
    'message',
    'access_request',
    'access_decided',
    'layer_proposal',
  ]),
  title: z.string(),
  text: z.string(),
  conversationId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  readAt: z.iso.datetime().nullable(),
});
export type Notification = z.infer<typeof notification>;
