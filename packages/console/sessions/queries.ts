import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';
import { queryOf, type SessionView } from './session-view.ts';

export const sessionListKey = ['sessions', 'list'] as const;

export const sessionListQuery = (view: SessionView) =>
  queryOptions({
    queryKey: [...sessionListKey, queryOf(view)],
    queryFn: ({ signal }) => api.call('listSessions', { query: queryOf(view) }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: 5_000,
  });

export const sessionKey = (conversationId: string) => ['sessions', 'one', conversationId] as const;

/** Who talks, and the figures. The transcript itself comes live, see `use-transcript.ts`. */
export const sessionQuery = (conversationId: string) =>
  queryOptions({
    queryKey: sessionKey(conversationId),
    queryFn: async ({ signal }) =>
      (await api.call('getMonitoredSession', { params: { conversationId } }, { signal })).session,
    staleTime: 0,
    // Figures follow the events; this is for what happens without one.
    refetchInterval: 30_000,
  });
