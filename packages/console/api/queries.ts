import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => api.call('me', {}, { signal }),
  staleTime: 5 * 60_000,
  retry: false,
});

export const installationQuery = queryOptions({
  queryKey: ['installation'],
  queryFn: ({ signal }) => api.call('installation', {}, { signal }),
  staleTime: 5 * 60_000,
});

/** How people may sign in, for whoever is not signed in yet. */
export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: ({ signal }) => api.call('signInOptions', {}, { signal }),
  staleTime: 60_000,
});

export const agentQuery = queryOptions({
  queryKey: ['agent'],
  queryFn: ({ signal }) => api.call('agent', {}, { signal }),
  // It falls asleep without anybody telling the page.
  refetchInterval: 20_000,
});

/** The agents a person may talk to, their own first. */
export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: async ({ signal }) => (await api.call('listAgents', {}, { signal })).agents,
});

export const conversationsQuery = infiniteQueryOptions({
  queryKey: ['conversations'],
  queryFn: ({ pageParam, signal }) =>
    api.call('listConversations', { query: { before: pageParam ?? undefined } }, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => (page.more ? (page.conversations.at(-1)?.updatedAt ?? null) : null),
  // Channels and schedules write into conversations that are not open.
  staleTime: 0,
  refetchInterval: 20_000,
});

export interface AuditFilter {
  outcome?: 'allowed' | 'refused' | 'failed' | undefined;
  action?: string | undefined;
  search?: string | undefined;
  actor?: 'person' | 'agent' | 'system' | undefined;
  /** ISO time. */
  since?: string | undefined;
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      api.call('listAuditEvents', { query: { ...filter, before: pageParam ?? undefined, limit: 50 } }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
