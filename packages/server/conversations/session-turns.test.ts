import { randomUUID } from 'node:crypto';
import { backpressure, type ConversationEvent, type QuickAnswers, type TurnState } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { attachments, conversations, messages, tenants, tiers, turns } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { ownTenants, startTurnWorld, type TurnWorld } from '../testing/turn-world.ts';
import { openConversation } from './open-conversation.ts';
import type { Router } from './routing/router.ts';
import { mayAnswerDirectly } from './turn.ts';
import { recordAct } from './turn-store.ts';

let database: Database;
let ann: Principal;
let world: TurnWorld;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  world = await startTurnWorld(database);
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const isState = (state: TurnState) => (event: ConversationEvent) =>
  (event.type === 'turn' && event.turn.state === state) ||
  (event.type === 'snapshot' && event.turns.at(-1)?.state === state);

async function start(): Promise<string> {
  return (await world.conversations.start(ann, {})).id;
}

const send = (conversationId: string, text: string, files: readonly string[] = []) =>
  world.conversations.send(ann, conversationId, { text, clientMessageId: randomUUID(), attachments: files });

async function ask(conversationId: string, text: string): Promise<string> {
  const { turn } = await send(conversationId, text);
  await expect.poll(async () => (await turnRow(turn.id)).finishedAt, { timeout: 10_000 }).not.toBeNull();
  return turn.id;
}

async function turnRow(id: string) {
  const [row] = await database.db.select().from(turns).where(eq(turns.id, id));
  if (!row) throw new Error('no such turn');
  return row;
}

const lastQuestion = () => world.host.turns.at(-1)?.context;

describe('a session that a person has taken over', () => {
  const takeOver = (conversationId: string, until: Date) =>
    database.db
      .update(conversations)
      .set({ takenOverBy: ann.userId, takenOverUntil: until })
      .where(eq(conversations.id, conversationId));

  test('is silent: a message is the human’s at once, and the agent learns later what was said', async () => {
    const id = await start();
    await takeOver(id, new Date(Date.now() + 60_000));
    const { turn } = await send(id, 'is anybody there?');
    expect(turn.state).toBe('handed_over');
    await database.db.insert(messages).values({
      ...{ organizationId: 'org', id: randomUUID(), conversationId: id, role: 'human', author: 'Maria' },
      ...{ text: 'I am.', knownToAgent: false },
    });
    expect(world.host.turns).toEqual([]);

    await takeOver(id, new Date(Date.now() - 60_000));
    await ask(id, 'and now?');
    expect(lastQuestion()?.missed).toEqual([
      { who: 'person', name: 'ann', text: 'is anybody there?' },
      { who: 'human', name: 'Maria', text: 'I am.' },
    ]);
    await ask(id, 'once more');
    expect(lastQuestion()?.missed).toEqual([]);
  });
});

