import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

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
