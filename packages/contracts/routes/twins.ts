import { z } from 'zod';
import { conversationEvent, message, turn } from '../conversation.ts';
import { maxTwinMessageLength, twin, twinPage } from '../twin.ts';
import { route } from './route.ts';

/** The secret of the link; visits of one browser share a visitor's key that the page makes. */
const link = z.object({ token: z.string().min(16).max(64) });
const visitor = z.object({ visitor: z.string().min(16).max(64) });

export const twinRoutes = {
  myTwin: route({
    method: 'GET',
    path: '/my/twin',
    tag: 'Twins',
    summary: 'My digital twin',
    access: 'signed-in',
    scope: 'own',
    response: twin,
  }),
  putMyTwin: route({
    method: 'PUT',
    path: '/my/twin',
    tag: 'Twins',
    summary:
      'Switch my twin on (its workspace is copied from my agent’s; a new link each time) or off (the link ends at once)',
    access: 'signed-in',
    scope: 'own',
    body: z.object({
      active: z.boolean(),
      greeting: z.string().trim().max(500).default(''),
      expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
    }),
    response: twin,
  }),
  twinPage: route({
    method: 'GET',
    path: '/twins/:token',
    tag: 'Twins',
    summary: 'Whose twin it is',
    access: 'public',
    params: link,
    response: twinPage,
  }),
  twinSend: route({
    method: 'POST',
    path: '/twins/:token/messages',
    tag: 'Twins',
    summary: 'Write to a twin; few a minute from one address',
    access: 'public',
    params: link,
    status: 202,
    body: visitor.extend({
      text: z.string().trim().min(1).max(maxTwinMessageLength),
      clientMessageId: z.string().min(8).max(64),
    }),
    response: z.object({ message, turn }),
  }),
  twinEvents: route({
    method: 'GET',
    path: '/twins/:token/events',
    tag: 'Twins',
    summary: 'A visitor’s conversation with a twin, as it happens',
    access: 'public',
    params: link,
    query: visitor,
    events: conversationEvent,
  }),
};
