import type { Origin } from '@clawpool/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const routingKey = ['routing'] as const;

export const rulesQuery = queryOptions({
  queryKey: [...routingKey, 'rules'],
  queryFn: async ({ signal }) => (await api.call('listRoutingRules', {}, { signal })).rules,
  staleTime: 0,
});

export const assignmentsQuery = queryOptions({
  queryKey: [...routingKey, 'assignments'],
  queryFn: async ({ signal }) => (await api.call('listAssignments', {}, { signal })).assignments,
  staleTime: 0,
});

export const resolutionQuery = (question: { employeeId: string; origin: Origin; tenantId: string | undefined }) =>
  queryOptions({
    queryKey: [...routingKey, 'resolution', question],
    queryFn: ({ signal }) => api.call('resolveRoute', { query: question }, { signal }),
    staleTime: 0,
    // A rule that somebody changes meanwhile holds for the next message.
    refetchInterval: 5_000,
  });
