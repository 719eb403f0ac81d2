import { z } from 'zod';
import { auditActor, auditEvent, auditOutcome } from '../audit.ts';
import { route } from './route.ts';

export const auditRoutes = {
  listAuditEvents: route({
    method: 'GET',
    path: '/audit',
    tag: 'Audit',
    summary: 'Audit events, newest first',
    access: ['admin', 'auditor'],
    scope: 'organization',
    query: z.object({
      before: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional()
        .describe('id of the last event of the page before'),
      action: z.string().max(64).optional().describe('exact action, or its first part with a dot: `tool.`'),
      outcome: auditOutcome.optional(),
      actor: auditActor.optional().describe('who did it: people, agents, or Clawpool itself'),
      since: z.iso.datetime().optional().describe('not what was before'),
      search: z.string().max(100).optional().describe('part of the actor’s or the target’s name'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: z.object({ events: z.array(auditEvent), next: z.string().nullable() }),
  }),
};
