import { recordAudit } from '../audit/audit-store.ts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import type { Seal } from '../store/seal.ts';
import { webhookBackoffMs } from './webhook.ts';
import { sendWebhook, type WebhookOutcome, type WebhookRequestOptions } from './webhook-request.ts';
import {
  type ClaimedDelivery,
  claimNextDelivery,
  deleteOldDeliveries,
  discardWaiting,
  lockWebhook,
  nextDeliveryAt,
  releaseDeliveriesOfTheDead,
  settleDelivery,
  updateWebhook,
} from './webhook-store.ts';

export interface WebhookWorkerOptions extends Pick<WebhookRequestOptions, 'allowPrivateAddresses' | 'timeoutMs'> {
  database: Database;
  notifications: NotificationListener;
  seal: Seal;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
}

/** Longer than an attempt can take, so that leases need no renewal. */
const leaseMs = 30_000;
/** A slow poll catches whatever a lost notification would have told. */
const pollMs = 5_000;
/** Attempts that one process makes at once, and to one endpoint: a slow one keeps no other waiting. */
const atOnce = 32;
const atOncePerEndpoint = 4;

const keptDays = 30;
const cleaningMs = 3_600_000;

/** Delivers events to endpoints until they are taken, or for a day. Their order is not promised. */
export function startWebhookWorker(options: WebhookWorkerOptions): { close(): Promise<void> } {
  const { database, notifications, owner, onError } = options;
  const { db } = database;
  const running = new Map<Promise<void>, string>();
  const closing = new AbortController();
  let wanted = false;
  let claiming: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let cleanedAt = 0;

  const stopReady = notifications.on('webhook_ready', () => look());
  const stopGap = notifications.onGap(() => look());
  look();

  /** Claims as much as there is room for, then sleeps until the next retry, notification or poll. */
  function look(): void {
    wanted = true;
    if (closing.signal.aborted) return;
    claiming ??= claimAll().finally(() => {
      claiming = null;
      if (wanted) look();
    });
  }

  async function claimAll(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    let delay = pollMs;
    try {
      await releaseDeliveriesOfTheDead(db, owner);
      await clean();
      while (!closing.signal.aborted && running.size < atOnce) {
        const delivery = await claimNextDelivery(db, owner, { leaseMs, busy: busyEndpoints() });
        if (!delivery) break;
        begin(delivery);
      }
      // With no room for more there is nothing to wait for but the end of what runs.
      const next = running.size < atOnce ? await nextDeliveryAt(db) : null;
      if (next) delay = Math.min(pollMs, Math.max(50, next.getTime() - Date.now()));
    } catch (error) {
      onError(error);
    }
    if (!closing.signal.aborted) timer = setTimeout(look, delay);
  }

  function begin(delivery: ClaimedDelivery): void {
    const done = deliver(options, delivery, closing.signal)
      .catch(onError)
      .finally(() => {
        running.delete(done);
        look();
      });
    running.set(done, delivery.webhookId);
  }

  function busyEndpoints(): string[] {
    const counts = new Map<string, number>();
    for (const id of running.values()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= atOncePerEndpoint).map(([id]) => id);
  }

  async function clean(): Promise<void> {
    if (Date.now() - cleanedAt < cleaningMs) return;
    cleanedAt = Date.now();
    await deleteOldDeliveries(db, keptDays);
  }

  return {
    close: async () => {
      stopReady();
      stopGap();
      clearTimeout(timer);
      closing.abort();
      await claiming;
      await Promise.all(running.keys());
    },
  };
}

async function deliver(options: WebhookWorkerOptions, delivery: ClaimedDelivery, signal: AbortSignal): Promise<void> {
  const outcome = await attempt(options, delivery, signal);
  // The lease is freed when the process's lock is: the next one sends it, with the same id.
  if (signal.aborted && outcome.status === null) return;
  await options.database.db.transaction(async (tx) => {
    const { organizationId, webhookId } = delivery;
    // Before the delivery's own row, as whoever switches the endpoint off does.
    const webhook = await lockWebhook(tx, organizationId, webhookId);
    const { state, retryInMs } = fateOf(outcome, delivery.attempts + 1);
    const ours = await settleDelivery(tx, delivery, { ...outcome, state, retryInMs });
    if (!ours || !webhook || outcome.status !== 410 || !webhook.enabled) return;
    await updateWebhook(tx, { organizationId, id: webhookId }, { enabled: false });
    await discardWaiting(tx, organizationId, webhookId);
    await recordAudit(tx, organizationId, {
      actor: { type: 'system', id: 'webhooks', name: 'Webhooks' },
      action: 'webhook.disabled',
      target: { type: 'webhook', id: webhookId, name: webhook.url },
      outcome: 'allowed',
      detail: { status: outcome.status, deliveryId: delivery.id },
    });
  });
}

async function attempt(
  { seal, allowPrivateAddresses, timeoutMs }: WebhookWorkerOptions,
  { id, url, payload, sealedSecret }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<WebhookOutcome> {
  let secret: string;
  try {
    secret = seal.open(sealedSecret);
  } catch {
    return {
      status: null,
      error: 'Its signing secret cannot be read with this installation’s key. Make the endpoint anew.',
    };
  }
  const limits = { allowPrivateAddresses, signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return sendWebhook({ id, url, payload, secret }, limits);
}

function fateOf(
  { status, error }: WebhookOutcome,
  attempts: number,
): { state: 'delivered' | 'dead' | 'waiting'; retryInMs: number } {
  if (error === null) return { state: 'delivered', retryInMs: 0 };
  const wait = status === 410 ? null : webhookBackoffMs(attempts);
  return wait === null ? { state: 'dead', retryInMs: 0 } : { state: 'waiting', retryInMs: wait };
}
