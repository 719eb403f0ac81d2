import { z } from 'zod';
import {
  attachment,
  attachmentLimits,
  conversation,
  conversationEvent,
  message,
  searchHit,
  turn,
} from '../conversation.ts';
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
    scope: 'own',
    response: agent,
  }),
  listAgents: route({
    method: 'GET',
    path: '/agents',
    tag: 'Conversations',
    summary:
      'The agents I may talk to: my own first, then those of my teams; for admins, last, `assistant`: the admin assistant',
    access: 'signed-in',
    scope: 'own',
    response: z.object({ agents: z.array(z.object({ tenantId: z.string(), name: z.string(), team: z.boolean() })) }),
  }),
  listConversations: route({
    method: 'GET',
    path: '/conversations',
    tag: 'Conversations',
    summary: 'My conversations, newest first',
    access: 'signed-in',
    scope: 'own',
    query: z.object({ before: z.iso.datetime().optional().describe('updatedAt of the last one of the page before') }),
    response: z.object({ conversations: z.array(conversation), more: z.boolean() }),
  }),
  searchConversations: route({
    method: 'GET',
    path: '/conversations/search',
    tag: 'Conversations',
    summary: 'Where something was said in my conversations, newest first; at most 50 places',
    access: 'signed-in',
    scope: 'own',
    query: z.object({ text: z.string().trim().min(1).max(200) }),
    response: z.object({ hits: z.array(searchHit) }),
  }),
  exportConversation: route({
    method: 'GET',
    path: '/conversations/:conversationId/export.md',
    tag: 'Conversations',
    summary: 'A whole conversation as Markdown',
    access: 'signed-in',
    scope: 'own',
    params,
    download: 'text/markdown; charset=utf-8',
  }),
  exportConversationJson: route({
    method: 'GET',
    path: '/conversations/:conversationId/export.json',
    tag: 'Conversations',
    summary: 'A whole conversation as JSON, all fields',
    access: 'signed-in',
    scope: 'own',
    params,
    download: 'application/json',
  }),
  renameConversation: route({
    method: 'PATCH',
    path: '/conversations/:conversationId',
    tag: 'Conversations',
    summary: 'Name a conversation',
    access: 'signed-in',
    scope: 'own',
    params,
    body: z.object({ title: z.string().trim().min(1).max(120) }),
    response: conversation,
  }),
  deleteConversation: route({
    method: 'DELETE',
    path: '/conversations/:conversationId',
    tag: 'Conversations',
    summary: 'Delete a conversation with its messages and attachments, and what the agent keeps of it as a session',
    access: 'signed-in',
    scope: 'own',
    params,
    status: 204,
  }),
  uploadAttachment: route({
    method: 'POST',
    path: '/conversations/:conversationId/attachments',
    tag: 'Conversations',
    summary: 'Upload a file for the next message; one that is not sent within a day is removed',
    access: 'signed-in',
    scope: 'own',
    params,
    query: z.object({ name: z.string().trim().min(1).max(200), mediaType: z.string().max(100).optional() }),
    status: 201,
    upload: 'application/octet-stream',
    response: attachment,
  }),
  downloadAttachment: route({
    method: 'GET',
    path: '/conversations/:conversationId/attachments/:attachmentId',
    tag: 'Conversations',
    summary: 'An attachment of a conversation',
    access: 'signed-in',
    scope: 'own',
    params: params.extend({ attachmentId: z.string().max(64) }),
    download: 'application/octet-stream',
  }),
  startConversation: route({
    method: 'POST',
    path: '/conversations',
    tag: 'Conversations',
    summary:
      'Start a conversation with my agent, or, as operator or admin, a playground conversation with an employee’s',
    access: 'signed-in',
    scope: 'own',
    status: 201,
    body: z.object({
      tenantId: z
        .string()
        .max(64)
        .optional()
        .describe('one of my agents; my own unless given. `assistant`, for admins: the admin assistant'),
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
    scope: 'own',
    params,
    response: z.object({ conversation, messages: z.array(message), turns: z.array(turn) }),
  }),
  sendMessage: route({
    method: 'POST',
    path: '/conversations/:conversationId/messages',
    tag: 'Conversations',
    summary: 'Send a message. 202 means it is stored and will be answered once, whatever crashes',
    access: 'signed-in',
    scope: 'own',
    params,
    status: 202,
    body: z.object({
      text: z.string().trim(),
      attachments: z.array(z.string().max(64)).max(attachmentLimits.perMessage).default([]),
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
    scope: 'own',
    params: params.extend({ turnId: z.string().max(64) }),
    response: turn,
  }),
  retryTurn: route({
    method: 'POST',
    path: '/conversations/:conversationId/turns/:turnId/retry',
    tag: 'Conversations',
    summary: 'Try a blocked or failed turn again now',
    access: 'signed-in',
    scope: 'own',
    params: params.extend({ turnId: z.string().max(64) }),
    response: turn,
  }),
  conversationEvents: route({
    method: 'GET',
    path: '/conversations/:conversationId/events',
    tag: 'Conversations',
    summary: 'What happens in a conversation, as it happens',
    access: 'signed-in',
    scope: 'own',
    params,
    events: conversationEvent,
  }),
};
