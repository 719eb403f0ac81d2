import { ClientError } from '@clawpool/client';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const ownSecondFactorQuery = queryOptions({
  queryKey: ['own-second-factor'],
  queryFn: ({ signal }) => api.call('mySecondFactor', {}, { signal }),
  staleTime: 0,
});

/** A wrong password or code, of which the server says nothing but that. */
export const isWrong = (error: unknown): boolean => error instanceof ClientError && error.code === 'sign_in_failed';
