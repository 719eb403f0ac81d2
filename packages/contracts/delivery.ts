import { z } from 'zod';
import { origin } from './channel.ts';

/**
 * Something that could not be delivered however often it was tried. It stays until somebody sends it again or gives it up.
 * - `inbound`: a message of a platform that could not be made a turn
 * - `outbound`: an answer or a note that a platform did not take
 * - `webhook`: an event that an integrator’s endpoint did not take
 */
export const deadLetter = z.object({
  id: z.string(),
  direction: z.enum(['inbound', 'outbound', 'webhook']),
  origin: origin.nullable().describe('the channel; null for webhooks'),
  /** Whom it was for, or from. */
  party: z.string(),
  /** The beginning of what it says. */
  preview: z.string(),
  attempts: z.number().int(),
  error: z.string().describe('what was said at the last attempt'),
  createdAt: z.iso.datetime(),
  failedAt: z.iso.datetime(),
});
export type DeadLetter = z.infer<typeof deadLetter>;

/** What waits and what moves, now. */
export const deliveryFigures = z.object({
  inboxWaiting: z.number().int(),
  outboxWaiting: z.number().int(),
  webhooksWaiting: z.number().int(),
  turnsWaiting: z.number().int(),
  turnsRunning: z.number().int(),
  dead: z.number().int(),
  /** Seconds the oldest waiting message has waited; 0 when none does. */
  oldestWaitingSeconds: z.number(),
});
export type DeliveryFigures = z.infer<typeof deliveryFigures>;

/** Messages that may wait at once; more are held back in the inbox (channels) or refused (portal, API), and the person is told. */
export const backpressure = { perTenant: 20, perOrganization: 2_000 } as const;
