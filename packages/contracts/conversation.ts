import { z } from 'zod';
import { origin } from './channel.ts';
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
 * - `handed_over`: over for the agent: a person has taken the session over and answers instead
 */
export const turnState = z.enum([
  'queued',
  'waking',
  'thinking',
  'blocked',
  'answered',
  'failed',
  'stopped',
  'handed_over',
]);
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
  /** It broke off after the agent had used tools, and cannot be gone on with: the person decides whether it is run again. */
  'interrupted_after_acting',
]);
export type TurnFailureReason = z.infer<typeof turnFailureReason>;

/** A tool the agent used in a turn, as far as the model gateway saw it. */
export const turnAct = z.object({
  tool: z.string(),
  arguments: z.string().describe('at most 200 characters'),
  at: z.iso.datetime(),
});
export type TurnAct = z.infer<typeof turnAct>;

export const turn = z.object({
  id: z.string(),
  origin,
  state: turnState,
  reason: turnFailureReason.nullable(),
  message: z.string().nullable().describe('why, for the person who waits'),
  hint: z.string().nullable().describe('what happens next, or what to do'),
  retryAt: z.iso.datetime().nullable(),
  /** Turns of the same session that are before it. */
  position: z.number().int().describe('0: it is its turn'),
  /** What the agent did before it was interrupted; told with `interrupted_after_acting`. */
  acts: z.array(turnAct),
  acceptedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type Turn = z.infer<typeof turn>;

/** Bytes one attachment may have, and how many one message. */
export const attachmentLimits = { bytes: 20 * 1024 * 1024, perMessage: 10 } as const;

export const attachment = z.object({
  id: z.string(),
  name: z.string(),
  mediaType: z.string(),
  bytes: z.number().int(),
});
export type Attachment = z.infer<typeof attachment>;

export const message = z.object({
  id: z.string(),
  /** Null: said by a person who took the session over, or a note of the system; no turn of the agent. */
  turnId: z.string().nullable(),
  /**
   * - `person`: whoever the session belongs to
   * - `agent`
   * - `human`: somebody of the organization who answers instead of the agent; `author` names them
   * - `note`: what the system told, such as that a colleague has joined
   */
  role: z.enum(['person', 'agent', 'human', 'note']),
  author: z.string().nullable(),
  text: z.string(),
  /** By which way it came in; of an answer, that of what it answers. */
  origin,
  /** A direct answer of the model while the agent was waking, not of the agent. */
  quick: z.boolean(),
  attachments: z.array(attachment),
  at: z.iso.datetime(),
});
export type Message = z.infer<typeof message>;

export const moreMessages = z.boolean().describe('there are earlier messages: ask with `before`');

/** Which messages of a conversation are wanted; the newest page unless `before` is given. */
export const messagePageQuery = z.object({
  before: z.string().max(64).optional().describe('id of the first message of the page before'),
  through: z
    .string()
    .max(64)
    .optional()
    .describe('id of an earlier message that is to be reached: pages are larger; `not_found` where there is none'),
});

/** The access path of a session, the first part of its name; see the glossary in docs/architecture.md. */
export const accessPath = z.enum(['emp', 'pgnd', 'twin', 'admin', 'cron', 'api']);
export type AccessPath = z.infer<typeof accessPath>;

/** A person of the organization has the session: the agent is silent until `until`, or until it is given back. */
export const takeover = z.object({ by: z.string(), userId: z.string(), until: z.iso.datetime() });
export type Takeover = z.infer<typeof takeover>;

/** Minutes a takeover lasts at most; each answer of the human begins them again. The reference product's figure. */
export const takeoverMinutes = 30;

export const conversation = z.object({
  id: z.string(),
  tenantId: z.string(),
  tenantName: z.string(),
  path: accessPath,
  title: z.string().describe('the first message, shortened; empty before it'),
  /** Is it the one that messages from paired channels go to? */
  current: z.boolean(),
  takeover: takeover.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type Conversation = z.infer<typeof conversation>;

/** A place in the own history where a searched text was said. */
export const searchHit = z.object({
  conversation,
  messageId: z.string(),
  role: message.shape.role,
  /** The text around the first place, with the match between `start` and `end` (UTF-16 code units of `excerpt`). */
  excerpt: z.string(),
  start: z.number().int(),
  end: z.number().int(),
  at: z.iso.datetime(),
});
export type SearchHit = z.infer<typeof searchHit>;

/**
 * What `GET /conversations/:id/events` sends. The first event is always `snapshot`: the newest page of messages and the text of a
 * running answer, so that a page that reconnects misses nothing. `delta.text` is to be appended.
 */
export const conversationEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    conversation,
    messages: z.array(message),
    more: moreMessages,
    turns: z.array(turn).describe('turns that are not over, and the last one that is'),
    partial: z.object({ turnId: z.string(), text: z.string() }).nullable(),
  }),
  z.object({ type: z.literal('turn'), turn }),
  z.object({ type: z.literal('delta'), turnId: z.string(), text: z.string() }),
  z
    .object({ type: z.literal('restart'), turnId: z.string() })
    .describe('forget the deltas so far: the turn is run again'),
  z.object({ type: z.literal('message'), message }),
  z.object({ type: z.literal('conversation'), conversation }).describe('taken over, given back, ended, renamed'),
]);
export type ConversationEvent = z.infer<typeof conversationEvent>;

// --- sessions, as whoever watches over them sees them ------------------------------------------------------------------

/** Figures of a session's quality, all from what is stored. */
export const sessionFigures = z.object({
  turns: z.number().int(),
  answered: z.number().int(),
  failed: z.number().int(),
  stopped: z.number().int(),
  /** Tool calls that the policy refused. */
  refusedTools: z.number().int(),
  /** Medians, from acceptance to the first word and to the end; null where nothing was answered yet. */
  firstTokenMs: z.number().int().nullable(),
  answerMs: z.number().int().nullable(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  /** Messages of humans who took over. */
  humanMessages: z.number().int(),
});
export type SessionFigures = z.infer<typeof sessionFigures>;

export const monitoredSession = z.object({
  conversation,
  /** Whoever talks: the employee, the visitor, the integrator’s user. */
  caller: z.object({ name: z.string(), employeeId: z.string().nullable(), department: z.string().nullable() }),
  /** What its newest turn is doing; null before the first. */
  turn: z.object({ state: turnState, origin, acceptedAt: z.iso.datetime() }).nullable(),
  figures: sessionFigures,
});
export type MonitoredSession = z.infer<typeof monitoredSession>;
