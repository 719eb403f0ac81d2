import type { AccessRequest } from '@clawpool/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

/** Everything about requests and grants changes together. */
export const approvalsKey = ['approvals'] as const;

export const accessRequestsQuery = (filter: { state?: AccessRequest['state']; search?: string }) =>
  queryOptions({
    queryKey: [...approvalsKey, 'requests', filter],
    queryFn: ({ signal }) => api.call('listAccessRequests', { query: filter }, { signal }),
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
