import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const dashboardQuery = queryOptions({
  queryKey: ['dashboard'],
  queryFn: ({ signal }) => api.call('getDashboard', {}, { signal }),
  refetchInterval: 30_000,
});
