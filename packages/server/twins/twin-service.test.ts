import { randomUUID } from 'node:crypto';
import type { ConversationEvent } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { loadAgentDefinition } from '../organization/agent-definition.ts';
import type { Principal } from '../organization/principal.ts';
import { findTenant } from '../pool/tenant-store.ts';
import { endExpired } from '../pool/upkeep/expiry.ts';
import type { Database } from '../store/database.ts';
import { conversations, rateLimits, tenants, twins } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';
import { createTwinService, type TwinService } from './twin-service.ts';

let database: Database;
let ann: Principal;
let world: TurnWorld;
let service: TwinService;
const baseUrl = 'https://agents.example';
const address = '192.0.2.7';

beforeEach(async () => {
  database = await createTestDatabase();
  ann = (await insertSmallOrganization(database)).ann;
  world = await startTurnWorld(database);
  service = createTwinService({ database, live: world.live, lookAgainMs: 50 });
});
afterEach(async () => {
  await world.close();
  await database.close();
});

/** Switches Ann's twin on; returns the token of its link. */
async function on(settings: { greeting?: string; expiresAt?: string | null } = {}): Promise<string> {
  const twin = await service.put(ann, { active: true, greeting: '', expiresAt: null, ...settings }, baseUrl);
  return twin.url?.split('/').at(-1) ?? '';
}
const off = () => service.put(ann, { active: false, greeting: '', expiresAt: null }, baseUrl);
const visitor = () => ({ visitor: randomUUID(), address });
const say = (token: string, visit: { visitor: string; address: string }, text = 'Hello') =>
  service.send(token, visit, { text, clientMessageId: randomUUID() });

/** Follows as a visitor's page does. */
function follow(token: string, visit: { visitor: string; address: string }) {
  const events: ConversationEvent[] = [];
  const over = new AbortController();
  const done = service.events(token, visit, {
    send: (event) => void events.push(event),
    signal: over.signal,
    end: () => over.abort(),
  });
  return { events, over, done };
}

describe('switched on', () => {
  test('a twin has a tenant of its own, made by copying its owner’s files, and a link', async () => {
    const twin = await service.put(ann, { active: true, greeting: 'Hi there', expiresAt: null }, baseUrl);
    expect(twin).toMatchObject({ active: true, greeting: 'Hi there', views: 0, messages: 0 });
    expect(twin.url).toMatch(/^https:\/\/agents\.example\/t\/[\w-]{27}$/u);
    const tenant = async () =>
      (
        await database.db
          .select()
          .from(tenants)
          .where(eq(tenants.id, twin.tenantId ?? ''))
      )[0];
    expect(await tenant()).toMatchObject({ name: 'twin-ann', employeeId: null, tierId: 'standard' });
    await expect.poll(async () => (await tenant())?.state).toBe('hibernated');
    expect(await service.mine(ann, baseUrl)).toEqual(twin);
  });

  test('its page tells whose it is, and counts that it was looked at', async () => {
    const token = await on({ greeting: 'Hi there' });
    const page = await service.page(token, address);
    expect(page).toEqual({ name: 'ann', position: 'Maker', company: 'Small Org', greeting: 'Hi there' });
    await service.page(token, address);
    expect((await service.mine(ann, baseUrl)).views).toBe(2);
  });

  test('again, it has another link to the same copy', async () => {
    const first = await on();
    const { tenantId } = await service.mine(ann, baseUrl);
    const second = await on();
    expect(second).not.toBe(first);
    expect((await service.mine(ann, baseUrl)).tenantId).toBe(tenantId);
    await expect(service.page(first, address)).rejects.toMatchObject({ code: 'not_found' });
    await service.page(second, address);
  });

  test('it answers whoever has the link, who is nobody that is known', async () => {
    const token = await on();
    const visit = visitor();
    const page = follow(token, visit);
    await expect.poll(() => page.events[0]).toMatchObject({ type: 'snapshot', messages: [] });
    const { turn } = await say(token, visit);
    await expect
      .poll(() => page.events.some((event) => event.type === 'turn' && event.turn.state === 'answered'), {
        timeout: 15_000,
      })
      .toBe(true);
    expect(turn).toMatchObject({ state: 'queued', origin: 'twin' });
    expect(JSON.stringify(page.events)).not.toContain((await service.mine(ann, baseUrl)).tenantId);
    const [conversation] = await database.db.select().from(conversations);
    expect(conversation).toMatchObject({ path: 'twin', userId: null, callerName: 'Visitor' });
    expect((await service.mine(ann, baseUrl)).messages).toBe(1);
    page.over.abort();
    await page.done;
  });

  test('it has no tools and knows nobody but whose it is, whatever its tier would allow', async () => {
    await on();
    const id = (await service.mine(ann, baseUrl)).tenantId ?? '';
    const model = { id: 'demo/demo', contextWindow: 1_000, maxOutputTokens: 100 };
    const definition = await loadAgentDefinition(database.db, 'org', id, model);
    expect(definition).toMatchObject({ tools: [], directory: [], owner: { name: 'ann', email: '' } });
    expect((await findTenant(database.db, id))?.positionTools).toEqual([]);
    expect((await findTenant(database.db, 'ann'))?.positionTools).toEqual(['file']);
  });

  test('each visitor has their own conversation', async () => {
    const token = await on();
    const [one, other] = [visitor(), visitor()];
    await say(token, one, 'My secret');
    const page = follow(token, other);
    await say(token, other, 'Mine');
    await expect.poll(() => JSON.stringify(page.events)).toContain('Mine');
    expect(JSON.stringify(page.events)).not.toContain('My secret');
    page.over.abort();
    await page.done;
  });

  test('the same message again is the same one, and counted once', async () => {
    const token = await on();
    const visit = visitor();
    const message = { text: 'Hello', clientMessageId: randomUUID() };
    const first = await service.send(token, visit, message);
    expect((await service.send(token, visit, message)).turn.id).toBe(first.turn.id);
    expect((await service.mine(ann, baseUrl)).messages).toBe(1);
  });
});

