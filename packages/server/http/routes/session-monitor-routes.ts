import { Readable } from 'node:stream';
import { ClawpoolError, sessionMonitorRoutes } from '@clawpool/contracts';
import type { Attachments } from '../../conversations/attachments.ts';
import type { LiveConversations } from '../../conversations/live-conversations.ts';
import type { SessionMonitor } from '../../conversations/sessions/monitor-service.ts';
import type { Takeovers } from '../../conversations/sessions/takeover-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface SessionMonitorRoutesOptions {
  monitor: SessionMonitor;
  takeovers: Takeovers;
  attachments: Attachments;
  live: LiveConversations;
}

export function registerSessionMonitorRoutes(app: HttpApp, options: SessionMonitorRoutesOptions): void {
  const { monitor, takeovers, attachments, live } = options;
  registerRoutes(app, sessionMonitorRoutes, {
    listSessions: ({ principal, query }) => monitor.list(principal, query),
    getMonitoredSession: ({ principal, params }) => monitor.get(principal, params.conversationId),
    getMonitoredMessages: ({ principal, params, query }) => monitor.messages(principal, params.conversationId, query),
    monitoredSessionEvents: async ({ principal, params }, stream) => {
      const { organizationId, id } = await monitor.open(principal, params.conversationId);
      const stop = await live.follow(organizationId, id, (event) => stream.send(event));
      if (stream.signal.aborted) stop();
      else stream.signal.addEventListener('abort', stop);
    },
    takeOverSession: ({ principal, params }) => takeovers.takeOver(principal, params.conversationId),
    giveSessionBack: ({ principal, params }) => takeovers.giveBack(principal, params.conversationId),
    sendAsHuman: ({ principal, params, body }) => takeovers.send(principal, params.conversationId, body),
    uploadSessionAttachment: async ({ principal, params, query, upload }) => {
      const session = await takeovers.mayAnswerWithFile(principal, params.conversationId);
      const { name, mediaType = '' } = query;
      return attachments.store({ ...session, name, mediaType }, upload);
    },
    downloadSessionAttachment: async ({ principal, params }) => {
      const { organizationId } = await monitor.openFile(principal, params.conversationId, params.attachmentId);
      const opened = await attachments.open(organizationId, params.attachmentId);
      if (!opened) throw new ClawpoolError('not_found', 'The file’s content is not there any more.');
      return { file: Readable.from(opened.content), name: opened.attachment.name };
    },
    endSession: ({ principal, params }) => takeovers.end(principal, params.conversationId),
  });
}
