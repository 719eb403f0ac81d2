import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

/** Everything about requests and grants changes together. */
export const approvalsKey = ['approvals'] as const;

/** By pages: those that wait for a decision, or those that do not any more. */
export const accessRequestsQuery = (filter: { state: 'pending' | 'decided'; search?: string }) =>
  infiniteQueryOptions({
    queryKey: [...approvalsKey, 'requests', filter],
    queryFn: ({ pageParam, signal }) =>
      api.call('listAccessRequests', { query: { ...filter, before: pageParam } }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ more, requests }) => (more ? requests.at(-1)?.id : undefined),
    // Agents ask by themselves, and others decide.
    refetchInterval: 20_000,
  });

export const grantsQuery = (holding: boolean) =>
  queryOptions({
    queryKey: [...approvalsKey, 'grants', holding],
    queryFn: async ({ signal }) =>
      (await api.call('listGrants', { query: { holding: String(holding) } }, { signal })).grants,
    refetchInterval: 20_000,
  });

export const myRequestsQuery = queryOptions({
  queryKey: [...approvalsKey, 'mine'],
  queryFn: ({ signal }) => api.call('listMyRequests', {}, { signal }),
  refetchInterval: 20_000,
});
