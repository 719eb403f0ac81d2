import type { ScheduleTiming } from '@clawpool/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

/** What an employee's pages show beside conversations. */

export const myChannelsQuery = queryOptions({
  queryKey: ['my-channels'],
  queryFn: ({ signal }) => api.call('myChannels', {}, { signal }),
});

/** Of an agent; absent: the person’s own. */
export const schedulesQuery = (tenantId?: string) =>
  queryOptions({
    queryKey: ['schedules', 'all', tenantId ?? null],
    queryFn: async ({ signal }) =>
      (await api.call('listSchedules', { query: tenantId === undefined ? {} : { tenantId } }, { signal })).schedules,
    // Runs begin and end without anybody touching the page.
    refetchInterval: ({ state }) => (state.data?.some(({ lastRun }) => lastRun?.state === 'running') ? 2_000 : 15_000),
  });

/** Everything that shows schedules. */
export const schedulesChanged = { queryKey: ['schedules', 'all'] };

export const scheduleRunsQuery = (scheduleId: string) =>
  queryOptions({
    queryKey: ['schedules', 'runs', scheduleId],
    queryFn: async ({ signal }) => (await api.call('listScheduleRuns', { params: { scheduleId } }, { signal })).runs,
    refetchInterval: 5_000,
  });

/** Null: there is no timing yet that could be looked at. */
export const timingPreviewQuery = (timing: ScheduleTiming | null) =>
  queryOptions({
    queryKey: ['schedules', 'preview', timing],
    queryFn: async ({ signal }) =>
      timing ? (await api.call('previewSchedule', { body: { timing } }, { signal })).times : [],
    enabled: timing !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });

export const notificationsQuery = queryOptions({
  queryKey: ['notifications', 'list'],
  queryFn: async ({ signal }) => (await api.call('listNotifications', {}, { signal })).notifications,
  staleTime: 0,
});

/** How many are unread; `notificationEvents` writes it. */
export const unreadKey = ['notifications', 'unread'] as const;

export const twinQuery = queryOptions({
  queryKey: ['my-twin'],
  queryFn: ({ signal }) => api.call('myTwin', {}, { signal }),
  // Visitors come while the page is open.
  refetchInterval: 10_000,
});

/** What a visitor sees. It counts as a view, so it is asked for once per visit. */
export const twinPageQuery = (token: string) =>
  queryOptions({
    queryKey: ['twin-page', token],
    queryFn: ({ signal }) => api.call('twinPage', { params: { token } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
