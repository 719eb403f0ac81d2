import { z } from 'zod';
import { runtimeFailureReason } from './tenant.ts';

/** Characters a message may have at most; longer ones are refused with `too_large`. The limit the reference product uses. */
export const maxMessageLength = 32_000;

/**
 * What the person waiting is told, always the truth:
 * - `queued`: committed, waits for its place (an earlier turn of the session runs)
 * - `waking`: the tenant's runtime is being started
 * - `thinking`: the agent works on it; text streams
 * - `blocked`: the runtime cannot start; the message stays queued and is tried again at `retryAt`
 * - `answered`, `failed`, `stopped`: over
 */
export const turnState = z.enum(['queued', 'waking', 'thinking', 'blocked', 'answered', 'failed', 'stopped']);
export type TurnState = z.infer<typeof turnState>;

export const turnFailureReason = z.enum([
  ...runtimeFailureReason.options,
  /** No host has room now; it is tried again by itself. */
  'capacity_unavailable',
  /** The message waits until a person starts, resumes or repairs the agent. */
  'agent_stopped',
  'agent_paused',
  'agent_needs_attention',
  'model_unavailable',
  'model_refused_key',
  'model_rate_limited',
  'model_error',
  'turn_timeout',
  'agent_error',
]);
export type TurnFailureReason = z.infer<typeof turnFailureReason>;

export const turn = z.object({
  id: z.string(),
  state: turnState,
  reason: turnFailureReason.nullable(),
  message: z.string().nullable().describe('why, for the person who waits'),
  hint: z.string().nullable().describe('what happens next, or what to do'),
  retryAt: z.iso.datetime().nullable(),
  acceptedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type Turn = z.infer<typeof turn>;

export const message = z.object({
  id: z.string(),
  turnId: z.string(),
  role: z.enum(['person', 'agent']),
  text: z.string(),
  at: z.iso.datetime(),
});
export type Message = z.infer<typeof message>;

export const conversation = z.object({
  id: z.string(),
  title: z.string().describe('the first message, shortened; empty before it'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Conversation = z.infer<typeof conversation>;

/**
 * What `GET /conversations/:id/events` sends. The first event is always `snapshot`: everything so far, the text of a
 * running answer included, so that a page that reconnects misses nothing. `delta.text` is to be appended.
 */
export const conversationEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    conversation,
    messages: z.array(message),
    turns: z.array(turn).describe('turns that are not over, and the last one that is'),
    partial: z.object({ turnId: z.string(), text: z.string() }).nullable(),
  }),
  z.object({ type: z.literal('turn'), turn }),
  z.object({ type: z.literal('delta'), turnId: z.string(), text: z.string() }),
  z
    .object({ type: z.literal('restart'), turnId: z.string() })
    .describe('forget the deltas so far: the turn is run again'),
  z.object({ type: z.literal('message'), message }),
]);
export type ConversationEvent = z.infer<typeof conversationEvent>;
