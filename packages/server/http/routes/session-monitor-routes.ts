import { sessionMonitorRoutes } from '@clawpool/contracts';
import type { LiveConversations } from '../../conversations/live-conversations.ts';
import type { SessionMonitor } from '../../conversations/sessions/monitor-service.ts';
import type { Takeovers } from '../../conversations/sessions/takeover-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface SessionMonitorRoutesOptions {
  monitor: SessionMonitor;
  takeovers: Takeovers;
  live: LiveConversations;
}

export function registerSessionMonitorRoutes(app: HttpApp, options: SessionMonitorRoutesOptions): void {
  const { monitor, takeovers, live } = options;
  registerRoutes(app, sessionMonitorRoutes, {
    listSessions: ({ principal, query }) => monitor.list(principal, query),
    getMonitoredSession: ({ principal, params }) => monitor.get(principal, params.conversationId),
    monitoredSessionEvents: async ({ principal, params }, stream) => {
      const { organizationId, id } = await monitor.open(principal, params.conversationId);
      const stop = await live.follow(organizationId, id, (event) => stream.send(event));
      if (stream.signal.aborted) stop();
      else stream.signal.addEventListener('abort', stop);
    },
    takeOverSession: ({ principal, params }) => takeovers.takeOver(principal, params.conversationId),
    giveSessionBack: ({ principal, params }) => takeovers.giveBack(principal, params.conversationId),
    sendAsHuman: ({ principal, params, body }) => takeovers.send(principal, params.conversationId, body),
    endSession: ({ principal, params }) => takeovers.end(principal, params.conversationId),
  });
}
