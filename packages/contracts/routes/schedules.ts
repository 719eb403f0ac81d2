import { z } from 'zod';
import { notification, schedule, scheduleInput, scheduleRun } from '../schedule.ts';
import { route } from './route.ts';

const params = z.object({ scheduleId: z.string().max(64) });

/** Each person sees and changes the schedules of their own agent; admins those of any tenant of the organization. */
export const scheduleRoutes = {
  listSchedules: route({
    method: 'GET',
    path: '/schedules',
    tag: 'Schedules',
    summary: 'Schedules of my agent, or, for admins, of a tenant',
    access: 'signed-in',
    query: z.object({ tenantId: z.string().max(64).optional() }),
    response: z.object({ schedules: z.array(schedule) }),
  }),
  createSchedule: route({
    method: 'POST',
    path: '/schedules',
    tag: 'Schedules',
    summary: 'Let my agent do something once, at a rate, or by a cron expression',
    access: 'signed-in',
    status: 201,
    body: scheduleInput.extend({ tenantId: z.string().max(64).optional() }),
    response: schedule,
  }),
  changeSchedule: route({
    method: 'PUT',
    path: '/schedules/:scheduleId',
    tag: 'Schedules',
    summary: 'Change a schedule, or switch it on or off',
    access: 'signed-in',
    params,
    body: scheduleInput,
    response: schedule,
  }),
  deleteSchedule: route({
    method: 'DELETE',
    path: '/schedules/:scheduleId',
    tag: 'Schedules',
    summary: 'Delete a schedule; what it said stays',
    access: 'signed-in',
    params,
    status: 204,
  }),
  runSchedule: route({
    method: 'POST',
    path: '/schedules/:scheduleId/run',
    tag: 'Schedules',
    summary: 'Run it now as well',
    access: 'signed-in',
    params,
    status: 202,
    response: scheduleRun,
  }),
  listScheduleRuns: route({
    method: 'GET',
    path: '/schedules/:scheduleId/runs',
    tag: 'Schedules',
    summary: 'Its latest 50 runs',
    access: 'signed-in',
    params,
    response: z.object({ runs: z.array(scheduleRun) }),
  }),
  previewSchedule: route({
    method: 'POST',
    path: '/schedules/preview',
    tag: 'Schedules',
    summary: 'The next five times of a timing, or why it is none',
    access: 'signed-in',
    body: z.object({ timing: scheduleInput.shape.timing }),
    response: z.object({ times: z.array(z.iso.datetime()) }),
  }),

  listNotifications: route({
    method: 'GET',
    path: '/notifications',
    tag: 'Schedules',
    summary: 'What I was told beside conversations, the latest 100',
    access: 'signed-in',
    response: z.object({ notifications: z.array(notification), unread: z.number().int() }),
  }),
  readNotifications: route({
    method: 'POST',
    path: '/notifications/read',
    tag: 'Schedules',
    summary: 'Mark these as read, or all',
    access: 'signed-in',
    body: z.object({ ids: z.array(z.string().max(64)).max(100).optional() }),
    status: 204,
  }),
  notificationEvents: route({
    method: 'GET',
    path: '/notifications/events',
    tag: 'Schedules',
    summary: 'How many are unread, now and whenever it changes',
    access: 'signed-in',
    events: z.object({ unread: z.number().int() }),
  }),
};
