import { z } from 'zod';
import {
  accessKind,
  accessRequest,
  accessRequestState,
  grant,
  grantMode,
  longestGrantHours,
  requestable,
} from '../approval.ts';
import { route } from './route.ts';

const requestParams = z.object({ requestId: z.string().max(64) });
const approvers = ['admin', 'manager'] as const;
const readers = ['admin', 'manager', 'auditor'] as const;
const hours = z.int().min(1).max(longestGrantHours);

export const approvalRoutes = {
  listAccessRequests: route({
    method: 'GET',
    path: '/access-requests',
    tag: 'Approvals',
    summary: 'Requests in the caller’s scope, by pages: those that wait first, then the newest',
    access: readers,
    scope: 'departments',
    query: z.object({
      state: z
        .enum([...accessRequestState.options, 'decided'])
        .optional()
        .describe('`decided`: all that do not wait'),
      search: z.string().max(100).optional(),
      before: z.string().max(64).optional().describe('the last request of the page before'),
    }),
    response: z.object({
      requests: z.array(accessRequest),
      more: z.boolean().describe('whether there are further ones'),
      waiting: z.int().describe('for the caller’s decision'),
    }),
  }),
  approveRequest: route({
    method: 'POST',
    path: '/access-requests/:requestId/approve',
    tag: 'Approvals',
    summary: 'Grant it once, for a time or for good; `conflict` when somebody else has decided',
    access: approvers,
    scope: 'departments',
    params: requestParams,
    body: z.object({
      mode: grantMode,
      hours: hours.nullable().default(null),
      note: z.string().trim().max(500).default(''),
    }),
    response: accessRequest,
  }),
  rejectRequest: route({
    method: 'POST',
    path: '/access-requests/:requestId/reject',
    tag: 'Approvals',
    summary: 'Refuse it, with a word for whoever asked',
    access: approvers,
    scope: 'departments',
    params: requestParams,
    body: z.object({ note: z.string().trim().max(500).default('') }),
    response: accessRequest,
  }),
  listGrants: route({
    method: 'GET',
    path: '/grants',
    tag: 'Approvals',
    summary: 'What was granted, in the caller’s scope: what holds first',
    access: readers,
    scope: 'departments',
    query: z.object({ holding: z.stringbool().default(true) }),
    response: z.object({ grants: z.array(grant) }),
  }),
  revokeGrant: route({
    method: 'POST',
    path: '/grants/:grantId/revoke',
    tag: 'Approvals',
    summary: 'Take a grant back, at once',
    access: approvers,
    scope: 'departments',
    params: z.object({ grantId: z.string().max(64) }),
    response: grant,
  }),
  listMyRequests: route({
    method: 'GET',
    path: '/my/access-requests',
    tag: 'Approvals',
    summary: 'What the caller asked for, and what they were granted',
    access: 'signed-in',
    scope: 'own',
    response: z.object({ requests: z.array(accessRequest), requestable: z.array(requestable) }),
  }),
  requestAccess: route({
    method: 'POST',
    path: '/my/access-requests',
    tag: 'Approvals',
    summary: 'Ask that one’s own agent may do more',
    access: 'signed-in',
    scope: 'own',
    body: z.object({
      kind: accessKind,
      resource: z.string().trim().min(1).max(253),
      reason: z.string().trim().min(3).max(500),
      hours: hours.nullable(),
    }),
    status: 201,
    response: accessRequest,
  }),
  withdrawRequest: route({
    method: 'POST',
    path: '/my/access-requests/:requestId/withdraw',
    tag: 'Approvals',
    summary: 'Take one’s own request back while nobody has decided',
    access: 'signed-in',
    scope: 'own',
    params: requestParams,
    response: accessRequest,
  }),
};
