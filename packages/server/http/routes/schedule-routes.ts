import { scheduleRoutes } from '@clawpool/contracts';
import type { NotificationService } from '../../conversations/notifications/notification-service.ts';
import type { ScheduleService } from '../../conversations/schedules/schedule-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface ScheduleRoutesOptions {
  schedules: ScheduleService;
  notifications: NotificationService;
}

export function registerScheduleRoutes(app: HttpApp, { schedules, notifications }: ScheduleRoutesOptions): void {
  registerRoutes(app, scheduleRoutes, {
    listSchedules: async ({ principal, query }) => ({ schedules: await schedules.list(principal, query.tenantId) }),
    createSchedule: ({ principal, body: { tenantId, ...input } }) => schedules.create(principal, input, tenantId),
    changeSchedule: ({ principal, params, body }) => schedules.change(principal, params.scheduleId, body),
    deleteSchedule: ({ principal, params }) => schedules.remove(principal, params.scheduleId),
    runSchedule: ({ principal, params }) => schedules.run(principal, params.scheduleId),
    listScheduleRuns: async ({ principal, params }) => ({ runs: await schedules.runs(principal, params.scheduleId) }),
    previewSchedule: ({ body }) => ({ times: schedules.preview(body.timing).map((at) => at.toISOString()) }),
    listNotifications: ({ principal }) => notifications.list(principal),
    readNotifications: ({ principal, body }) => notifications.read(principal, body.ids),
    notificationEvents: ({ principal }, stream) => {
      const stop = notifications.follow(principal, (told) => stream.send(told));
      stream.signal.addEventListener('abort', stop);
    },
  });
}
