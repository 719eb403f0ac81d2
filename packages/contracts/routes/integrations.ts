import { z } from 'zod';
import { attachment, attachmentLimits, maxMessageLength, message, moreMessages, turn } from '../conversation.ts';
import {
  apiAnswer,
  apiEvent,
  apiKey,
  apiScope,
  apiSession,
  webhook,
  webhookDelivery,
  webhookEventType,
} from '../integration.ts';
import { schedule, scheduleInput } from '../schedule.ts';
import { route } from './route.ts';

const admins = ['admin'] as const;
const readers = ['admin', 'auditor'] as const;
const keyParams = z.object({ keyId: z.string().max(64) });
const webhookParams = z.object({ webhookId: z.string().max(64) });

/** What admins manage. */
export const integrationRoutes = {
  listApiKeys: route({
    method: 'GET',
    path: '/api-keys',
    tag: 'Integrations',
    summary: 'The organization’s API keys',
    access: readers,
    scope: 'organization',
    response: z.object({ keys: z.array(apiKey) }),
  }),
  createApiKey: route({
    method: 'POST',
    path: '/api-keys',
    tag: 'Integrations',
    summary: 'Make a key. It is told once, and only its hash is kept',
    access: admins,
    scope: 'organization',
    status: 201,
    body: z.object({
      name: z.string().trim().min(1).max(80),
      tenants: z.array(z.string().max(64)).min(1).max(100),
      scopes: z.array(apiScope).min(1).default(['chat', 'read']),
      expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
    }),
    response: z.object({ key: apiKey, secret: z.string().describe('`cpk_…`; shown once') }),
  }),
  revokeApiKey: route({
    method: 'DELETE',
    path: '/api-keys/:keyId',
    tag: 'Integrations',
    summary: 'Revoke a key; it is refused from the next request on',
    access: admins,
    scope: 'organization',
    params: keyParams,
    status: 204,
  }),
  listWebhooks: route({
    method: 'GET',
    path: '/webhooks',
    tag: 'Integrations',
    summary: 'Endpoints that are told of events',
    access: readers,
    scope: 'organization',
    response: z.object({ webhooks: z.array(webhook) }),
  }),
  createWebhook: route({
    method: 'POST',
    path: '/webhooks',
    tag: 'Integrations',
    summary: 'Add an endpoint. Its signing secret is told once',
    access: admins,
    scope: 'organization',
    status: 201,
    body: z.object({ url: z.url({ protocol: /^https?$/ }).max(500), events: z.array(webhookEventType).min(1) }),
    response: z.object({ webhook, secret: z.string().describe('`whsec_…`; shown once') }),
  }),
  changeWebhook: route({
    method: 'PATCH',
    path: '/webhooks/:webhookId',
    tag: 'Integrations',
    summary: 'Change an endpoint, or switch it on or off',
    access: admins,
    scope: 'organization',
    params: webhookParams,
    body: z.object({
      url: z
        .url({ protocol: /^https?$/ })
        .max(500)
        .optional(),
      events: z.array(webhookEventType).min(1).optional(),
      enabled: z.boolean().optional(),
    }),
    response: webhook,
  }),
  deleteWebhook: route({
    method: 'DELETE',
    path: '/webhooks/:webhookId',
    tag: 'Integrations',
    summary: 'Remove an endpoint with what waits for it',
    access: admins,
    scope: 'organization',
    params: webhookParams,
    status: 204,
  }),
  pingWebhook: route({
    method: 'POST',
    path: '/webhooks/:webhookId/ping',
    tag: 'Integrations',
    summary: 'Send it a `ping` event',
    access: admins,
    scope: 'organization',
    params: webhookParams,
    status: 202,
    response: webhookDelivery,
  }),
  listWebhookDeliveries: route({
    method: 'GET',
    path: '/webhooks/:webhookId/deliveries',
    tag: 'Integrations',
    summary: 'The latest 100 events for an endpoint',
    access: readers,
    scope: 'organization',
    params: webhookParams,
    response: z.object({ deliveries: z.array(webhookDelivery) }),
  }),
  replayWebhookDelivery: route({
    method: 'POST',
    path: '/webhooks/:webhookId/deliveries/:deliveryId/replay',
    tag: 'Integrations',
    summary: 'Send an event again, with the same id',
    access: admins,
    scope: 'organization',
    params: webhookParams.extend({ deliveryId: z.string().max(64) }),
    status: 202,
    response: webhookDelivery,
  }),
};

