import type { DirectoryRun, DirectoryVendor } from '@clawpool/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const directoryKey = ['directory'] as const;

export const settingsQuery = queryOptions({
  queryKey: [...directoryKey, 'settings'],
  queryFn: ({ signal }) => api.call('directorySettings', {}, { signal }),
});

export const tokensQuery = queryOptions({
  queryKey: [...directoryKey, 'tokens'],
  queryFn: ({ signal }) => api.call('listScimTokens', {}, { signal }),
  staleTime: 0,
  // A directory that has just been connected brings people by itself.
  refetchInterval: 15_000,
});

export const mappingsQuery = queryOptions({
  queryKey: [...directoryKey, 'mappings'],
  queryFn: async ({ signal }) => (await api.call('listDirectoryMappings', {}, { signal })).mappings,
  staleTime: 0,
});

export const sourcesQuery = queryOptions({
  queryKey: [...directoryKey, 'sources'],
  queryFn: async ({ signal }) => (await api.call('listDirectorySources', {}, { signal })).sources,
  staleTime: 0,
  refetchInterval: ({ state }) => (state.data?.some(({ lastRun }) => lastRun && isUnderWay(lastRun)) ? 1_500 : 15_000),
});

export const runsQuery = (vendor: DirectoryVendor) =>
  queryOptions({
    queryKey: [...directoryKey, 'runs', vendor],
    queryFn: async ({ signal }) => (await api.call('listDirectoryRuns', { params: { vendor } }, { signal })).runs,
    staleTime: 0,
    refetchInterval: 5_000,
  });

/** Reads the whole directory: never by itself, and never from before. */
export const previewQuery = (vendor: DirectoryVendor) =>
  queryOptions({
    queryKey: [...directoryKey, 'preview', vendor],
    queryFn: ({ signal }) => api.call('previewDirectorySource', { params: { vendor } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnMount: false,
    refetchOnWindowFocus: false,
  });

export const isUnderWay = ({ state }: DirectoryRun) => state === 'waiting' || state === 'running';
