import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import { type ApiEvent, scheduleInput, type TurnEvent, type TurnRequest } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import { createAttachments } from '../conversations/attachments.ts';
import { createScheduleService } from '../conversations/schedules/schedule-service.ts';
import { createTakeovers } from '../conversations/sessions/takeover-service.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { conversations, turns, webhookDeliveries, webhooks } from '../store/schema/index.ts';
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
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startTurnWorld(database, undefined, { listeners: [webhookListener] });
  folder = await mkdtemp(join(tmpdir(), 'clawpool-api-files-'));
  const attachments = createAttachments({ database, blobs: await openBlobFolder(folder) });
  api = createApiService({ database, live: world.live, attachments, schedules: createScheduleService(database) });
  key = await keyOf(['ann']);
});
afterEach(async () => {
  await world.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function keyOf(tenants: string[], scopes?: ('chat' | 'read' | 'schedules')[]): Promise<Principal> {
  const secret = await insertApiKey(database, { organizationId: 'org', tenants, ...(scopes ? { scopes } : {}) });
  const principal = await principalOfKey(database.db, secret);
  if (!principal) throw new Error('a key that was just made is not known');
  return principal;
}

const send = (
  message: { text: string; user?: string; sessionId?: string; idempotencyKey?: string; attachments?: string[] },
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
    const transcript = await api.transcript(key, sessionId, { limit: 10 });
    expect(transcript).toMatchObject({
      session: { id: sessionId },
      messages: [{ role: 'person', text: 'One' }, { role: 'agent' }],
      more: false,
      turns: [],
    });
    const newest = await api.transcript(key, sessionId, { limit: 1 });
    expect(newest).toMatchObject({ messages: [{ role: 'agent' }], more: true });
    const earlier = await api.transcript(key, sessionId, { limit: 1, before: newest.messages[0]?.id });
    expect(earlier).toMatchObject({ messages: [{ role: 'person', text: 'One' }], more: false });
  });

  test('is unknown to every other key, of the same tenant too', async () => {
    const { sessionId, turn } = await send({ text: 'One', user: 'zoe' });
    const other = await keyOf(['ann']);
    expect((await api.listSessions(other, 'ann', { limit: 10 })).sessions).toEqual([]);
    for (const use of [
      () => api.transcript(other, sessionId, { limit: 1 }),
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
    await database.db.update(conversations).set({ takenOverBy: 'user-ben', takenOverUntil: new Date() });
    await api.endSession(key, sessionId);
    expect(await database.db.select().from(conversations)).toMatchObject([{ takenOverBy: null, takenOverUntil: null }]);
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
    await expect(api.transcript(talker, sessionId, { limit: 1 })).rejects.toMatchObject({ code: 'not_allowed' });
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

describe('a file', () => {
  async function* bytes(text: string) {
    yield Buffer.from(text);
  }
  const upload = (text: string, of: { user?: string; sessionId?: string } = {}, principal = key) =>
    api.upload(principal, 'ann', { name: 'note.txt', mediaType: 'text/plain', ...of }, bytes(text));
  const read = async (sessionId: string, id: string, principal = key) => {
    const chunks = [];
    for await (const chunk of (await api.download(principal, sessionId, id)).content) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  test('is sent with a message, whether its session has begun or begins with it, and the agent has it', async () => {
    await database.db.insert(webhooks).values({
      ...{ organizationId: 'org', id: 'hook', url: 'https://hooks.example/', sealedSecret: 'sealed' },
      events: ['session.started'],
    });
    const { sessionId, attachment } = await upload('buy milk', { user: 'zoe' });
    expect(attachment).toMatchObject({ name: 'note.txt', mediaType: 'text/plain', bytes: 8 });
    const sent = await send({ text: '', sessionId, attachments: [attachment.id] });
    expect(sent).toMatchObject({ sessionId, turn: { state: 'answered' } });
    expect(world.host.turns.at(-1)?.uploads).toMatchObject([{ name: expect.stringContaining('note.txt') }]);
    const second = await upload('and bread', { sessionId });
    expect(second.sessionId).toBe(sessionId);
    await send({ text: 'and this', user: 'zoe', attachments: [second.attachment.id] });
    const { messages } = await api.transcript(key, sessionId, { limit: 100 });
    const files = messages.flatMap(({ attachments }) => attachments);
    expect(await Promise.all(files.map(({ id }) => read(sessionId, id)))).toEqual(['buy milk', 'and bread']);
    const told = await database.db.select().from(webhookDeliveries);
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { type: 'session.started', data: { sessionId, user: 'zoe' } },
    ]);
  });

  test('that an agent made is downloaded by the key of its session alone', async () => {
    const stored = await upload('the report', { user: 'zoe' });
    const { sessionId, attachment } = stored;
    await expect(read(sessionId, attachment.id)).rejects.toMatchObject({ code: 'not_found' });
    await send({ text: 'here', sessionId, attachments: [attachment.id] });
    const other = await send({ text: 'Hello', user: 'max' });
    await expect(read(other.sessionId, attachment.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(read(sessionId, attachment.id, await keyOf(['ann']))).rejects.toMatchObject({ code: 'not_found' });
    await expect(read(sessionId, attachment.id, await keyOf(['ben']))).rejects.toMatchObject({ code: 'not_found' });
    expect(await read(sessionId, attachment.id)).toBe('the report');
  });

  test('is refused for another key’s session, one that has ended, and a key that may not talk', async () => {
    const { sessionId } = await send({ text: 'Hello', user: 'zoe' });
    await expect(upload('x', { sessionId }, await keyOf(['ann']))).rejects.toMatchObject({ code: 'not_found' });
    await expect(upload('x', {}, await keyOf(['ben']))).rejects.toMatchObject({ code: 'not_found' });
    await expect(upload('x', {}, await keyOf(['ann'], ['read']))).rejects.toMatchObject({ code: 'not_allowed' });
    const { attachment } = await upload('x', { user: 'max' });
    const elsewhere = { text: 'look', sessionId, attachments: [attachment.id] };
    await expect(send(elsewhere)).rejects.toMatchObject({ code: 'invalid_request' });
    await api.endSession(key, sessionId);
    await expect(upload('x', { sessionId })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('endpoints of the organization', () => {
  test('are told when a person answers instead of the agent, and when a turn was stopped', async () => {
    await database.db.insert(webhooks).values({
      ...{ organizationId: 'org', id: 'hook', url: 'https://hooks.example/', sealedSecret: 'sealed' },
      events: ['message.answered', 'message.handed_over', 'message.human', 'message.stopped'],
    });
    const told = async () =>
      (await database.db.select().from(webhookDeliveries).orderBy(webhookDeliveries.arrival)).map(
        ({ payload }) => payload as { type: string; data: Record<string, unknown> },
      );
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    world.host.answerWith(async function* (_, signal) {
      yield { type: 'delta', text: 'Well' };
      begin();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const running = await send({ text: 'One', user: 'zoe:1' }, key, 0);
    const { sessionId } = running;
    await begun;
    const waiting = await send({ text: 'Two', user: 'zoe:1' }, key, 0);
    const takeovers = createTakeovers({ database, scopeOf: async () => null });
    const admin: Principal = { ...key, userId: 'user-ben', name: 'Ben', roles: ['admin'] };
    await takeovers.takeOver(admin, sessionId);
    await expect.poll(async () => (await told()).length).toBe(2);
    const during = await send({ text: 'Three', user: 'zoe:1', idempotencyKey: 'the-third' }, key, 0);
    await send({ text: 'Three', user: 'zoe:1', idempotencyKey: 'the-third' }, key, 0);
    const human = await takeovers.send(admin, sessionId, { text: 'Here I am', clientMessageId: 'message-1' });
    const last = await send({ text: 'Four', user: 'zoe:1' }, key, 0);
    world.host.answerWith(echo);
    await takeovers.giveBack(admin, sessionId);
    await expect.poll(async () => (await told()).at(-1)?.type).toBe('message.answered');
    const of = { sessionId, tenantId: 'ann', user: 'zoe:1' };
    expect((await told()).map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'message.stopped', data: { ...of, turnId: running.turn.id, text: 'Well' } },
      { type: 'message.handed_over', data: { ...of, turnId: waiting.turn.id } },
      { type: 'message.handed_over', data: { ...of, turnId: during.turn.id } },
      {
        type: 'message.human',
        data: { ...of, messageId: human.id, author: 'Ben', text: 'Here I am', attachments: [] },
      },
      { type: 'message.handed_over', data: { ...of, turnId: last.turn.id } },
      {
        type: 'message.answered',
        data: expect.objectContaining({ ...of, turnId: last.turn.id, text: expect.stringContaining('Four') }),
      },
    ]);
  });

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