const tenantParams = z.object({ tenantId: z.string().max(64) });
const sessionParams = z.object({ sessionId: z.string().max(64) });
const whose = {
  sessionId: z.string().max(64).optional().describe('goes on in this session of the same key'),
  user: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .optional()
    .describe('whoever talks; each has one open session. Absent: a new session'),
};
const inbound = z.object({
  text: z.string().trim().max(maxMessageLength).default('').describe('may be empty when there are attachments'),
  attachments: z
    .array(z.string().max(64))
    .max(attachmentLimits.perMessage)
    .default([])
    .describe('ids of files that were uploaded to this session and not sent'),
  ...whose,
  idempotencyKey: z.string().min(8).max(128).optional().describe('the same key again is the same message'),
});

/**
 * What integrators call with an API key (`Authorization: Bearer cpk_…`). Stable: fields are added, never changed or taken away. The
 * OpenAI-compatible `/v1/chat/completions` and `/v1/models` stand beside it, at the root.
 */
export const publicApiRoutes = {
  apiSendMessage: route({
    method: 'POST',
    path: '/agents/:tenantId/messages',
    tag: 'Public API',
    summary:
      'Send a message. Waits for the answer at most `waitSeconds`; 0 answers at once that it is accepted, and the answer comes by webhook or by asking for the turn',
    access: 'api-key',
    params: tenantParams,
    body: inbound.extend({ waitSeconds: z.number().int().min(0).max(300).default(120) }),
    response: apiAnswer,
  }),
  apiStreamMessage: route({
    method: 'POST',
    path: '/agents/:tenantId/messages/stream',
    tag: 'Public API',
    summary: 'Send a message and hear the answer as it grows',
    access: 'api-key',
    params: tenantParams,
    body: inbound,
    events: apiEvent,
  }),
  apiUploadAttachment: route({
    method: 'POST',
    path: '/agents/:tenantId/attachments',
    tag: 'Public API',
    summary:
      'Upload a file for the next message of the session that is answered with; one that is not sent within a day is removed',
    access: 'api-key',
    params: tenantParams,
    query: z.object({
      name: z.string().trim().min(1).max(200),
      mediaType: z.string().max(100).optional(),
      ...whose,
    }),
    status: 201,
    upload: 'application/octet-stream',
    response: z.object({ sessionId: z.string(), attachment }),
  }),
  apiDownloadAttachment: route({
    method: 'GET',
    path: '/api-sessions/:sessionId/attachments/:attachmentId',
    tag: 'Public API',
    summary: 'A file of a message in a session of this key: an answer names its attachments',
    access: 'api-key',
    params: sessionParams.extend({ attachmentId: z.string().max(64) }),
    download: 'application/octet-stream',
  }),
  apiTurn: route({
    method: 'GET',
    path: '/agents/:tenantId/turns/:turnId',
    tag: 'Public API',
    summary: 'A turn, and its answer when there is one',
    access: 'api-key',
    params: tenantParams.extend({ turnId: z.string().max(64) }),
    response: apiAnswer,
  }),
  apiListSessions: route({
    method: 'GET',
    path: '/agents/:tenantId/sessions',
    tag: 'Public API',
    summary: 'Sessions of this key with a tenant, the latest first',
    access: 'api-key',
    params: tenantParams,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      before: z.iso.datetime().optional(),
    }),
    response: z.object({ sessions: z.array(apiSession), more: z.boolean() }),
  }),
  apiTranscript: route({
    method: 'GET',
    path: '/api-sessions/:sessionId',
    tag: 'Public API',
    summary:
      'A session of this key with its open turns and a page of its messages, the newest unless `before` is given',
    access: 'api-key',
    params: sessionParams,
    query: z.object({
      before: z.string().max(64).optional().describe('id of the first message of the page before'),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    response: z.object({
      session: apiSession,
      messages: z.array(message),
      more: moreMessages,
      turns: z.array(turn),
    }),
  }),
  apiEndSession: route({
    method: 'DELETE',
    path: '/api-sessions/:sessionId',
    tag: 'Public API',
    summary: 'End a session; its transcript stays',
    access: 'api-key',
    params: sessionParams,
    status: 204,
  }),
  apiListSchedules: route({
    method: 'GET',
    path: '/agents/:tenantId/schedules',
    tag: 'Public API',
    summary: 'Schedules of a tenant',
    access: 'api-key',
    params: tenantParams,
    response: z.object({ schedules: z.array(schedule) }),
  }),
  apiCreateSchedule: route({
    method: 'POST',
    path: '/agents/:tenantId/schedules',
    tag: 'Public API',
    summary: 'Add a schedule to a tenant',
    access: 'api-key',
    params: tenantParams,
    status: 201,
    body: scheduleInput,
    response: schedule,
  }),
  apiDeleteSchedule: route({
    method: 'DELETE',
    path: '/agents/:tenantId/schedules/:scheduleId',
    tag: 'Public API',
    summary: 'Delete a schedule of a tenant',
    access: 'api-key',
    params: tenantParams.extend({ scheduleId: z.string().max(64) }),
    status: 204,
  }),
};
