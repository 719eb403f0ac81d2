import { z } from 'zod';
import { tenant } from '../tenant.ts';
import { route } from './route.ts';

const readers = ['operator', 'admin', 'manager', 'auditor'] as const;

/** `snapshot` first, then one `tenant` for every change. */
export const tenantEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), tenants: z.array(tenant) }),
  z.object({ type: z.literal('tenant'), tenant }),
]);
export type TenantEvent = z.infer<typeof tenantEvent>;

export const tenantRoutes = {
  listTenants: route({
    method: 'GET',
    path: '/tenants',
    tag: 'Tenants',
    summary: 'The tenants in the caller’s scope: managers see their departments’',
    access: readers,
    response: z.object({ tenants: z.array(tenant) }),
  }),
  tenantEvents: route({
    method: 'GET',
    path: '/tenants/events',
    tag: 'Tenants',
    summary: 'The tenants in the caller’s scope, live',
    access: readers,
    events: tenantEvent,
  }),
  tenantLogs: route({
    method: 'GET',
    path: '/tenants/:tenantId/logs',
    tag: 'Tenants',
    summary: 'The end of a runtime’s output. It contains what the agent said: reading it is audited',
    access: ['operator'],
    params: z.object({ tenantId: z.string().max(64).describe('id, name or owner') }),
    query: z.object({ lines: z.coerce.number().int().min(1).max(5000).default(200) }),
    response: z.object({ tenantId: z.string(), lines: z.array(z.string()) }),
  }),
};
