import { z } from 'zod';
import { origin } from './channel.ts';
import { tenantState } from './tenant.ts';

/** What it takes until people work with their agents; in this order. */
export const setupStep = z.enum([
  'model',
  'department',
  'position',
  'global_layer',
  'employee',
  'agent',
  'channel',
  'first_answer',
]);
export type SetupStep = z.infer<typeof setupStep>;

/** What somebody should look at; `count` is never 0. */
export const attentionKind = z.enum([
  'requests_waiting',
  'proposals_in_review',
  'agents_failed',
  'agents_need_attention',
  'agents_blocked',
  'employees_without_agent',
  'employees_without_position',
  'positions_without_layer',
  'dead_letters',
  'channels_in_trouble',
  'refusals_today',
]);
export type AttentionKind = z.infer<typeof attentionKind>;

/** An organization at a glance, as far as the caller's departments go. */
export const dashboard = z.object({
  setup: z
    .array(z.object({ step: setupStep, done: z.boolean() }))
    .nullable()
    .describe('null: not the caller’s business'),
  figures: z.object({
    employees: z.int(),
    agents: z.int(),
    running: z.int(),
    peopleToday: z.int().describe('who wrote to an agent since midnight, organization time'),
    messagesToday: z.int(),
    messagesYesterday: z.int(),
    tokensToday: z.int(),
    /** Milliseconds; null: nothing was answered. */
    firstWordMs: z.int().nullable().describe('half of the last week’s answers began sooner'),
  }),
  days: z
    .array(z.object({ day: z.iso.date(), messages: z.int(), people: z.int() }))
    .describe('the last 14, oldest first'),
  positions: z.array(z.object({ name: z.string(), people: z.int(), agents: z.int() })).describe('the largest ten'),
  states: z.array(z.object({ state: tenantState, agents: z.int() })),
  ways: z.array(z.object({ origin, messages: z.int() })).describe('by which way messages came in the last week'),
  midnight: z.iso.datetime().describe('when today began, organization time'),
  attention: z.array(
    z.object({ kind: attentionKind, count: z.int(), names: z.array(z.string()).describe('some of them') }),
  ),
});
export type Dashboard = z.infer<typeof dashboard>;
