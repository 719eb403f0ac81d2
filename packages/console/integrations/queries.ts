import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: async ({ signal }) => (await api.call('listApiKeys', {}, { signal })).keys,
  staleTime: 0,
});

export const webhooksKey = ['webhooks'] as const;

export const webhooksQuery = queryOptions({
  queryKey: [...webhooksKey, 'all'],
  queryFn: async ({ signal }) => (await api.call('listWebhooks', {}, { signal })).webhooks,
  staleTime: 0,
  refetchInterval: 5_000,
});

export const webhookDeliveriesQuery = (webhookId: string) =>
  queryOptions({
    queryKey: [...webhooksKey, 'deliveries', webhookId],
    queryFn: async ({ signal }) =>
      (await api.call('listWebhookDeliveries', { params: { webhookId } }, { signal })).deliveries,
    staleTime: 0,
    refetchInterval: 2_000,
  });