describe('switched off', () => {
  test('its link is dead at once, for the page, for messages and for those who listen', async () => {
    const token = await on();
    const page = follow(token, visitor());
    await expect.poll(() => page.events.length).toBe(1);
    expect(await off()).toMatchObject({ active: false, url: null, tenantId: null });
    for (const use of [() => service.page(token, address), () => say(token, visitor())]) {
      await expect(use()).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringMatching(/no longer active/u),
      });
    }
    await page.done;
    expect(page.over.signal.aborted).toBe(true);
  });

  test('the copy is deleted, and the next one is a new one', async () => {
    await on();
    const first = (await service.mine(ann, baseUrl)).tenantId ?? '';
    await off();
    await on();
    const second = (await service.mine(ann, baseUrl)).tenantId ?? '';
    expect(second).not.toBe(first);
    const stateOf = async (id: string) =>
      (await database.db.select().from(tenants).where(eq(tenants.id, id)))[0]?.state;
    await expect.poll(() => stateOf(second)).toBe('hibernated');
    await expect.poll(() => stateOf(first)).toBe('hibernated');
    const onError = (error: unknown) => {
      throw error;
    };
    await endExpired({ database, operations: world.pool.operations, onError });
    await expect.poll(() => stateOf(first)).toBe('deleted');
    expect(await stateOf(second)).toBe('hibernated');
  });

  test('by its expiry it is so as well', async () => {
    const token = await on({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await service.page(token, address);
    await database.db.update(twins).set({ expiresAt: new Date(Date.now() - 1) });
    await expect(service.page(token, address)).rejects.toMatchObject({ code: 'not_found' });
    expect(await service.mine(ann, baseUrl)).toMatchObject({ active: false, url: null });
    const past = new Date(Date.now() - 1_000).toISOString();
    await expect(on({ expiresAt: past })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('and on are recorded, without the link', async () => {
    const token = await on();
    await off();
    await off();
    const events = await listAuditEvents(database.db, 'org', { action: 'twin.', limit: 5 });
    expect(events.map(({ action }) => action)).toEqual(['twin.switched_off', 'twin.switched_on']);
    expect(JSON.stringify(events)).not.toContain(token);
  });
});

test('somebody without an agent has no twin', async () => {
  const nobody: Principal = { ...ann, employeeId: null };
  expect(await service.mine(nobody, baseUrl)).toMatchObject({ active: false, tenantId: null });
  const asked = service.put(nobody, { active: true, greeting: '', expiresAt: null }, baseUrl);
  await expect(asked).rejects.toMatchObject({ code: 'not_found' });
});

test('one address writes ten messages a minute, and a twin takes sixty', async () => {
  const token = await on();
  const visit = visitor();
  for (let count = 0; count < 10; count++) await say(token, visit);
  await expect(say(token, visit)).rejects.toMatchObject({
    code: 'too_many_requests',
    retryAfterSeconds: expect.any(Number),
  });
  await say(token, { ...visit, address: '198.51.100.1' });
  const { tenantId } = await service.mine(ann, baseUrl);
  await database.db
    .update(rateLimits)
    .set({ count: 60 })
    .where(eq(rateLimits.key, `twin ${tenantId}`));
  await expect(say(token, { ...visit, address: '198.51.100.2' })).rejects.toMatchObject({ code: 'too_many_requests' });
});
