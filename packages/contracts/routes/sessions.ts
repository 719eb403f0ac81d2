import { z } from 'zod';
import {
  accessPath,
  attachment,
  attachmentLimits,
  conversation,
  conversationEvent,
  maxMessageLength,
  message,
  messagePageQuery,
  monitoredSession,
  moreMessages,
  turn,
} from '../conversation.ts';
import { route } from './route.ts';

/** Who may look: their scope is the use case's (a manager's own department and all below it). */
const watchers = ['admin', 'manager', 'auditor'] as const;
const takers = ['admin', 'manager'] as const;
const params = z.object({ conversationId: z.string().max(64) });

export const sessionMonitorRoutes = {
  listSessions: route({
    method: 'GET',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'Sessions of my scope, the latest first. Playground sessions are left out unless asked for',
    access: watchers,
    scope: 'departments',
    query: z.object({
      state: z
        .enum(['active', 'open', 'ended', 'taken_over', 'all'])
        .default('active')
        .describe('active: something was said within the last hour, or a turn is not over'),
      path: accessPath.optional(),
      search: z.string().trim().max(100).optional().describe('part of a caller’s or tenant’s name, or of the title'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      offset: z.coerce.number().int().min(0).max(100_000).default(0),
    }),
    response: z.object({ sessions: z.array(monitoredSession), total: z.number().int() }),
  }),
  getMonitoredSession: route({
    method: 'GET',
    path: '/sessions/:conversationId',
    tag: 'Sessions',
    summary: 'One session of my scope with the newest page of its transcript; that it was read is recorded',
    access: watchers,
    scope: 'departments',
    params,
    response: z.object({
      session: monitoredSession,
      messages: z.array(message),
      more: moreMessages,
      turns: z.array(turn),
    }),
  }),
  getMonitoredMessages: route({
    method: 'GET',
    path: '/sessions/:conversationId/messages',
    tag: 'Sessions',
    summary: 'A session’s transcript, a page at a time from the newest to the first; that it was read is recorded',
    access: watchers,
    scope: 'departments',
    params,
    query: messagePageQuery,
    response: z.object({ messages: z.array(message), more: moreMessages }),
  }),
  monitoredSessionEvents: route({
    method: 'GET',
    path: '/sessions/:conversationId/events',
    tag: 'Sessions',
    summary: 'A session’s transcript as it happens',
    access: watchers,
    scope: 'departments',
    params,
    events: conversationEvent,
  }),
  takeOverSession: route({
    method: 'POST',
    path: '/sessions/:conversationId/takeover',
    tag: 'Sessions',
    summary:
      'Take a session over for 30 minutes: the agent is silent, what runs is stopped, the caller is told. Again: 30 minutes more',
    access: takers,
    scope: 'departments',
    params,
    response: conversation,
  }),
  giveSessionBack: route({
    method: 'DELETE',
    path: '/sessions/:conversationId/takeover',
    tag: 'Sessions',
    summary: 'Give a session back to its agent, which learns what was said meanwhile',
    access: takers,
    scope: 'departments',
    params,
    response: conversation,
  }),
  sendAsHuman: route({
    method: 'POST',
    path: '/sessions/:conversationId/messages',
    tag: 'Sessions',
    summary: 'Answer in a session under my own name; delivered where its caller last wrote from',
    access: takers,
    scope: 'departments',
    params,
    status: 201,
    body: z.object({
      text: z.string().trim().max(maxMessageLength).describe('may be empty when there are attachments'),
      attachments: z.array(z.string().max(64)).max(attachmentLimits.perMessage).default([]),
      clientMessageId: z.string().min(8).max(64),
    }),
    response: message,
  }),
  uploadSessionAttachment: route({
    method: 'POST',
    path: '/sessions/:conversationId/attachments',
    tag: 'Sessions',
    summary: 'Upload a file for my next message in a session; one that is not sent within a day is removed',
    access: takers,
    scope: 'departments',
    params,
    query: z.object({ name: z.string().trim().min(1).max(200), mediaType: z.string().max(100).optional() }),
    status: 201,
    upload: 'application/octet-stream',
    response: attachment,
  }),
  downloadSessionAttachment: route({
    method: 'GET',
    path: '/sessions/:conversationId/attachments/:attachmentId',
    tag: 'Sessions',
    summary: 'A file that was sent in a session of my scope; that it was opened is recorded',
    access: watchers,
    scope: 'departments',
    params: params.extend({ attachmentId: z.string().max(64) }),
    download: 'application/octet-stream',
  }),
  endSession: route({
    method: 'POST',
    path: '/sessions/:conversationId/end',
    tag: 'Sessions',
    summary: 'End a session: what runs is stopped; the caller’s next message begins a new one',
    access: takers,
    scope: 'departments',
    params,
    response: conversation,
  }),
};
