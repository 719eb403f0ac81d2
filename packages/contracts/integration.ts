import { z } from 'zod';
import { message, turn } from './conversation.ts';

/** What an API key may do. `chat`: talk to its tenants. `read`: sessions and transcripts of its own. `schedules`: their schedules. */
export const apiScope = z.enum(['chat', 'read', 'schedules']);
export type ApiScope = z.infer<typeof apiScope>;

export const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  /** The beginning of the key, to recognize it by: `cpk_3f9a…`. */
  prefix: z.string(),
  tenants: z.array(z.object({ id: z.string(), name: z.string() })).describe('the tenants it may talk to'),
  scopes: z.array(apiScope),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;

/** A session as integrators see it. */
export const apiSession = z.object({
  id: z.string(),
  tenantId: z.string(),
  /** What the integrator calls whoever talks: the `user` of its requests. */
  user: z.string(),
  title: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type ApiSession = z.infer<typeof apiSession>;

/** The answer to a message, or that it is accepted and not answered yet. */
export const apiAnswer = z.object({
  sessionId: z.string(),
  turn,
  /** Null until it is answered. */
  answer: message.nullable(),
});
export type ApiAnswer = z.infer<typeof apiAnswer>;

/** What a streamed answer sends; the last event is `done`. */
export const apiEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('accepted'), sessionId: z.string(), turn }),
  z.object({ type: z.literal('turn'), turn }),
  z.object({ type: z.literal('delta'), text: z.string() }),
  z.object({ type: z.literal('restart') }).describe('forget the deltas so far: the turn is run again'),
  z.object({ type: z.literal('done'), sessionId: z.string(), turn, answer: message.nullable() }),
]);
export type ApiEvent = z.infer<typeof apiEvent>;

/** Events that an integrator's endpoint can be told. Signed as Standard Webhooks (https://www.standardwebhooks.com) are. */
export const webhookEventType = z.enum([
  'message.answered',
  'message.failed',
  'message.stopped',
  'message.handed_over',
  'message.human',
  'session.started',
  'session.ended',
  'schedule.ran',
  'ping',
]);
export type WebhookEventType = z.infer<typeof webhookEventType>;

export const webhook = z.object({
  id: z.string(),
  url: z.url(),
  events: z.array(webhookEventType),
  enabled: z.boolean(),
  createdAt: z.iso.datetime(),
  waiting: z.number().int(),
  dead: z.number().int(),
  lastDeliveredAt: z.iso.datetime().nullable(),
});
export type Webhook = z.infer<typeof webhook>;

export const webhookDelivery = z.object({
  id: z.string(),
  webhookId: z.string(),
  event: webhookEventType,
  state: z.enum(['waiting', 'delivered', 'dead', 'discarded']),
  attempts: z.number().int(),
  status: z.number().int().nullable().describe('HTTP status of the last attempt'),
  error: z.string().nullable(),
  payload: z.unknown(),
  createdAt: z.iso.datetime(),
  retryAt: z.iso.datetime().nullable(),
  deliveredAt: z.iso.datetime().nullable(),
});
export type WebhookDelivery = z.infer<typeof webhookDelivery>;