describe('a turn that is interrupted', () => {
  const act = { tool: 'exec', arguments: '{"command":"git push"}', at: new Date().toISOString() };
  const actsThenDies = () =>
    world.host.answerWith(async function* ({ tenantId, turnId }) {
      await recordAct(database.db, tenantId, turnId, act);
      yield { type: 'failed', reason: 'exited', message: 'gone', retry: true };
    });

  test('before the agent acted is simply run again', async () => {
    let times = 0;
    world.host.answerWith(async function* () {
      times += 1;
      if (times === 1) yield { type: 'failed', reason: 'exited', message: 'gone', retry: true };
      else yield { type: 'done', text: 'here' };
    });
    const turnId = await ask(await start(), 'do it');
    expect((await turnRow(turnId)).state).toBe('answered');
    expect(lastQuestion()?.interruptedAfter).toBeNull();
  });

  test('after it acted is gone on with from its transcript, once, and then the person is told and asked', async () => {
    actsThenDies();
    const id = await start();
    const turnId = await ask(id, 'push it');
    expect(world.host.turns.map(({ context }) => context.interruptedAfter)).toEqual([
      null,
      [{ tool: 'exec', arguments: act.arguments }],
    ]);
    const told = (await world.conversations.get(ann, id)).turns.at(-1);
    expect(told).toMatchObject({ state: 'failed', reason: 'interrupted_after_acting', id: turnId });
    expect(told?.message).toContain('git push');
    expect(told?.acts).toHaveLength(2);

    // The person decides that it is run again, from the beginning.
    world.host.answerWith(async function* () {
      yield { type: 'done', text: 'pushed' };
    });
    await world.conversations.retry(ann, id, turnId);
    await world.until(id, isState('answered'));
    expect(lastQuestion()?.interruptedAfter).toBeNull();
  });

  test('is not gone on with when the tenant has other files by now', async () => {
    world.host.answerWith(async function* ({ tenantId, turnId }) {
      await recordAct(database.db, tenantId, turnId, act);
      // Which files a turn had is noted beside the question, not before it.
      await expect.poll(async () => (await turnRow(turnId)).filesEpoch, { timeout: 10_000 }).not.toBeNull();
      await database.db.update(tenants).set({ filesEpoch: sql`files_epoch + 1` });
      yield { type: 'failed', reason: 'exited', message: 'gone', retry: true };
    });
    const turnId = await ask(await start(), 'push it');
    expect(world.host.turns).toHaveLength(1);
    expect((await turnRow(turnId)).reason).toBe('interrupted_after_acting');
  });

  test('of another tenant, or one that is over, notes nothing', async () => {
    const turnId = await ask(await start(), 'hello');
    expect(await recordAct(database.db, 'ann', turnId, act)).toBe(false);
    world.host.answerWith(async function* ({ turnId: running }) {
      expect(await recordAct(database.db, 'ben', running, act)).toBe(false);
      yield { type: 'done', text: 'fine' };
    });
    await ask(await start(), 'hello');
  });
});

describe('the fast path of a tier', () => {
  const quick: QuickAnswers = {
    answer: async function* ({ messages: said, system }) {
      expect(system).toContain('ann');
      yield `Quickly: ${said.at(-1)?.text}`;
    },
  };

  test('answers while the runtime wakes, says so, and the agent is told of it', async () => {
    await world.close();
    world = await startTurnWorld(database, undefined, { quick });
    await database.db.update(tiers).set({ fastPath: true });
    let wake = () => {};
    const gate = new Promise<void>((resolve) => {
      wake = resolve;
    });
    world.host.startWith(async () => {
      await gate;
      return { ok: true, readyMs: 1 };
    });
    const id = await start();
    await ask(id, 'what is your name?');
    const { messages: said } = await world.conversations.get(ann, id);
    expect(said.at(-1)).toMatchObject({ role: 'agent', quick: true, text: 'Quickly: what is your name?' });
    expect(world.host.turns).toEqual([]);

    wake();
    await ask(id, 'and now?');
    expect(lastQuestion()?.missed.map(({ who }) => who)).toEqual(['person', 'quick']);
  });

  test('leaves the answer to the agent when the model does not answer, or the agent is awake in time', async () => {
    await world.close();
    let asked = 0;
    const broken: QuickAnswers = {
      // biome-ignore lint/correctness/useYield: it fails before it says anything
      answer: async function* () {
        asked += 1;
        throw new Error('the provider is away');
      },
    };
    world = await startTurnWorld(database, undefined, { quick: broken });
    await database.db.update(tiers).set({ fastPath: true });
    const id = await start();
    await ask(id, 'one');
    expect(asked).toBe(0);
    await world.pool.stop('ann');
    world.host.startWith(async () => {
      await expect.poll(() => asked, { timeout: 5_000 }).toBe(1);
      return { ok: true, readyMs: 1 };
    });
    await ask(id, 'two');
    const { messages: said } = await world.conversations.get(ann, id);
    expect(said.filter(({ role }) => role === 'agent').map(({ quick: marked }) => marked)).toEqual([false, false]);
  });
});

