import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';
import { type AgentView, queryOf } from './agent-view.ts';

/** Whatever agents are made of, for when a part of it has changed. */
export const agentsKey = ['agent-factory'] as const;

export const agentListQuery = (view: AgentView) =>
  queryOptions({
    queryKey: [...agentsKey, 'list', queryOf(view)],
    queryFn: ({ signal }) => api.call('listAgentOverviews', { query: queryOf(view) }, { signal }),
    // The rows of the view before stay until the new ones are there: nothing jumps.
    placeholderData: keepPreviousData,
    staleTime: 0,
    // Agents wake and fall asleep without anybody touching the page.
    refetchInterval: 10_000,
  });

export const agentQuery = (tenantId: string) =>
  queryOptions({
    queryKey: [...agentsKey, 'one', tenantId],
    queryFn: ({ signal }) => api.call('getAgentOverview', { params: { tenantId } }, { signal }),
    staleTime: 0,
    refetchInterval: 10_000,
  });

export const effectiveSettingsQuery = (tenantId: string) =>
  queryOptions({
    queryKey: [...agentsKey, 'effective', tenantId],
    queryFn: ({ signal }) => api.call('effectiveSettings', { params: { tenantId } }, { signal }),
    staleTime: 0,
  });

export const agentToolsQuery = (tenantId: string) =>
  queryOptions({
    queryKey: [...agentsKey, 'tools', tenantId],
    queryFn: ({ signal }) => api.call('agentTools', { params: { tenantId } }, { signal }),
    staleTime: 0,
  });

/** Overrides of model and conversation, and the models there are. */
export const agentSettingsQuery = queryOptions({
  queryKey: [...agentsKey, 'settings'],
  queryFn: ({ signal }) => api.call('listAgentSettings', {}, { signal }),
  staleTime: 0,
});

/** People by a few letters: all, or those without an agent of their own. */
export const peopleQuery = (search: string, withoutAgent: boolean) =>
  queryOptions({
    queryKey: ['employees', 'to-choose', search, withoutAgent],
    queryFn: ({ signal }) =>
      api.call(
        'listEmployees',
        { query: { search: search || undefined, ...(withoutAgent ? { with: 'no_agent' as const } : {}), limit: 100 } },
        { signal },
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
