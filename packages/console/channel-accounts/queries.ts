import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const channelAccountsKey = ['channel-accounts'] as const;

export const channelAccountsQuery = queryOptions({
  queryKey: [...channelAccountsKey, 'all'],
  queryFn: async ({ signal }) => (await api.call('listChannelAccounts', {}, { signal })).accounts,
  staleTime: 0,
  // What they receive, and what goes wrong, changes by itself.
  refetchInterval: 5_000,
});

export const bindingsQuery = (accountId: string) =>
  queryOptions({
    queryKey: [...channelAccountsKey, 'bindings', accountId],
    queryFn: async ({ signal }) =>
      (await api.call('listChannelBindings', { params: { accountId } }, { signal })).bindings,
    staleTime: 0,
    refetchInterval: 5_000,
  });
