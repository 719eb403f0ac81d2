import { randomUUID } from 'node:crypto';
import { ClawpoolError, type Webhook, type WebhookDelivery, type WebhookEventType } from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import type { Seal } from '../store/seal.ts';
import { newWebhookSecret, refuseUnusableUrl } from './webhook.ts';
import {
  deleteWebhook,
  discardWaiting,
  findWebhook,
  insertDelivery,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  lockWebhook,
  replayDelivery,
  updateWebhook,
  type WebhookRow,
} from './webhook-store.ts';

/** What admins do with endpoints; who may is decided by the routes. Error of all that name one: `not_found`. */
export interface WebhookService {
  list(principal: Principal): Promise<Webhook[]>;
  /** The signing secret is told here and never again. Errors: `invalid_request`, `quota_exceeded`. */
  create(
    principal: Principal,
    input: { url: string; events: WebhookEventType[] },
  ): Promise<{ webhook: Webhook; secret: string }>;
  /** What waits for one that is switched off is discarded. Error: `invalid_request`. */
  change(principal: Principal, webhookId: string, change: WebhookChange): Promise<Webhook>;
  remove(principal: Principal, webhookId: string): Promise<void>;
  /** Error: `conflict`, it is switched off. */
  ping(principal: Principal, webhookId: string): Promise<WebhookDelivery>;
  deliveries(principal: Principal, webhookId: string): Promise<WebhookDelivery[]>;
  /** Sends it again with the same id, whatever came of it before. Error: `conflict`, it is switched off. */
  replay(principal: Principal, webhookId: string, deliveryId: string): Promise<WebhookDelivery>;
}

export interface WebhookChange {
  url?: string | undefined;
  events?: WebhookEventType[] | undefined;
  enabled?: boolean | undefined;
}

/** Every event is a row for each of them. */
const maxWebhooks = 20;

export interface WebhookServiceOptions {
  database: Database;
  /** For their signing secrets: `createSeal(secret, 'webhooks')`. */
  seal: Seal;
  /** Endpoints of this machine and of private networks may be entered. */
  allowPrivateAddresses: boolean;
}

export function createWebhookService({ database, seal, allowPrivateAddresses }: WebhookServiceOptions): WebhookService {
  const { db } = database;

  /** Locks it, changes it and records that, in one transaction. */
  function changing<T>(
    principal: Principal,
    webhookId: string,
    verb: string,
    change: (tx: Transaction, webhook: WebhookRow) => Promise<T>,
    detail: Record<string, unknown> = {},
  ): Promise<T> {
    return db.transaction(async (tx) => {
      const webhook = await lockWebhook(tx, principal.organizationId, webhookId);
      if (!webhook) throw noSuchWebhook(webhookId);
      const result = await change(tx, webhook);
      await audit(tx, principal, verb, webhook, detail);
      return result;
    });
  }

  return {
    list: ({ organizationId }) => listWebhooks(db, organizationId),

    create: async (principal, { url, events }) => {
      refuseUnusableUrl(url, { allowPrivateAddresses });
      return db.transaction(async (tx) => {
        const { organizationId } = principal;
        if ((await listWebhooks(tx, organizationId)).length >= maxWebhooks) {
          throw new ClawpoolError(
            'quota_exceeded',
            `There are ${maxWebhooks} endpoints.`,
            'Remove one that is not used.',
          );
        }
        const secret = newWebhookSecret();
        const row = {
          organizationId,
          id: randomUUID(),
          url,
          events: [...new Set(events)],
          sealedSecret: seal.seal(secret),
        };
        await insertWebhook(tx, row);
        await audit(tx, principal, 'created', row, { url, events });
        return { webhook: await shown(tx, organizationId, row.id), secret };
      });
    },

    change: async (principal, webhookId, change) => {
      if (change.url !== undefined) refuseUnusableUrl(change.url, { allowPrivateAddresses });
      const set = {
        ...(change.url === undefined ? {} : { url: change.url }),
        ...(change.events === undefined ? {} : { events: [...new Set(change.events)] }),
        ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
      };
      const { organizationId } = principal;
      return changing(
        principal,
        webhookId,
        'changed',
        async (tx) => {
          if (Object.keys(set).length > 0) await updateWebhook(tx, { organizationId, id: webhookId }, set);
          if (change.enabled === false) await discardWaiting(tx, organizationId, webhookId);
          return shown(tx, organizationId, webhookId);
        },
        set,
      );
    },

    remove: (principal, webhookId) =>
      changing(principal, webhookId, 'deleted', (tx) => deleteWebhook(tx, principal.organizationId, webhookId)),

    ping: (principal, webhookId) =>
      changing(principal, webhookId, 'pinged', async (tx, webhook) => {
        refuseSwitchedOff(webhook);
        const { organizationId } = principal;
        const id = `msg_${randomUUID().replaceAll('-', '')}`;
        const payload = { type: 'ping', timestamp: new Date().toISOString(), data: { webhookId } };
        const made = await insertDelivery(tx, { organizationId, id, webhookId, event: 'ping', payload });
        await notify(tx, 'webhook_ready', {});
        return made;
      }),

    deliveries: async ({ organizationId }, webhookId) => {
      await shown(db, organizationId, webhookId);
      return listDeliveries(db, organizationId, webhookId);
    },

    replay: (principal, webhookId, id) =>
      changing(
        principal,
        webhookId,
        'replayed',
        async (tx, webhook) => {
          refuseSwitchedOff(webhook);
          const { organizationId } = principal;
          const delivery = await replayDelivery(tx, { organizationId, webhookId, id });
          if (!delivery) {
            throw new ClawpoolError(
              'not_found',
              `There is no event “${id}” for this endpoint.`,
              'List its deliveries.',
            );
          }
          await notify(tx, 'webhook_ready', {});
          return delivery;
        },
        { deliveryId: id },
      ),
  };
}

async function shown(db: Parameters<typeof findWebhook>[0], organizationId: string, id: string): Promise<Webhook> {
  const webhook = await findWebhook(db, organizationId, id);
  if (webhook) return webhook;
  throw noSuchWebhook(id);
}

function refuseSwitchedOff({ enabled }: WebhookRow): void {
  if (!enabled) throw new ClawpoolError('conflict', 'The endpoint is switched off.', 'Switch it on first.');
}

const noSuchWebhook = (id: string) =>
  new ClawpoolError('not_found', `There is no webhook “${id}”.`, 'The list of webhooks shows which there are.');

const audit = (
  tx: Transaction,
  { organizationId, userId, name }: Principal,
  verb: string,
  webhook: Pick<WebhookRow, 'id' | 'url'>,
  detail: Record<string, unknown>,
): Promise<void> =>
  recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name },
    action: `webhook.${verb}`,
    target: { type: 'webhook', id: webhook.id, name: webhook.url },
    outcome: 'allowed',
    detail,
  });
