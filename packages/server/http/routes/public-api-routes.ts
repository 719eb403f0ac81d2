import { Readable } from 'node:stream';
import { publicApiRoutes } from '@clawpool/contracts';
import type { ApiService } from '../../integrations/api-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerPublicApiRoutes(app: HttpApp, api: ApiService): void {
  registerRoutes(app, publicApiRoutes, {
    apiSendMessage: ({ principal, params, body, signal }) => api.send(principal, params.tenantId, body, signal),
    apiStreamMessage: ({ principal, params, body }, stream) => api.stream(principal, params.tenantId, body, stream),
    apiTurn: ({ principal, params }) => api.turn(principal, params.tenantId, params.turnId),
    apiUploadAttachment: ({ principal, params, query, upload }) =>
      api.upload(principal, params.tenantId, query, upload),
    apiDownloadAttachment: async ({ principal, params }) => {
      const { name, content } = await api.download(principal, params.sessionId, params.attachmentId);
      return { file: Readable.from(content), name };
    },
    apiListSessions: ({ principal, params, query }) => api.listSessions(principal, params.tenantId, query),
    apiTranscript: ({ principal, params, query }) => api.transcript(principal, params.sessionId, query),
    apiEndSession: ({ principal, params }) => api.endSession(principal, params.sessionId),
    apiListSchedules: async ({ principal, params }) => ({
      schedules: await api.listSchedules(principal, params.tenantId),
    }),
    apiCreateSchedule: ({ principal, params, body }) => api.createSchedule(principal, params.tenantId, body),
    apiDeleteSchedule: ({ principal, params }) => api.deleteSchedule(principal, params.tenantId, params.scheduleId),
  });
}
