import { integrationRoutes } from '@clawpool/contracts';
import type { ApiKeyService } from '../../integrations/api-key-service.ts';
import type { WebhookService } from '../../integrations/webhook-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface IntegrationRoutesOptions {
  keys: ApiKeyService;
  webhooks: WebhookService;
}

export function registerIntegrationRoutes(app: HttpApp, { keys, webhooks }: IntegrationRoutesOptions): void {
  registerRoutes(app, integrationRoutes, {
    listApiKeys: async ({ principal }) => ({ keys: await keys.list(principal) }),
    createApiKey: ({ principal, body }) => keys.create(principal, body),
    revokeApiKey: ({ principal, params }) => keys.revoke(principal, params.keyId),
    listWebhooks: async ({ principal }) => ({ webhooks: await webhooks.list(principal) }),
    createWebhook: ({ principal, body }) => webhooks.create(principal, body),
    changeWebhook: ({ principal, params, body }) => webhooks.change(principal, params.webhookId, body),
    deleteWebhook: ({ principal, params }) => webhooks.remove(principal, params.webhookId),
    pingWebhook: ({ principal, params }) => webhooks.ping(principal, params.webhookId),
    listWebhookDeliveries: async ({ principal, params }) => ({
      deliveries: await webhooks.deliveries(principal, params.webhookId),
    }),
    replayWebhookDelivery: ({ principal, params }) => webhooks.replay(principal, params.webhookId, params.deliveryId),
  });
}
