import { randomUUID } from 'node:crypto';
import { type ApiEvent, scheduleInput, type TurnEvent, type TurnRequest } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { createScheduleService } from '../conversations/schedules/schedule-service.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { turns, webhookDeliveries, webhooks } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { insertApiKey } from '../testing/api-keys.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';
import { principalOfKey } from './api-key-service.ts';
import { type ApiService, createApiService } from './api-service.ts';
import { webhookListener } from './webhook-listener.ts';

let database: Database;
let world: TurnWorld;
let api: ApiService;
let key: Principal;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startTurnWorld(database, undefined, { listeners: [webhookListener] });
  api = createApiService({ database, live: world.live, schedules: createScheduleService(database) });
  key = await keyOf(['ann']);
});
afterEach(async () => {
  await world.close();
  await database.close();
});

async function keyOf(tenants: string[], scopes?: ('chat' | 'read' | 'schedules')[]): Promise<Principal> {
  const secret = await insertApiKey(database, { organizationId: 'org', tenants, ...(scopes ? { scopes } : {}) });
  const principal = await principalOfKey(database.db, secret);
  if (!principal) throw new Error('a key that was just made is not known');
  return principal;
}

const send = (
  message: { text: string; user?: string; sessionId?: string; idempotencyKey?: string },
  principal = key,
  waitSeconds = 20,
) => api.send(principal, 'ann', { ...message, waitSeconds }, new AbortController().signal);

describe('a message', () => {
  test('is answered, by the agent, to whoever waits for it', async () => {
    const { turn, answer } = await send({ text: 'Hello' });
    expect(turn).toMatchObject({ state: 'answered', origin: 'api' });
    expect(answer).toMatchObject({ role: 'agent', text: expect.stringContaining('Hello') });
  });

  test('that nobody waits for is accepted, and its turn can be asked for', async () => {
    const { turn, answer, sessionId } = await send({ text: 'Hello' }, key, 0);
    expect(answer).toBeNull();
    await world.until(sessionId, (event) => event.type === 'turn' && event.turn.state === 'answered');
    expect(await api.turn(key, 'ann', turn.id)).toMatchObject({
      sessionId,
      turn: { state: 'answered' },
      answer: { text: expect.stringContaining('Hello') },
    });
  });

  test('that takes longer than is waited is told as it is, and goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.host.answerWith(async function* () {
      await promise;
      yield { type: 'done', text: 'At last.' };
    });
    const waited = await api.send(key, 'ann', { text: 'Hello', waitSeconds: 1 }, new AbortController().signal);
    expect(waited.answer).toBeNull();
    expect(waited.turn.finishedAt).toBeNull();
    resolve();
    await world.until(waited.sessionId, (event) => event.type === 'turn' && event.turn.state === 'answered');
  });

  test('is streamed as its answer grows, and ends with the whole of it', async () => {
    world.host.answerWith(async function* () {
      yield { type: 'delta', text: 'Good ' };
      yield { type: 'delta', text: 'morning.' };
      yield { type: 'done', text: 'Good morning.' };
    });
    const events: ApiEvent[] = [];
    const signal = new AbortController().signal;
    let ended = false;
    await api.stream(
      key,
      'ann',
      { text: 'Hello' },
      { signal, send: (event) => events.push(event), end: () => (ended = true) },
    );
    expect(events[0]).toMatchObject({ type: 'accepted', turn: { state: 'queued' } });
    expect(events.map((event) => (event.type === 'delta' ? event.text : '')).join('')).toBe('Good morning.');
    expect(events.at(-1)).toMatchObject({ type: 'done', answer: { text: 'Good morning.' } });
    expect(ended).toBe(true);
  });

  test('with an idempotency key is the same one again, whichever way its session is found', async () => {
    for (const where of [{}, { user: 'zoe' }]) {
      const message = { text: 'Hello', idempotencyKey: randomUUID(), ...where };
      const [first, second] = await Promise.all([send(message), send(message)]);
      expect(second.turn.id).toBe(first.turn.id);
      await api.endSession(key, first.sessionId);
      expect((await send(message)).turn.id).toBe(first.turn.id);
      expect((await send({ ...message, sessionId: first.sessionId })).turn.id).toBe(first.turn.id);
    }
    expect(world.host.turns).toHaveLength(2);
  });
});

