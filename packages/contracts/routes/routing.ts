import { z } from 'zod';
import { origin } from '../channel.ts';
import { assignment, resolution, routingRule, routingScope, routingTarget } from '../routing.ts';
import { route } from './route.ts';

const readers = ['operator', 'admin', 'manager', 'auditor'] as const;
const writers = ['admin'] as const;
/** The organization's own rule has the owner `organization`. */
const rule = z.object({ scope: routingScope, ownerId: z.string().min(1).max(64) });
const shared = z.object({ tenantId: z.string().max(64), employeeId: z.string().max(64) });

export const routingRoutes = {
  resolveRoute: route({
    method: 'GET',
    path: '/routing/resolve',
    tag: 'Routing',
    summary: 'Where a message of an employee would go, and why',
    access: readers,
    scope: 'departments',
    query: z.object({
      employeeId: z.string().min(1).max(64),
      origin: origin.default('portal'),
      tenantId: z.string().max(64).optional().describe('a team’s tenant the employee chose'),
    }),
    response: resolution,
  }),
  listRoutingRules: route({
    method: 'GET',
    path: '/routing/rules',
    tag: 'Routing',
    summary: 'The organization’s rules',
    access: readers,
    scope: 'organization',
    response: z.object({ rules: z.array(routingRule) }),
  }),
  putRoutingRule: route({
    method: 'PUT',
    path: '/routing/rules/:scope/:ownerId',
    tag: 'Routing',
    summary: 'Set a rule; it holds for the next message, everywhere within a second',
    access: writers,
    scope: 'organization',
    params: rule,
    body: z.object({ target: routingTarget }),
    response: routingRule,
  }),
  deleteRoutingRule: route({
    method: 'DELETE',
    path: '/routing/rules/:scope/:ownerId',
    tag: 'Routing',
    summary: 'Remove a rule',
    access: writers,
    scope: 'organization',
    params: rule,
    status: 204,
  }),
  listAssignments: route({
    method: 'GET',
    path: '/assignments',
    tag: 'Routing',
    summary: 'Team tenants and whom they are shared by',
    access: readers,
    scope: 'departments',
    response: z.object({ assignments: z.array(assignment) }),
  }),
  assignEmployee: route({
    method: 'PUT',
    path: '/assignments/:tenantId/:employeeId',
    tag: 'Routing',
    summary: 'Share a tenant that is nobody’s own with an employee',
    access: writers,
    scope: 'organization',
    params: shared,
    status: 204,
  }),
  unassignEmployee: route({
    method: 'DELETE',
    path: '/assignments/:tenantId/:employeeId',
    tag: 'Routing',
    summary: 'End that',
    access: writers,
    scope: 'organization',
    params: shared,
    status: 204,
  }),
};
