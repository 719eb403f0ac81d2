import type { TenantState } from '@clawpool/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

/** What operators look at changes by itself; these pages ask again this often while they are open. */
const liveMs = 5_000;
/** While something is on its way that the person has just started. */
const busyMs = 1_500;

export const tiersQuery = queryOptions({
  queryKey: ['tiers'],
  queryFn: async ({ signal }) => (await api.call('listTiers', {}, { signal })).tiers,
});

export const skillsQuery = queryOptions({
  queryKey: ['skills'],
  queryFn: ({ signal }) => api.call('listSkills', {}, { signal }),
});

/** Whatever is known of templates, for when one has changed. */
export const templatesKey = ['config-templates'] as const;

export const templatesQuery = queryOptions({
  queryKey: ['config-templates', 'all'],
  queryFn: async ({ signal }) => (await api.call('listConfigTemplates', {}, { signal })).templates,
});

export const templateQuery = (name: string) =>
  queryOptions({
    queryKey: ['config-templates', 'one', name],
    queryFn: ({ signal }) => api.call('getConfigTemplate', { params: { name } }, { signal }),
    // Whoever edits or compares wants the newest.
    staleTime: 0,
  });

export const poolQuery = queryOptions({
  queryKey: ['pool', 'all'],
  queryFn: ({ signal }) => api.call('pool', {}, { signal }),
  refetchInterval: liveMs,
});

export const quotasQuery = queryOptions({
  queryKey: ['quotas'],
  queryFn: ({ signal }) => api.call('quotas', {}, { signal }),
  refetchInterval: liveMs,
});

export const batchesQuery = queryOptions({
  queryKey: ['batches'],
  queryFn: async ({ signal }) => (await api.call('listBatches', {}, { signal })).batches,
  refetchInterval: ({ state }) => (state.data?.some((batch) => batch.state === 'running') ? busyMs : liveMs),
});

/** `state` is a part of the key, so that what failed last is read once more when the batch is over. */
export const batchQuery = (batchId: string, state: string) =>
  queryOptions({
    queryKey: ['batches', batchId, state],
    queryFn: ({ signal }) => api.call('batch', { params: { batchId } }, { signal }),
    refetchInterval: state === 'running' ? busyMs : false,
  });

export const loadTestsQuery = queryOptions({
  queryKey: ['load-tests'],
  queryFn: async ({ signal }) => (await api.call('listLoadTests', {}, { signal })).loadTests,
  refetchInterval: ({ state }) =>
    state.data?.some((test) => test.state !== 'finished' && test.state !== 'cleaned') ? busyMs : liveMs,
});

/** How many tenants fit a filter, and which groups there are. */
export const tenantCountQuery = (filter: { tag?: string; group?: string; state?: TenantState; tier?: string }) =>
  queryOptions({
    queryKey: ['tenant-count', filter],
    queryFn: ({ signal }) => api.call('listTenants', { query: { ...filter, limit: 1 } }, { signal }),
    staleTime: 2_000,
  });

export interface CheckpointFilter {
  /** Of one tenant; absent: of all. */
  tenantId?: string;
  backups: boolean;
  orphans: boolean;
  search: string;
  /** Of each tenant only the newest that fits. */
  newest?: boolean;
  limit: number;
}

export const checkpointsQuery = (filter: CheckpointFilter) =>
  infiniteQueryOptions({
    queryKey: ['checkpoints', filter],
    queryFn: ({ pageParam, signal }) =>
      api.call(
        'listCheckpoints',
        {
          query: {
            tenantId: filter.tenantId,
            ...(filter.backups ? { backups: 'true' } : {}),
            ...(filter.orphans ? { orphans: 'true' } : {}),
            ...(filter.newest ? { newest: 'true' } : {}),
            search: filter.search || undefined,
            before: pageParam ?? undefined,
            limit: filter.limit,
          },
        },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => api.call('retention', {}, { signal }),
});
