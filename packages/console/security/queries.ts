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

export const tierChoicesQuery = queryOptions({
  queryKey: ['security', 'tier-choices'],
  queryFn: ({ signal }) => api.call('tierChoices', {}, { signal }),
  staleTime: 0,
});

export const tierUseQuery = (tierId: string) =>
  queryOptions({
    queryKey: ['security', 'tier-use', tierId],
    queryFn: ({ signal }) => api.call('tierUse', { params: { tierId } }, { signal }),
    staleTime: 0,
    // Somebody decides by it.
    gcTime: 0,
  });

export const agentRightsQuery = (tenantId: string) =>
  queryOptions({
    queryKey: ['security', 'agent-rights', tenantId],
    queryFn: ({ signal }) => api.call('sharedAgentRights', { params: { tenantId } }, { signal }),
    staleTime: 0,
  });
