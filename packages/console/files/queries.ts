import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';
import { withoutSlash } from './paths.ts';

/** Everything that is known of an agent's workspace, for when something in it has changed. */
export const workspaceKey = (tenantId: string) => ['workspace', tenantId] as const;

/** A folder, page by page; its path with or without the slash. */
export const folderQuery = (tenantId: string, path: string) =>
  infiniteQueryOptions({
    queryKey: [...workspaceKey(tenantId), 'folder', withoutSlash(path)],
    queryFn: ({ pageParam, signal }) =>
      api.call(
        'listFiles',
        { params: { tenantId }, query: { path: withoutSlash(path), offset: pageParam } },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: ({ total, entries }, _, offset) =>
      entries.length > 0 && offset + entries.length < total ? offset + entries.length : null,
    staleTime: 0,
    // The agent writes without telling the page.
    refetchInterval: 15_000,
  });

/** A file as it is now, or as a checkpoint has it. Reading another's is in the audit trail: it is read once, when somebody asks. */
export const fileQuery = (tenantId: string, path: string, version?: string) =>
  queryOptions({
    queryKey: [...workspaceKey(tenantId), 'file', path, version ?? 'now'],
    queryFn: ({ signal }) => api.call('openFile', { params: { tenantId }, query: { path, version } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export const fileVersionsQuery = (tenantId: string, path: string) =>
  queryOptions({
    queryKey: [...workspaceKey(tenantId), 'versions', path],
    queryFn: async ({ signal }) =>
      (await api.call('listFileVersions', { params: { tenantId }, query: { path } }, { signal })).versions,
    staleTime: 0,
  });
