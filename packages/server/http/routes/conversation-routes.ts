import { type Agent, conversationRoutes } from '@clawpool/contracts';
import type { ConversationService } from '../../conversations/conversation-service.ts';
import type { LiveConversations } from '../../conversations/live-conversations.ts';
import { allowedTools } from '../../organization/position.ts';
import { effectiveValues } from '../../pool/templates/template.ts';
import type { TenantRow } from '../../pool/tenant-store.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface ConversationRoutesOptions {
  conversations: ConversationService;
  live: LiveConversations;
  /** The installation's active model, `provider/model`, for agents whose tier names none. */
  model: string;
  organizationName: (organizationId: string) => Promise<string>;
}

export function registerConversationRoutes(app: HttpApp, options: ConversationRoutesOptions): void {
  const { conversations, live } = options;
  registerRoutes(app, conversationRoutes, {
    agent: async ({ principal }) => {
      const tenant = await conversations.agentOf(principal);
      return showAgent(tenant, options.model, await options.organizationName(principal.organizationId));
    },
    listConversations: async ({ principal }) => ({ conversations: await conversations.list(principal) }),
    startConversation: ({ principal, body }) => conversations.start(principal, body.employeeId),
    conversation: ({ principal, params }) => conversations.get(principal, params.conversationId),
    sendMessage: ({ principal, params, body }) => conversations.send(principal, params.conversationId, body),
    stopTurn: ({ principal, params }) => conversations.stop(principal, params.conversationId, params.turnId),
    retryTurn: ({ principal, params }) => conversations.retry(principal, params.conversationId, params.turnId),
    conversationEvents: async ({ principal, params }, stream) => {
      const { organizationId, id } = await conversations.own(principal, params.conversationId);
      const stop = await live.follow(organizationId, id, (event) => stream.send(event));
      if (stream.signal.aborted) stop();
      else stream.signal.addEventListener('abort', stop);
    },
  });
}

function showAgent(tenant: TenantRow, installationModel: string, company: string): Agent {
  const model = effectiveValues(tenant).model ?? installationModel;
  return {
    tenantId: tenant.id,
    name: `${tenant.ownerName ?? tenant.name}’s agent`,
    state: tenant.state,
    position: tenant.position ?? '',
    company,
    tools: allowedTools(tenant.positionTools ?? [], tenant.toolsCeiling),
    model,
    demoModel: model.startsWith('demo/'),
  };
}
