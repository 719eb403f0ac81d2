import type { Me } from '@clawpool/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { installationQuery, meQuery } from '../api/queries.ts';
import { homeOf, safeNext } from './access.ts';

/** Goes into the house with somebody who has just signed in. */
export function useEnter(): (me: Me) => void {
  const router = useRouter();
  const queries = useQueryClient();
  const { next } = getRouteApi('/sign-in').useSearch();
  return (me) => {
    // Nothing that an earlier person of this tab has seen may remain.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== installationQuery.queryKey[0] });
    queries.setQueryData(meQuery.queryKey, me);
    router.history.push(me.mustChangePassword ? '/password' : (safeNext(next) ?? `/${homeOf(me)}`));
  };
}
