import { approvalRoutes } from '@clawpool/contracts';
import type { DecisionService } from '../../governance/approvals/decisions/decision-service.ts';
import type { GrantService } from '../../governance/approvals/grants/grant-service.ts';
import type { AccessRequestService } from '../../governance/approvals/requests/access-request-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface ApprovalRoutesOptions {
  requests: AccessRequestService;
  decisions: DecisionService;
  grants: GrantService;
}

export function registerApprovalRoutes(app: HttpApp, { requests, decisions, grants }: ApprovalRoutesOptions): void {
  registerRoutes(app, approvalRoutes, {
    listAccessRequests: ({ principal, query }) => requests.list(principal, query),
    approveRequest: ({ principal, params, body }) => decisions.approve(principal, params.requestId, body),
    rejectRequest: ({ principal, params, body }) => decisions.reject(principal, params.requestId, body.note),
    listGrants: async ({ principal, query }) => ({ grants: await grants.list(principal, query) }),
    revokeGrant: ({ principal, params }) => grants.revoke(principal, params.grantId),
    listMyRequests: ({ principal }) => requests.listMine(principal),
    requestAccess: ({ principal, body }) => requests.ask(principal, body),
    withdrawRequest: ({ principal, params }) => requests.withdraw(principal, params.requestId),
  });
}
