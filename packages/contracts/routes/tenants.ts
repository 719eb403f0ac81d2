import { z } from 'zod';
import { auditEvent } from '../audit.ts';
import {
  batch,
  batchBody,
  changeTenantBody,
  createTenantBody,
  operation,
  operationRequest,
  tenantFilter,
} from '../operation.ts';
import { tenantSample } from '../pool.ts';
import { tenant, tenantState } from '../tenant.ts';
import { route } from './route.ts';

const readers = ['operator', 'admin', 'manager', 'auditor'] as const;
const writers = ['operator', 'admin'] as const;
const one = z.object({ tenantId: z.string().max(64).describe('id, name or owner') });

/** Sent for every change in the caller's scope; `snapshot` first, without tenants: the list is read page by page. */
export const tenantEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot') }),
  z.object({ type: z.literal('tenant'), tenant }),
  z.object({ type: z.literal('gone'), tenantId: z.string() }),
]);
export type TenantEvent = z.infer<typeof tenantEvent>;

export const tenantSortKeys = ['name', 'owner', 'tier', 'state', 'memory', 'disk', 'lastActive', 'created'] as const;

export const tenantRoutes = {
  listTenants: route({
    method: 'GET',
    path: '/tenants',
    tag: 'Tenants',
    summary: 'The tenants in the caller’s scope, page by page: managers see their departments’',
    access: readers,
    scope: 'departments',
    query: tenantFilter.extend({
      search: z
        .string()
        .max(100)
        .optional()
        .describe('words; each has to occur in id, name, owner, position, tier, image, tags'),
      deleted: z.stringbool().optional().describe('deleted ones instead of the others'),
      sort: z.enum(tenantSortKeys).default('name'),
      descending: z.stringbool().optional(),
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(50),
    }),
    response: z.object({
      tenants: z.array(tenant),
      total: z.int().describe('that fit the filter'),
      counts: z.partialRecord(tenantState, z.int()).describe('by state, of all that fit the filter but for its state'),
      groups: z.array(z.string()).describe('all groups there are'),
    }),
  }),
  tenantEvents: route({
    method: 'GET',
    path: '/tenants/events',
    tag: 'Tenants',
    summary: 'Changes of the tenants in the caller’s scope, live',
    access: readers,
    scope: 'departments',
    events: tenantEvent,
  }),
  createTenant: route({
    method: 'POST',
    path: '/tenants',
    tag: 'Tenants',
    summary: 'Makes a tenant. With the clientToken of an earlier request it answers what that one did',
    access: writers,
    scope: 'organization',
    body: createTenantBody,
    status: 202,
    response: z.object({ tenant, operation }),
  }),
  tenant: route({
    method: 'GET',
    path: '/tenants/:tenantId',
    tag: 'Tenants',
    summary: 'One tenant',
    access: readers,
    scope: 'departments',
    params: one,
    response: tenant,
  }),
  changeTenant: route({
    method: 'PATCH',
    path: '/tenants/:tenantId',
    tag: 'Tenants',
    summary: 'Changes name, group, tags, skills, expiry and timetable; the runtime is not touched',
    access: writers,
    scope: 'organization',
    params: one,
    body: changeTenantBody,
    response: tenant,
  }),
  operateTenant: route({
    method: 'POST',
    path: '/tenants/:tenantId/operations',
    tag: 'Tenants',
    summary: 'Starts, stops, backs up, restores, moves, deletes … a tenant; done in the background',
    access: writers,
    scope: 'organization',
    params: one,
    body: operationRequest,
    status: 202,
    response: operation,
  }),
  listTenantOperations: route({
    method: 'GET',
    path: '/tenants/:tenantId/operations',
    tag: 'Tenants',
    summary: 'What was done to a tenant, newest first',
    access: readers,
    scope: 'departments',
    params: one,
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    response: z.object({ operations: z.array(operation) }),
  }),
  tenantTimeline: route({
    method: 'GET',
    path: '/tenants/:tenantId/timeline',
    tag: 'Tenants',
    summary: 'The audit events that name a tenant, newest first',
    access: readers,
    scope: 'departments',
    params: one,
    query: z.object({
      before: z.string().max(40).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: z.object({ events: z.array(auditEvent), next: z.string().nullable() }),
  }),
  operation: route({
    method: 'GET',
    path: '/operations/:operationId',
    tag: 'Tenants',
    summary: 'How an operation stands',
    access: readers,
    scope: 'departments',
    params: z.object({ operationId: z.string().max(64) }),
    response: operation,
  }),
  cancelOperation: route({
    method: 'DELETE',
    path: '/operations/:operationId',
    tag: 'Tenants',
    summary: 'Calls an operation back that waits, for its turn or for room; one that is under way goes on',
    access: writers,
    scope: 'organization',
    params: z.object({ operationId: z.string().max(64) }),
    response: operation,
  }),
  tenantMetrics: route({
    method: 'GET',
    path: '/tenants/:tenantId/metrics',
    tag: 'Tenants',
    summary: 'Memory, CPU, disk and turns over time',
    access: readers,
    scope: 'departments',
    params: one,
    query: z.object({ hours: z.coerce.number().int().min(1).max(168).default(6) }),
    response: z.object({ samples: z.array(tenantSample), memoryLimitBytes: z.int(), diskLimitBytes: z.int() }),
  }),
  tenantLogs: route({
    method: 'GET',
    path: '/tenants/:tenantId/logs',
    tag: 'Tenants',
    summary: 'The end of a runtime’s output. It contains what the agent said: reading it is audited',
    access: ['operator'],
    scope: 'organization',
    params: one,
    query: z.object({ lines: z.coerce.number().int().min(1).max(5000).default(200) }),
    response: z.object({ tenantId: z.string(), lines: z.array(z.string()) }),
  }),
  startBatch: route({
    method: 'POST',
    path: '/batches',
    tag: 'Tenants',
    summary: 'One operation for many tenants, by ids or by a filter, worked off in the background',
    access: writers,
    scope: 'organization',
    body: batchBody,
    status: 202,
    response: batch,
  }),
  listBatches: route({
    method: 'GET',
    path: '/batches',
    tag: 'Tenants',
    summary: 'Batches, newest first, at most 50',
    access: readers,
    scope: 'departments',
    response: z.object({ batches: z.array(batch) }),
  }),
  batch: route({
    method: 'GET',
    path: '/batches/:batchId',
    tag: 'Tenants',
    summary: 'How a batch goes, with what failed',
    access: readers,
    scope: 'departments',
    params: z.object({ batchId: z.string().max(64) }),
    response: batch.extend({
      failures: z.array(operation).describe('at most 200'),
    }),
  }),
  cancelBatch: route({
    method: 'DELETE',
    path: '/batches/:batchId',
    tag: 'Tenants',
    summary: 'Calls a batch back: what has not begun does not begin; what is under way comes to its end',
    access: writers,
    scope: 'organization',
    params: z.object({ batchId: z.string().max(64) }),
    response: batch,
  }),
};
