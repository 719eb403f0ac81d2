import type { ChannelBinding } from '@clawpool/contracts';
import { useQueries, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { meQuery } from '../../api/queries.ts';
import { bindingsQuery, channelAccountsQuery } from '../../channel-accounts/queries.ts';
import { pagesOf } from '../../session/access.ts';

/** The pairings of every bot of the organization; null for whoever may not see them, undefined until they are there. */
export function useBindings(): { bindings: ChannelBinding[] | null | undefined; error: Error | null } {
  const { data: me } = useSuspenseQuery(meQuery);
  const may = pagesOf(me).includes('channelAccounts');
  const { data: accounts, error } = useQuery({ ...channelAccountsQuery, enabled: may });
  const answers = useQueries({ queries: (accounts ?? []).map(({ id }) => bindingsQuery(id)) });
  if (!may) return { bindings: null, error: null };
  const complete = accounts !== undefined && answers.every(({ data }) => data !== undefined);
  return {
    bindings: complete ? answers.flatMap(({ data = [] }) => data) : undefined,
    error: error ?? answers.find((answer) => answer.error)?.error ?? null,
  };
}
