import { routingRoutes } from '@clawpool/contracts';
import type { RoutingService } from '../../conversations/routing/routing-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerRoutingRoutes(app: HttpApp, routing: RoutingService): void {
  registerRoutes(app, routingRoutes, {
    resolveRoute: ({ principal, query }) => routing.resolve(principal, query),
    listRoutingRules: async ({ principal }) => ({ rules: await routing.listRules(principal) }),
    putRoutingRule: ({ principal, params, body }) => routing.putRule(principal, params, body.target),
    deleteRoutingRule: ({ principal, params }) => routing.deleteRule(principal, params),
    listAssignments: async ({ principal }) => ({ assignments: await routing.listAssignments(principal) }),
    assignEmployee: ({ principal, params }) => routing.assign(principal, params.tenantId, params.employeeId),
    unassignEmployee: ({ principal, params }) => routing.unassign(principal, params.tenantId, params.employeeId),
  });
}
