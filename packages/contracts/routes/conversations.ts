import { z } from 'zod';
import { conversation, conversationEvent, message, turn } from '../conversation.ts';
import { tenantState } from '../tenant.ts';
import { route } from './route.ts';

const params = z.object({ conversationId: z.string().max(64) });

export const agent = z.object({
  tenantId: z.string(),
  name: z.string(),
  state: tenantState,
  position: z.string(),
  company: z.string(),
  tools: z.array(z.string()),
  model: z.string().describe('active model; says so when it is the demo model'),
  demoModel: z.boolean(),
});
export type Agent = z.infer<typeof agent>;

export const conversationRoutes = {
  agent: route({
    method: 'GET',
    path: '/agent',
    tag: 'Conversations',
    summary: 'My agent',
    access: 'signed-in',
    response: agent,
  }),
  listConversations: route({
    method: 'GET',
    path: '/conversations',
    tag: 'Conversations',
    summary: 'My conversations, newest first',
    access: 'signed-in',
    response: z.object({ conversations: z.array(conversation) }),
  }),
  startConversation: route({
    method: 'POST',
    path: '/conversations',
    tag: 'Conversations',
    summary:
      'Start a conversation with my agent, or, as operator or admin, a playground conversation with an employee’s',
    access: 'signed-in',
    status: 201,
    body: z.object({
      employeeId: z
        .string()
        .max(64)
        .optional()
        .describe('playground: whose agent to talk to. Operators and admins only; audited'),
    }),
    response: conversation,
  }),
  conversation: route({
    method: 'GET',
    path: '/conversations/:conversationId',
    tag: 'Conversations',
    summary: 'A conversation with its messages',
    access: 'signed-in',
    params,
    response: z.object({ conversation, messages: z.array(message), turns: z.array(turn) }),
  }),
  sendMessage: route({
    method: 'POST',
    path: '/conversations/:conversationId/messages',
    tag: 'Conversations',
    summary: 'Send a message. 202 means it is stored and will be answered once, whatever crashes',
    access: 'signed-in',
    params,
    status: 202,
    body: z.object({
      text: z.string().trim().min(1),
      clientMessageId: z.string().min(8).max(64).describe('idempotency key: sending it again returns the same message'),
    }),
    response: z.object({ message, turn }),
  }),
  stopTurn: route({
    method: 'POST',
    path: '/conversations/:conversationId/turns/:turnId/stop',
    tag: 'Conversations',
    summary: 'Stop an answer, or withdraw a message that waits',
    access: 'signed-in',
    params: params.extend({ turnId: z.string().max(64) }),
    response: turn,
  }),
  retryTurn: route({
    method: 'POST',
    path: '/conversations/:conversationId/turns/:turnId/retry',
    tag: 'Conversations',
    summary: 'Try a blocked or failed turn again now',
    access: 'signed-in',
    params: params.extend({ turnId: z.string().max(64) }),
    response: turn,
  }),
  conversationEvents: route({
    method: 'GET',
    path: '/conversations/:conversationId/events',
    tag: 'Conversations',
    summary: 'What happens in a conversation, as it happens',
    access: 'signed-in',
    params,
    events: conversationEvent,
  }),
};
