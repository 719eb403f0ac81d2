import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { createDeadLetters } from '../conversations/delivery/dead-letters.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { listenForNotifications } from '../store/notifications.ts';
import { takeOwnership } from '../store/ownership.ts';
import { webhookDeliveries, webhooks } from '../store/schema/index.ts';
import { createSeal } from '../store/seal.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { emitEvent } from './emit-event.ts';
import { createWebhookService, type WebhookService } from './webhook-service.ts';
import { claimNextDelivery } from './webhook-store.ts';
import { startWebhookWorker } from './webhook-worker.ts';

interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}

let database: Database;
let admin: Principal;
let service: WebhookService;
let endpoint: Server;
let url: string;
let received: Received[];
/** What the endpoint answers, one after the other; the last one from then on. */
let answers: number[];
const seal = createSeal('a secret of an installation', 'webhooks');
const closers: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  admin = (await insertSmallOrganization(database)).ann;
  service = createWebhookService({ database, seal, allowPrivateAddresses: true });
  received = [];
  answers = [200];
  endpoint = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    const status = (answers.length > 1 ? answers.shift() : answers[0]) ?? 200;
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('thank you');
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  endpoint.close();
  await database.close();
});

/** A process that delivers. */
async function startWorker({ allowPrivateAddresses = true, timeoutMs = 2_000 } = {}): Promise<() => Promise<void>> {
  const lock = await takeOwnership(database.connection);
  const notifications = await listenForNotifications(database.connection);
  const worker = startWebhookWorker({
    ...{ database, notifications, seal, owner: lock.owner, allowPrivateAddresses, timeoutMs },
    onError: (error) => {
      throw error;
    },
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await worker.close();
    await notifications.close();
    await lock.close();
  };
  closers.push(close);
  return close;
}

const emit = (text: string) =>
  database.db.transaction((tx) => emitEvent(tx, 'org', 'message.answered', { sessionId: 's', text }));
const deliveries = () => database.db.select().from(webhookDeliveries).orderBy(webhookDeliveries.arrival);
const states = async () => (await deliveries()).map(({ state }) => state);
const dueNow = () => database.db.update(webhookDeliveries).set({ retryAt: new Date(0) });

describe('an event', () => {
  test('reaches every endpoint that listens to it, signed so that the library of Standard Webhooks believes it', async () => {
    const { secret } = await service.create(admin, { url, events: ['message.answered'] });
    await service.create(admin, { url, events: ['schedule.ran'] });
    await startWorker();
    await emit('Good morning.');
    await expect.poll(() => received.length).toBe(1);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'message.answered',
      timestamp: expect.any(String),
      data: { sessionId: 's', text: 'Good morning.' },
    });
    expect(headers['webhook-id']).toMatch(/^msg_/u);
    await expect.poll(states).toEqual(['delivered']);
  });

  test('that is not taken is tried again later, with the same id and a later timestamp', async () => {
    await service.create(admin, { url, events: ['message.answered'] });
    answers = [500, 200];
    await startWorker();
    await emit('Hello');
    await expect.poll(async () => (await deliveries())[0]?.attempts).toBe(1);
    const [failed] = await deliveries();
    expect(failed).toMatchObject({ state: 'waiting', status: 500, error: expect.stringMatching(/500/u) });
    expect(failed?.retryAt?.getTime()).toBeGreaterThan(Date.now() + 2_000);

    await dueNow();
    await expect.poll(states, { timeout: 10_000 }).toEqual(['delivered']);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([failed?.id, failed?.id]);
  });

  test('is dead after the last attempt, and can be sent again by hand with the same id', async () => {
    const { webhook } = await service.create(admin, { url, events: ['message.answered'] });
    await emit('Hello');
    await database.db.update(webhookDeliveries).set({ attempts: 8 });
    answers = [503, 200];
    await startWorker();
    await expect.poll(states).toEqual(['dead']);
    expect((await service.list(admin))[0]).toMatchObject({ dead: 1, waiting: 0, lastDeliveredAt: null });

    const [dead] = await deliveries();
    const again = await service.replay(admin, webhook.id, dead?.id ?? '');
    expect(again).toMatchObject({ id: dead?.id, state: 'waiting', attempts: 0 });
    await expect.poll(states).toEqual(['delivered']);
    expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id']);
  });

  test('is not sent where an endpoint redirects to', async () => {
    await service.create(admin, { url, events: ['message.answered'] });
    answers = [302];
    await startWorker();
    await emit('Hello');
    await expect.poll(async () => (await deliveries())[0]?.status).toBe(302);
    expect(received).toHaveLength(1);
  });

  test('switches an endpoint off that answers 410, with all that waits for it', async () => {
    await service.create(admin, { url, events: ['message.answered'] });
    await emit('One');
    await emit('Two');
    await database.db.update(webhookDeliveries).set({ retryAt: new Date(Date.now() + 60_000) });
    answers = [410];
    await startWorker();
    await emit('Three');
    await expect.poll(states).toEqual(['discarded', 'discarded', 'dead']);
    expect((await service.list(admin))[0]?.enabled).toBe(false);
    expect((await listAuditEvents(database.db, 'org', { limit: 1 }))[0]?.action).toBe('webhook.disabled');
    await emit('Four');
    expect(await states()).toHaveLength(3);
  });

  test('for an endpoint that 410 switched off is not sent again as a dead letter, until somebody switches it on', async () => {
    const { webhook } = await service.create(admin, { url, events: ['message.answered'] });
    answers = [410];
    await startWorker();
    await emit('One');
    await expect.poll(states).toEqual(['dead']);
    const deadLetters = createDeadLetters(database);
    const ids = (await deadLetters.list(admin, { limit: 10, offset: 0 })).letters.map(({ id }) => id);
    await expect(deadLetters.replay(admin, ids)).rejects.toMatchObject({ code: 'conflict' });
    expect(await states()).toEqual(['dead']);
    // What was made to wait all the same, by a process that did not know, is not claimed.
    await database.db.update(webhookDeliveries).set({ state: 'waiting', finishedAt: null });
    expect(await claimNextDelivery(database.db, 'a test', { leaseMs: 1_000, busy: [] })).toBeNull();
    await database.db.update(webhookDeliveries).set({ state: 'dead', finishedAt: new Date() });
    expect(received).toHaveLength(1);

    answers = [200];
    await service.change(admin, webhook.id, { enabled: true });
    expect(await deadLetters.replay(admin, ids)).toBe(1);
    await expect.poll(states).toEqual(['delivered']);
    expect(received).toHaveLength(2);
  });

  test('that another process had begun to send is sent by the next one when that one is gone', async () => {
    await service.create(admin, { url, events: ['message.answered'] });
    await emit('Hello');
    const expires = new Date(Date.now() + 3_600_000);
    await database.db
      .update(webhookDeliveries)
      .set({ leaseOwner: 'a process that was killed', leaseExpiresAt: expires });
    await startWorker();
    await expect.poll(states).toEqual(['delivered']);
  });

  test('is sent once while two processes deliver', async () => {
    await service.create(admin, { url, events: ['message.answered'] });
    await startWorker();
    await startWorker();
    for (let count = 0; count < 20; count++) await emit(String(count));
    await expect.poll(async () => (await states()).filter((state) => state === 'delivered').length).toBe(20);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(20);
    expect(received).toHaveLength(20);
  });
});

