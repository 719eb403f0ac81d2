import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationEvent, TurnEvent, TurnState } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { and, eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { auditEvents, messages, tenants, turns } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';

let database: Database;
let ann: Principal;
let ben: Principal;
let world: TurnWorld;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben } = await insertSmallOrganization(database));
  world = await startTurnWorld(database);
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const isState = (state: TurnState) => (event: ConversationEvent) =>
  (event.type === 'turn' && event.turn.state === state) ||
  (event.type === 'snapshot' && event.turns.some((turn) => turn.state === state));

const answersOf = async (conversationId: string) =>
  (await database.db.select().from(messages).where(eq(messages.conversationId, conversationId)))
    .filter((message) => message.role === 'agent')
    .map((message) => message.text);

async function say(person: Principal, text: string) {
  const conversation = await world.conversations.start(person, {});
  const { turn } = await world.conversations.send(person, conversation.id, {
    text,
    clientMessageId: crypto.randomUUID(),
  });
  return { conversationId: conversation.id, turnId: turn.id };
}

test('a message wakes the tenant, streams, and is answered and audited', async () => {
  const { conversationId } = await say(ann, 'hello');
  await world.until(conversationId, isState('answered'));

  expect(await answersOf(conversationId)).toEqual(['You said: hello']);
  expect(world.host.starts).toEqual(['ann']);
  const audited = await database.db.select({ action: auditEvents.action }).from(auditEvents);
  expect(audited.map(({ action }) => action)).toEqual([
    'conversation.started',
    'tenant.starting',
    'tenant.started',
    'turn.answered',
  ]);
});

test('the same message sent twice is one turn', async () => {
  const conversation = await world.conversations.start(ann, {});
  const inbound = { text: 'only once', clientMessageId: 'the-same-id' };
  const both = await Promise.all([1, 2].map(() => world.conversations.send(ann, conversation.id, inbound)));
  await world.until(conversation.id, isState('answered'));

  expect(both[0]?.message.id).toBe(both[1]?.message.id);
  expect(world.host.turns).toHaveLength(1);
});

test('turns of one conversation run in order, one at a time; another tenant does not wait', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const order: string[] = [];
  world.host.answerWith(async function* ({ text, tenantId }): AsyncIterable<TurnEvent> {
    order.push(`begin ${text}`);
    if (tenantId === 'ann') await gate;
    order.push(`end ${text}`);
    yield { type: 'done', text };
  });
  const conversation = await world.conversations.start(ann, {});
  for (const text of ['one', 'two', 'three']) {
    await world.conversations.send(ann, conversation.id, { text, clientMessageId: `id-of-${text}` });
  }
  const other = await say(ben, 'ben');
  await world.until(other.conversationId, isState('answered'));
  await expect.poll(() => [...order].sort(), { timeout: 10_000 }).toEqual(['begin ben', 'begin one', 'end ben']);
  expect(order).not.toContain('begin two');

  release();
  await world.until(
    conversation.id,
    (event) => event.type === 'message' && event.message.text === 'three' && event.message.role === 'agent',
  );
  expect(order.filter((step) => !step.includes('ben'))).toEqual([
    'begin one',
    'end one',
    'begin two',
    'end two',
    'begin three',
    'end three',
  ]);
});