test.each([
  ['an employee’s message', { path: 'emp' }, true],
  ['a schedule’s prompt', { path: 'cron' }, false],
  ['a program’s message', { path: 'api' }, false],
  ['a visitor’s message', { path: 'twin' }, false],
  ['an admin’s question to the assistant', { path: 'admin' }, false],
  ['a message with files', { hasAttachments: true }, false],
  ['a message in a tier without it', { fastPath: false }, false],
] as const)('the fast path for %s: %j gives %s', (_, turn, expected) => {
  expect(mayAnswerDirectly({ fastPath: true, path: 'emp', hasAttachments: false, ...turn })).toBe(expected);
});

describe('attachments', () => {
  async function upload(conversationId: string, name: string): Promise<string> {
    const id = randomUUID();
    await database.db.insert(attachments).values({
      ...{ organizationId: 'org', id, conversationId, name, mediaType: 'text/plain', bytes: 3, blob: 'b'.repeat(64) },
    });
    return id;
  }

  test('of a message reach the turn under a plain name, and those of the answer are the answer’s', async () => {
    world.host.answerWith(async function* () {
      const file = { name: 'report.pdf', mediaType: 'application/pdf', bytes: 5, blob: 'c'.repeat(64) };
      yield { type: 'done', text: '', files: [file] };
    });
    const id = await start();
    const file = await upload(id, '../odd name?.txt');
    const { message, turn } = await send(id, '', [file]);
    expect(message.attachments).toMatchObject([{ name: '../odd name?.txt' }]);
    await expect.poll(async () => (await turnRow(turn.id)).state).toBe('answered');
    expect(world.host.turns[0]?.uploads).toEqual([
      { name: `${file.slice(0, 8)}-.._odd name_.txt`, mediaType: 'text/plain', blob: 'b'.repeat(64) },
    ]);
    const { messages: said } = await world.conversations.get(ann, id);
    expect(said.at(-1)).toMatchObject({ role: 'agent', attachments: [{ name: 'report.pdf' }] });
  });

  test('of another conversation, or sent before, are refused; a message without anything is too', async () => {
    const [mine, other] = [await start(), await start()];
    const elsewhere = await upload(other, 'x.txt');
    await expect(send(mine, 'look', [elsewhere])).rejects.toMatchObject({ code: 'invalid_request' });
    const file = await upload(mine, 'y.txt');
    await send(mine, 'look', [file]);
    await expect(send(mine, 'again', [file])).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(send(mine, '')).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

test('what waits for one agent is bounded, and the sender is told', async () => {
  await world.close();
  const id = await start();
  for (let n = 0; n < backpressure.perTenant; n++) expect((await send(id, `${n}`)).turn.position).toBe(n);
  await expect(send(id, 'one more')).rejects.toMatchObject({ code: 'too_many_requests' });
  world = await startTurnWorld(database);
});

test('two that open a conversation at once get the same one, until it has ended', async () => {
  const caller = { organizationId: 'org', tenantId: 'ann', path: 'api', callerKey: 'key:k:bob' } as const;
  const open = () =>
    database.db.transaction((tx) => openConversation(tx, { ...caller, callerName: 'bob', userId: null }));
  const [one, two] = await Promise.all([open(), open()]);
  expect(one.id).toBe(two.id);
  await database.db.update(conversations).set({ endedAt: new Date() });
  expect((await open()).id).not.toBe(one.id);
});

test('the newest conversation of a person with their agent is the one that channels go to', async () => {
  const [first, second] = [await start(), await start()];
  expect((await world.conversations.get(ann, first)).conversation.current).toBe(false);
  expect((await world.conversations.get(ann, second)).conversation.current).toBe(true);
});

test('a conversation with an agent that does not answer the person any more takes nothing', async () => {
  await world.close();
  let tenantId = 'ann';
  const router: Router = {
    ...ownTenants,
    resolve: async (question) => {
      const resolution = await ownTenants.resolve(question);
      return { ...resolution, tenant: { id: tenantId, name: tenantId, state: 'hibernated', team: true } };
    },
  };
  world = await startTurnWorld(database, undefined, { router });
  const id = await start();
  await ask(id, 'hello');
  tenantId = 'ben';
  await expect(send(id, 'and now?')).rejects.toMatchObject({ code: 'conflict' });
});
