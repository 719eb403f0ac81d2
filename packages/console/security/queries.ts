import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const toolPolicyQuery = queryOptions({
  queryKey: ['security', 'policy'],
  queryFn: ({ signal }) => api.call('getToolPolicy', {}, { signal }),
});

export const runningAgentsQuery = (running: boolean) =>
  queryOptions({
    queryKey: ['security', 'agents', running],
    queryFn: async ({ signal }) =>
      (await api.call('listRunningAgents', { query: { running: String(running) } }, { signal })).agents,
    refetchInterval: 15_000,
  });

export const positionsQuery = queryOptions({
  queryKey: ['security', 'positions'],
  queryFn: async ({ signal }) => (await api.call('listPositions', {}, { signal })).positions,
});