test('a turn whose process died is answered once by the next process', async () => {
  world.host.answerWith(async function* (_request, signal): AsyncIterable<TurnEvent> {
    yield { type: 'delta', text: 'half an ans' };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  const { conversationId } = await say(ann, 'survive');
  await world.until(conversationId, (event) => event.type === 'delta');
  await world.die();

  world = await startTurnWorld(database);
  await world.until(conversationId, isState('answered'));
  expect(await answersOf(conversationId)).toEqual(['You said: survive']);
});

test('a worker that lost its turn to another can write nothing', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.host.answerWith(async function* (): AsyncIterable<TurnEvent> {
    await gate;
    yield { type: 'done', text: 'too late' };
  });
  const { conversationId, turnId } = await say(ann, 'whose turn');
  await world.until(conversationId, isState('thinking'));
  await database.db
    .update(turns)
    .set({ fence: 99, leaseOwner: null, leaseExpiresAt: null, retryAt: new Date(Date.now() + 3_600_000) });
  release();

  await expect.poll(() => world.host.turns.length).toBe(1);
  await sleep(100);
  expect(await answersOf(conversationId)).toEqual([]);
  const [turn] = await database.db.select().from(turns).where(eq(turns.id, turnId));
  expect(turn?.finishedAt).toBeNull();
});

test('when the runtime cannot start the person reads why, and the message is answered after the repair', async () => {
  const hint = 'Install the image.';
  world.host.startWith({ ok: false, reason: 'image_missing', message: 'The image is missing.', hint });
  const { conversationId, turnId } = await say(ann, 'patience');
  const event = await world.until(conversationId, isState('blocked'));

  const turn = event.type === 'turn' ? event.turn : event.type === 'snapshot' ? event.turns[0] : undefined;
  expect(turn).toMatchObject({ reason: 'image_missing', message: 'The image is missing.', hint });
  expect(Date.parse(turn?.retryAt ?? '')).toBeGreaterThan(Date.now());
  const [tenant] = await database.db.select().from(tenants).where(eq(tenants.id, 'ann'));
  expect(tenant).toMatchObject({ state: 'failed', reason: 'image_missing' });

  world.host.startWith({ ok: true, readyMs: 1 });
  await world.conversations.retry(ann, conversationId, turnId);
  await world.until(conversationId, isState('answered'));
  expect(await answersOf(conversationId)).toEqual(['You said: patience']);
});

test('a message to a stopped or paused agent waits for the person who starts it, and is answered then', async () => {
  const operate = async (kind: 'stop' | 'start' | 'pause' | 'resume') => {
    await world.pool.operations.request({
      organizationId: 'org',
      tenantId: 'ann',
      request: { kind },
      requestedBy: 'Olga',
    });
    await expect.poll(async () => (await world.pool.get('ann'))?.operation, { timeout: 10_000 }).toBeNull();
  };
  await operate('stop');
  const { conversationId } = await say(ann, 'anybody there?');
  const event = await world.until(conversationId, isState('blocked'));
  const turn = event.type === 'turn' ? event.turn : event.type === 'snapshot' ? event.turns[0] : undefined;
  expect(turn).toMatchObject({ reason: 'agent_stopped', hint: expect.stringContaining('operator') });
  expect(Date.parse(turn?.retryAt ?? '') - Date.now()).toBeGreaterThan(60_000);
  await operate('start');
  await world.until(conversationId, isState('answered'));

  await operate('pause');
  const second = await say(ann, 'and now?');
  await world.until(second.conversationId, isState('blocked'));
  await operate('resume');
  await world.until(second.conversationId, isState('answered'));
});

test('a message to an agent that was deleted meanwhile fails and says so', async () => {
  const conversation = await world.conversations.start(ann, {});
  const request = { kind: 'delete', keepData: true, skipBackup: true } as const;
  await world.pool.operations.request({ organizationId: 'org', tenantId: 'ann', request, requestedBy: 'Olga' });
  await expect.poll(async () => (await world.pool.get('ann'))?.state, { timeout: 10_000 }).toBe('deleted');
  await world.conversations.send(ann, conversation.id, { text: 'hello?', clientMessageId: 'to-nobody' });
  const event = await world.until(conversation.id, isState('failed'));
  expect(JSON.stringify(event)).toContain('deleted');
});

test('a turn that broke because the disk is full waits for space instead of failing', async () => {
  let full = true;
  world.host.answerWith(async function* ({ text }): AsyncIterable<TurnEvent> {
    if (full) yield { type: 'failed', reason: 'storage_full', message: 'The host’s disk is full.', retry: false };
    else yield { type: 'done', text: `written: ${text}` };
  });
  const { conversationId, turnId } = await say(ann, 'note this');
  await world.until(conversationId, isState('blocked'));
  full = false;
  await world.conversations.retry(ann, conversationId, turnId);
  await world.until(conversationId, isState('answered'));
  expect(await answersOf(conversationId)).toEqual(['written: note this']);
});

test('a runtime that dies under a turn is started again and the turn is answered', async () => {
  let attempt = 0;
  world.host.answerWith(async function* ({ text }): AsyncIterable<TurnEvent> {
    attempt++;
    if (attempt === 1) {
      yield { type: 'delta', text: 'broken' };
      world.host.crash({ tenantId: 'ann', generation: 1, reason: 'memory_limit', message: 'Out of memory.' });
      yield { type: 'failed', reason: 'memory_limit', message: 'The runtime ended.', retry: true };
    } else yield { type: 'done', text: `whole: ${text}` };
  });
  const { conversationId } = await say(ann, 'again');
  await world.until(conversationId, isState('answered'));

  expect(await answersOf(conversationId)).toEqual(['whole: again']);
  expect(world.host.starts).toEqual(['ann', 'ann']);
});

test('stopping an answer keeps what was said and lets the next message through', async () => {
  world.host.answerWith(async function* ({ text }, signal): AsyncIterable<TurnEvent> {
    yield { type: 'delta', text: `so far ${text}` };
    if (text === 'long') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    else yield { type: 'done', text };
  });
  const { conversationId, turnId } = await say(ann, 'long');
  await world.until(conversationId, (event) => event.type === 'delta');
  await world.conversations.stop(ann, conversationId, turnId);
  await world.until(conversationId, isState('stopped'));
  expect(await answersOf(conversationId)).toEqual(['so far long']);

  await world.conversations.send(ann, conversationId, { text: 'next', clientMessageId: 'next-message' });
  await world.until(conversationId, isState('answered'));
  expect(await answersOf(conversationId)).toEqual(['so far long', 'next']);
});

test('a message that waits can be withdrawn', async () => {
  world.host.startWith({ ok: false, reason: 'storage_full', message: 'Full.', hint: 'Free space.' });
  const { conversationId, turnId } = await say(ann, 'never mind');
  await world.until(conversationId, isState('blocked'));
  await world.conversations.stop(ann, conversationId, turnId);
  await world.until(conversationId, isState('stopped'));
  expect(await answersOf(conversationId)).toEqual([]);
});

test('whatever characters a runtime sends, the turn ends', async () => {
  world.host.answerWith(async function* (): AsyncIterable<TurnEvent> {
    yield { type: 'done', text: 'a\0b \ud800 c' };
  });
  const { conversationId } = await say(ann, 'strange');
  await world.until(conversationId, isState('answered'));
  expect(await answersOf(conversationId)).toEqual(['ab \ufffd c']);
});

test('nobody reaches another person’s conversation', async () => {
  const { conversationId, turnId } = await say(ann, 'private');
  for (const attempt of [
    () => world.conversations.get(ben, conversationId),
    () => world.conversations.send(ben, conversationId, { text: 'hi', clientMessageId: 'intruder' }),
    () => world.conversations.stop(ben, conversationId, turnId),
    () => world.conversations.retry(ben, conversationId, turnId),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
  }
  await expect(world.conversations.start(ben, { employeeId: 'ann' })).rejects.toMatchObject({ code: 'not_allowed' });
});

test('a snapshot in the middle of an answer holds what was streamed so far', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.host.answerWith(async function* (): AsyncIterable<TurnEvent> {
    yield { type: 'delta', text: 'first ' };
    await gate;
    yield { type: 'delta', text: 'second' };
    yield { type: 'done', text: 'first second' };
  });
  const { conversationId, turnId } = await say(ann, 'stream');
  await world.until(conversationId, (event) => event.type === 'delta');
  const snapshot = await world.until(conversationId, (event) => event.type === 'snapshot');
  expect(snapshot).toMatchObject({ partial: { turnId, text: 'first ' } });

  release();
  await world.until(conversationId, isState('answered'));
  const after = await world.until(conversationId, (event) => event.type === 'snapshot');
  expect(after).toMatchObject({ partial: null });
  const rows = await database.db
    .select()
    .from(messages)
    .where(and(eq(messages.conversationId, conversationId), eq(messages.role, 'agent')));
  expect(rows).toHaveLength(1);
});

test('a database that breaks off while the agent answers ends the attempt and not the process', async () => {
  await world.close();
  const errors: unknown[] = [];
  world = await startTurnWorld(database, undefined, { onError: (error) => errors.push(error) });
  await database.db.execute(sql`
    create sequence broken;
    create function break_off() returns trigger language plpgsql as
      $$ begin perform nextval('broken'); raise exception 'terminating connection'; end $$;
    create trigger break_off before update on turns for each row when (new.state = 'thinking') execute function break_off()`);
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const heard = Promise.withResolvers<void>();
  world.host.answerWith(async function* (): AsyncIterable<TurnEvent> {
    yield { type: 'delta', text: 'half' };
    await heard.promise;
    yield { type: 'done', text: 'whole' };
  });
  await say(ann, 'hello');
  const broken = async () => (await database.db.execute(sql`select is_called from broken`)).rows[0];
  await expect.poll(broken).toEqual({ is_called: true });
  // Node tells of a rejection that nobody handles once it has come: two more round trips are later than that.
  for (let trip = 0; trip < 2; trip++) await broken();
  heard.resolve();
  await expect.poll(() => errors.map(String).join()).toContain('update "turns"');
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
