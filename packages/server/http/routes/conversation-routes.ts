import { Readable } from 'node:stream';
import { type Agent, ClawpoolError, conversationRoutes } from '@clawpool/contracts';
import type { Attachments } from '../../conversations/attachments.ts';
import type { ConversationService } from '../../conversations/conversation-service.ts';
import type { LiveConversations } from '../../conversations/live-conversations.ts';
import type { History } from '../../conversations/sessions/history-service.ts';
import { allowedTools } from '../../organization/position.ts';
import type { TenantRow } from '../../pool/tenant-store.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface ConversationRoutesOptions {
  conversations: ConversationService;
  history: History;
  attachments: Attachments;
  live: LiveConversations;
  /** The model that answers for an agent, `provider/model`. */
  modelOf: (tenant: TenantRow) => Promise<string>;
  organizationName: (organizationId: string) => Promise<string>;
}

export function registerConversationRoutes(app: HttpApp, options: ConversationRoutesOptions): void {
  const { conversations, history, attachments, live } = options;
  registerRoutes(app, conversationRoutes, {
    agent: async ({ principal }) => {
      const tenant = await conversations.agentOf(principal);
      const company = await options.organizationName(principal.organizationId);
      return showAgent(tenant, await options.modelOf(tenant), company);
    },
    listAgents: async ({ principal }) => ({ agents: await conversations.agents(principal) }),
    listConversations: ({ principal, query }) => history.list(principal, query.before),
    searchConversations: async ({ principal, query }) => ({ hits: await history.search(principal, query.text) }),
    exportConversation: ({ principal, params }) => history.exportMarkdown(principal, params.conversationId),
    exportConversationJson: ({ principal, params }) => history.exportJson(principal, params.conversationId),
    renameConversation: ({ principal, params, body }) => history.rename(principal, params.conversationId, body.title),
    deleteConversation: ({ principal, params }) => history.remove(principal, params.conversationId),
    uploadAttachment: async ({ principal, params, query, upload }) => {
      const { organizationId, id: conversationId } = await conversations.ownToGoOn(principal, params.conversationId);
      const { name, mediaType = '' } = query;
      return attachments.store({ organizationId, conversationId, name, mediaType }, upload);
    },
    downloadAttachment: async ({ principal, params }) => {
      const { organizationId, id } = await conversations.own(principal, params.conversationId);
      const opened = await attachments.open(organizationId, params.attachmentId);
      if (opened?.conversationId !== id) throw new ClawpoolError('not_found', 'There is no such attachment.');
      return { file: Readable.from(opened.content), name: opened.attachment.name };
    },
    startConversation: ({ principal, body }) => conversations.start(principal, body),
    conversation: ({ principal, params }) => conversations.get(principal, params.conversationId),
    conversationMessages: ({ principal, params, query }) =>
      conversations.messages(principal, params.conversationId, query),
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

function showAgent(tenant: TenantRow, model: string, company: string): Agent {
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
