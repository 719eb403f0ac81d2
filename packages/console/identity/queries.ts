import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const identityProvidersQuery = queryOptions({
  queryKey: ['identity-providers'],
  queryFn: async ({ signal }) => (await api.call('listIdentityProviders', {}, { signal })).providers,
  staleTime: 0,
});

export const signInSettingsQuery = queryOptions({
  queryKey: ['sign-in-settings'],
  queryFn: ({ signal }) => api.call('signInSettings', {}, { signal }),
  staleTime: 0,
});

export const secondFactorsKey = ['second-factors'] as const;
export const secondFactorsPage = 50;

export interface SecondFactorsView {
  search: string;
  only: 'all' | 'with' | 'missing';
  page: number;
}

export const secondFactorsQuery = ({ search, only, page }: SecondFactorsView) =>
  queryOptions({
    queryKey: [...secondFactorsKey, search, only, page],
    queryFn: ({ signal }) =>
      api.call(
        'listSecondFactors',
        {
          query: {
            ...(search === '' ? {} : { search }),
            ...(only === 'all' ? {} : { only }),
            limit: secondFactorsPage,
            offset: (page - 1) * secondFactorsPage,
          },
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
