import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

/** All keys begin with `tenants`: whatever makes the tenant stale, makes these stale too. */
export const tenantOperationsQuery = (tenantId: string) =>
  queryOptions({
    queryKey: ['tenants', 'operations', tenantId],
    queryFn: async ({ signal }) =>
      (await api.call('listTenantOperations', { params: { tenantId }, query: { limit: 200 } }, { signal })).operations,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.some(({ finishedAt }) => finishedAt === null) ? 2_000 : 15_000),
  });

export const tenantTimelineQuery = (tenantId: string) =>
  infiniteQueryOptions({
    queryKey: ['tenants', 'timeline', tenantId],
    queryFn: ({ pageParam, signal }) =>
      api.call(
        'tenantTimeline',
        { params: { tenantId }, query: { before: pageParam ?? undefined, limit: 50 } },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
    refetchInterval: 15_000,
  });

export const tenantMetricsQuery = (tenantId: string, hours: number) =>
  queryOptions({
    queryKey: ['tenants', 'metrics', tenantId, hours],
    queryFn: ({ signal }) => api.call('tenantMetrics', { params: { tenantId }, query: { hours } }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    // There is one sample a minute.
    refetchInterval: 30_000,
  });

export const tenantLogsQuery = (tenantId: string, lines: number, follow: boolean) =>
  queryOptions({
    queryKey: ['logs', tenantId, lines],
    queryFn: async ({ signal }) =>
      (await api.call('tenantLogs', { params: { tenantId }, query: { lines } }, { signal })).lines,
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: follow ? 2_500 : false,
  });
