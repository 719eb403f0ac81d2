import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';
import { workspaceKey } from '../files/queries.ts';

export const profileQuery = queryOptions({
  queryKey: ['my-profile'],
  queryFn: ({ signal }) => api.call('myProfile', {}, { signal }),
  staleTime: 0,
});

/** USER.md as the agent reads it from its next turn on; undefined while there is none. Made anew with each version of the text. */
export const userFileQuery = (aboutVersion: number) =>
  queryOptions({
    queryKey: ['my-profile', 'user-file', aboutVersion],
    queryFn: async ({ signal }) => {
      const { files } = await api.call('previewLayers', { body: {} }, { signal });
      return files.find(({ path }) => path === 'USER.md')?.content ?? null;
    },
    retry: false,
  });

/** How much of MEMORY.md the agent sees; null where it is no text. Asked again when the file was changed. */
export const memoryRoomQuery = (tenantId: string, modifiedAt: string | null) =>
  queryOptions({
    queryKey: [...workspaceKey(tenantId), 'memory-room', modifiedAt],
    queryFn: async ({ signal }) => {
      const query = { path: 'MEMORY.md' };
      const { text, promptLimit } = await api.call('openFile', { params: { tenantId }, query }, { signal });
      return text === null || promptLimit === null ? null : { characters: text.trimEnd().length, limit: promptLimit };
    },
    retry: false,
  });
