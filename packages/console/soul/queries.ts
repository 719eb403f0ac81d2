import type { LayerScope, ProposalState } from '@clawpool/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

/** Everything that is known of layers, for when one has changed. */
export const layersKey = ['layers'] as const;

export interface LayerName {
  scope: LayerScope;
  /** `-` for the global layer. */
  ownerId: string;
}

export const layerListQuery = queryOptions({
  queryKey: [...layersKey, 'list'],
  queryFn: ({ signal }) => api.call('listLayers', {}, { signal }),
  staleTime: 0,
});

export const layerQuery = ({ scope, ownerId }: LayerName) =>
  queryOptions({
    queryKey: [...layersKey, 'one', scope, ownerId],
    queryFn: ({ signal }) => api.call('getLayer', { params: { scope, ownerId } }, { signal }),
    staleTime: 0,
  });

export const layerVersionsQuery = ({ scope, ownerId }: LayerName) =>
  queryOptions({
    queryKey: [...layersKey, 'versions', scope, ownerId],
    queryFn: async ({ signal }) =>
      (await api.call('listLayerVersions', { params: { scope, ownerId } }, { signal })).versions,
    staleTime: 0,
  });

/** A version's text never changes; 0 is the empty text before the first. */
export const layerTextQuery = ({ scope, ownerId }: LayerName, version: number) =>
  queryOptions({
    queryKey: ['layer-texts', scope, ownerId, version],
    queryFn: async ({ signal }) =>
      version === 0
        ? ''
        : (await api.call('getLayerVersion', { params: { scope, ownerId, version: String(version) } }, { signal }))
            .content,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const proposalsQuery = (filter: { scope?: LayerScope; ownerId?: string; state?: ProposalState } = {}) =>
  queryOptions({
    queryKey: [...layersKey, 'proposals', filter],
    queryFn: async ({ signal }) => (await api.call('listProposals', { query: filter }, { signal })).proposals,
    staleTime: 0,
    // A colleague may approve it while its author looks at it.
    refetchInterval: 15_000,
  });

/** Whose files are shown, and with which text in place of the saved one. */
export interface PreviewQuestion {
  employeeId: string | null;
  positionId: string | null;
  scope: LayerScope;
  content: string;
}

export const previewQuery = (question: PreviewQuestion | null) =>
  queryOptions({
    queryKey: ['layer-preview', question],
    queryFn: ({ signal }) => {
      if (!question) throw new Error('nothing is asked');
      const { scope, content, ...whose } = question;
      return api.call('previewLayers', { body: { ...whose, [scope]: content } }, { signal });
    },
    enabled: question !== null,
    placeholderData: keepPreviousData,
    retry: false,
    // Each keystroke is a question of its own.
    gcTime: 10_000,
  });

/** People whose agents have a layer, for the choice of whose files to look at. */
export const layerPeopleQuery = (positionId: string | null, search: string) =>
  queryOptions({
    queryKey: ['employees', 'with-layer', positionId, search],
    queryFn: ({ signal }) =>
      api.call(
        'listEmployees',
        { query: { with: 'agent', positionId: positionId ?? undefined, search: search || undefined, limit: 100 } },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });
