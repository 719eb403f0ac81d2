import type { DeadLetter } from '@clawpool/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const deliveriesKey = ['deliveries'] as const;

/** Rows of one page; also what one replay or discard may name at most is well above it. */
export const pageSize = 50;

export const deliveryFiguresQuery = queryOptions({
  queryKey: [...deliveriesKey, 'figures'],
  queryFn: ({ signal }) => api.call('deliveryFigures', {}, { signal }),
  staleTime: 0,
  refetchInterval: 3_000,
});

export type Direction = DeadLetter['direction'];

export const deadLettersQuery = (direction: Direction | null, page: number) =>
  queryOptions({
    queryKey: [...deliveriesKey, 'dead', direction, page],
    queryFn: ({ signal }) =>
      api.call(
        'listDeadLetters',
        { query: { direction: direction ?? undefined, limit: pageSize, offset: (page - 1) * pageSize } },
        { signal },
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: 5_000,
  });