describe('a session', () => {
  test('is one per user; without a user each message has its own', async () => {
    const zoe = await send({ text: 'One', user: 'zoe' });
    expect((await send({ text: 'Two', user: 'zoe' })).sessionId).toBe(zoe.sessionId);
    expect((await send({ text: 'One', user: 'max' })).sessionId).not.toBe(zoe.sessionId);
    const alone = await send({ text: 'One' });
    expect((await send({ text: 'Two' })).sessionId).not.toBe(alone.sessionId);
    expect((await send({ text: 'Three', sessionId: alone.sessionId })).sessionId).toBe(alone.sessionId);
  });

  test('can be listed and read by its key', async () => {
    const { sessionId } = await send({ text: 'One', user: 'zoe' });
    await send({ text: 'Two', user: 'max' });
    const { sessions, more } = await api.listSessions(key, 'ann', { limit: 1 });
    expect(sessions).toMatchObject([{ user: 'max', title: 'Two', endedAt: null }]);
    expect(more).toBe(true);
    const rest = await api.listSessions(key, 'ann', { limit: 10, before: sessions[0]?.updatedAt });
    expect(rest).toMatchObject({ sessions: [{ id: sessionId, user: 'zoe' }], more: false });
    expect(await api.transcript(key, sessionId)).toMatchObject({
      session: { id: sessionId },
      messages: [{ role: 'person', text: 'One' }, { role: 'agent' }],
      turns: [],
    });
  });

  test('is unknown to every other key, of the same tenant too', async () => {
    const { sessionId, turn } = await send({ text: 'One', user: 'zoe' });
    const other = await keyOf(['ann']);
    expect((await api.listSessions(other, 'ann', { limit: 10 })).sessions).toEqual([]);
    for (const use of [
      () => api.transcript(other, sessionId),
      () => api.endSession(other, sessionId),
      () => api.turn(other, 'ann', turn.id),
      () => send({ text: 'Two', sessionId }, other),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: 'not_found' });
    }
    expect((await send({ text: 'Two', user: 'zoe' }, other)).sessionId).not.toBe(sessionId);
  });

  test('ends: what runs in it is stopped, and its user’s next message begins another', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<string>();
    world.host.answerWith(async function* (request, signal) {
      begin(request.turnId);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const { sessionId } = await send({ text: 'One', user: 'zoe' }, key, 0);
    const turnId = await begun;
    await api.endSession(key, sessionId);
    await expect
      .poll(async () => (await database.db.select().from(turns).where(eq(turns.id, turnId)))[0]?.state)
      .toBe('stopped');
    await expect(send({ text: 'Two', sessionId })).rejects.toMatchObject({ code: 'conflict' });
    world.host.answerWith(echo);
    expect((await send({ text: 'Two', user: 'zoe' })).sessionId).not.toBe(sessionId);
    const actions = (await listAuditEvents(database.db, 'org', { action: 'session.', limit: 10 })).map((e) => e.action);
    expect(actions).toEqual(['session.started', 'session.ended', 'session.started']);
  });
});

describe('a key', () => {
  test('reaches its own tenants only', async () => {
    const bens = await keyOf(['ben']);
    await expect(send({ text: 'Hello' }, bens)).rejects.toMatchObject({ code: 'not_found' });
    await expect(api.listSessions(bens, 'ann', { limit: 1 })).rejects.toMatchObject({ code: 'not_found' });
    expect((await api.models(bens)).map(({ id }) => id)).toEqual(['ben']);
  });

  test('does what its scopes say and nothing else', async () => {
    const reader = await keyOf(['ann'], ['read']);
    await expect(send({ text: 'Hello' }, reader)).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(api.listSchedules(reader, 'ann')).rejects.toMatchObject({ code: 'not_allowed' });
    const talker = await keyOf(['ann'], ['chat']);
    const { sessionId, turn } = await send({ text: 'Hello' }, talker);
    await expect(api.transcript(talker, sessionId)).rejects.toMatchObject({ code: 'not_allowed' });
    expect((await api.turn(talker, 'ann', turn.id)).answer).not.toBeNull();
  });

  test('has its tenants’ schedules', async () => {
    const timing = { kind: 'rate' as const, everyMinutes: 60 };
    const input = scheduleInput.parse({ name: 'Every hour', prompt: 'What is new?', timing });
    const { id } = await api.createSchedule(key, 'ann', input);
    expect(await api.listSchedules(key, 'ann')).toMatchObject([{ id, createdBy: { type: 'api', name: 'a key' } }]);
    const both = await keyOf(['ann', 'ben']);
    await expect(api.deleteSchedule(both, 'ben', id)).rejects.toMatchObject({ code: 'not_found' });
    await api.deleteSchedule(key, 'ann', id);
    expect(await api.listSchedules(key, 'ann')).toEqual([]);
    const bens = await keyOf(['ben']);
    await expect(api.listSchedules(bens, 'ann')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('endpoints of the organization', () => {
  test('are told of sessions and of answers that came in by API, and of why there is none', async () => {
    await database.db.insert(webhooks).values({
      ...{ organizationId: 'org', id: 'hook', url: 'https://hooks.example/', sealedSecret: 'sealed' },
      events: ['session.started', 'session.ended', 'message.answered', 'message.failed'],
    });
    const { sessionId, turn } = await send({ text: 'Hello', user: 'zoe:1' });
    world.host.answerWith(async function* () {
      yield { type: 'failed', reason: 'model_error', message: 'It broke.', retry: false };
    });
    const failed = await send({ text: 'Again', user: 'zoe:1' });
    await api.endSession(key, sessionId);
    const told = await database.db.select().from(webhookDeliveries).orderBy(webhookDeliveries.arrival);
    const of = { sessionId, tenantId: 'ann', user: 'zoe:1' };
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { type: 'session.started', data: of },
      { type: 'message.answered', data: { ...of, turnId: turn.id, text: expect.stringContaining('Hello') } },
      { type: 'message.failed', data: { ...of, turnId: failed.turn.id, reason: 'model_error' } },
      { type: 'session.ended', data: of },
    ]);
  });
});

async function* echo(request: TurnRequest): AsyncIterable<TurnEvent> {
  yield { type: 'done', text: `You said: ${request.text}` };
}
