import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';
import { queryOf, type TenantView } from './tenant-view.ts';

export const tenantListKey = ['tenants', 'list'] as const;

export const tenantListQuery = (view: TenantView) =>
  queryOptions({
    queryKey: [...tenantListKey, queryOf(view)],
    queryFn: ({ signal }) => api.call('listTenants', { query: queryOf(view) }, { signal }),
    // The rows of the view before stay until the new ones are there: nothing jumps.
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const tenantKey = (tenantId: string) => ['tenants', 'one', tenantId] as const;

export const tenantQuery = (tenantId: string) =>
  queryOptions({
    queryKey: tenantKey(tenantId),
    queryFn: ({ signal }) => api.call('tenant', { params: { tenantId } }, { signal }),
    staleTime: 0,
  });

export const employeesQuery = queryOptions({
  queryKey: ['employees'],
  queryFn: async ({ signal }) => (await api.call('listEmployees', {}, { signal })).employees,
});

/** Tenants by a few letters of their name, for a field that names one. */
export const tenantNamesQuery = (search: string) =>
  queryOptions({
    queryKey: ['tenants', 'names', search],
    queryFn: async ({ signal }) => {
      const { tenants } = await api.call('listTenants', { query: { search, limit: 20 } }, { signal });
      return tenants.map(({ id, name }) => ({ id, name }));
    },
    placeholderData: keepPreviousData,
  });