describe('an endpoint that does not answer', () => {
  test('is left after a while, and keeps no other waiting', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const port = (silent.address() as AddressInfo).port;
    const slow = await service.create(admin, { url: `http://127.0.0.1:${port}/`, events: ['message.answered'] });
    for (let count = 0; count < 6; count++) await emit(String(count));
    await service.create(admin, { url, events: ['message.answered'] });
    await startWorker();
    await emit('Hello');
    await expect.poll(() => received.length).toBe(1);
    await expect
      .poll(async () => (await deliveries()).filter(({ error }) => error === 'It did not answer in time.').length, {
        timeout: 20_000,
      })
      .toBe(7);
    expect((await service.list(admin)).find(({ id }) => id === slow.webhook.id)?.waiting).toBe(7);
  });
});

describe('private addresses', () => {
  test.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://169.254.169.254/latest',
    'http://10.1.2.3/',
    'http://0x7f.1/',
  ])('%s is not accepted', async (address) => {
    const strict = createWebhookService({ database, seal, allowPrivateAddresses: false });
    await expect(strict.create(admin, { url: address, events: ['ping'] })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('nor connected to, whatever a name leads to', async () => {
    const { port } = new URL(url);
    await service.create(admin, { url: `http://localhost:${port}/hook`, events: ['message.answered'] });
    await service.create(admin, { url, events: ['message.answered'] });
    await startWorker({ allowPrivateAddresses: false });
    await emit('Hello');
    await expect
      .poll(async () => (await deliveries()).map(({ error }) => error))
      .toEqual([expect.stringMatching(/^localhost is not/u), expect.stringMatching(/^127\.0\.0\.1 is not/u)]);
    expect(received).toEqual([]);
  });

  test('a password in the address is not accepted', async () => {
    const bad = service.create(admin, { url: 'https://me:secret@example.com/', events: ['ping'] });
    await expect(bad).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('an admin', () => {
  test('is told the secret once; what is stored of it is sealed', async () => {
    const { webhook, secret } = await service.create(admin, { url, events: ['ping'] });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/u);
    expect(JSON.stringify(await service.list(admin))).not.toContain(secret);
    const [row] = await database.db.select().from(webhooks).where(eq(webhooks.id, webhook.id));
    expect(row?.sealedSecret).not.toContain(secret.slice(6));
    expect(JSON.stringify(await listAuditEvents(database.db, 'org', { limit: 10 }))).not.toContain(secret);
  });

  test('pings an endpoint, and one that is switched off not', async () => {
    const { webhook } = await service.create(admin, { url, events: ['message.answered'] });
    await startWorker();
    await service.ping(admin, webhook.id);
    await expect.poll(() => received.map(({ body }) => JSON.parse(body).type)).toEqual(['ping']);
    await service.change(admin, webhook.id, { enabled: false });
    await expect(service.ping(admin, webhook.id)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('sees, changes and deletes those of the own organization only, and each change is recorded', async () => {
    const { webhook } = await service.create(admin, { url, events: ['ping'] });
    const { ann: stranger } = await insertSmallOrganization(database, 'other');
    expect(await service.list(stranger)).toEqual([]);
    await expect(service.deliveries(stranger, webhook.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.change(stranger, webhook.id, { enabled: false })).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.remove(stranger, webhook.id)).rejects.toMatchObject({ code: 'not_found' });

    expect(await service.change(admin, webhook.id, { events: ['schedule.ran'] })).toMatchObject({
      events: ['schedule.ran'],
    });
    await service.remove(admin, webhook.id);
    expect(await service.list(admin)).toEqual([]);
    const actions = (await listAuditEvents(database.db, 'org', { limit: 10 })).map(({ action }) => action);
    expect(actions).toEqual(['webhook.deleted', 'webhook.changed', 'webhook.created']);
  });
});
