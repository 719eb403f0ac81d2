import { Readable } from 'node:stream';
import { ChannelError, type InboundMessage, type QuickAnswers } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, isNull } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../store/database.ts';
import { conversations, inbox, outbox, tiers, turns } from '../../store/schema/index.ts';
import { admin, connectBot, type DeliveryWorld, startDeliveryWorld } from '../../testing/delivery-world.ts';
import { createScriptedChannel, inboundMessage } from '../../testing/scripted-channel.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { enqueueOutbound } from './outbox.ts';
import { said } from './said.ts';

let database: Database;
let world: DeliveryWorld;
let bot: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
});
afterEach(async () => {
  await world.close();
  await database.close();
  expect(world.errors).toEqual([]);
});

const start = async (options: Parameters<typeof startDeliveryWorld>[1] = {}) => {
  world = await startDeliveryWorld(database, options);
  bot = await connectBot(world, database);
};
const from = (name: 'ann' | 'ben' | 'stranger', sequence: number, text: string, more: Partial<InboundMessage> = {}) =>
  inboundMessage({ text, sequence, ...more }, name);
const shownTo = (chat: string) => world.channel.shown.filter(({ chatId }) => chatId === chat).map(({ text }) => text);
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 25 });
const wentWell = (count: number) =>
  eventually(async () => {
    const rows = await database.db.select().from(inbox).where(eq(inbox.state, 'done'));
    expect(rows).toHaveLength(count);
  });

describe('an answer', () => {
  test('is sent in parts within the limit of the platform, in order', async () => {
    const channel = createScriptedChannel({ maxTextLength: 40 });
    await start({ channel });
    const text = 'word '.repeat(20).trim();
    await world.receive(bot, from('ann', 1, text));
    await eventually(async () => {
      const [row] = await database.db.select().from(outbox);
      expect(row?.state).toBe('sent');
      expect(row?.sentParts).toHaveLength(shownTo('chat-ann').length);
    });
    expect(shownTo('chat-ann').length).toBeGreaterThan(2);
    expect(shownTo('chat-ann').join(' ').replace(/\s+/gu, ' ')).toBe(`You said: ${text}`);
  });

  test('has its files after the text; what is too large for the chat is said to be in the portal', async () => {
    await start();
    await world.receive(bot, from('ann', 1, 'hello'));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
    const [conversation] = await database.db.select().from(conversations);
    const of = { organizationId: 'org', conversationId: conversation?.id ?? '', mediaType: 'text/plain' };
    const store = (name: string, content: string) =>
      world.attachments.store({ ...of, name }, Readable.from([Buffer.from(content)]));
    const files = [await store('small.txt', 'content'), await store('large.txt', 'x'.repeat(2_000))];
    await database.db.transaction((tx) =>
      enqueueOutbound(tx, {
        ...{ organizationId: 'org', to: { accountId: bot, chatId: 'chat-ann' }, kind: 'human', dedupeKey: 'test' },
        ...{ text: 'Here they are', attachments: files.map(({ id }) => id) },
      }),
    );
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(4));
    expect(world.channel.shown.slice(1).map(({ text, attachment }) => attachment ?? text)).toEqual([
      'Here they are',
      'content',
      '“large.txt” is too large for this chat. You find it in this conversation in your portal.',
    ]);
  });

  test('that the platform does not take is tried again, and shown once', async () => {
    await start();
    let failures = 3;
    world.channel.afterSend(() => {
      if (failures-- > 0) throw new ChannelError('network', 'connection reset', { retry: true });
    });
    await world.receive(bot, from('ann', 1, 'hello'));
    await eventually(async () => {
      const [row] = await database.db.select().from(outbox);
      expect(row).toMatchObject({ state: 'sent', attempts: 3 });
    });
    expect(shownTo('chat-ann')).toEqual(['You said: hello']);
  });

  test('outlives a long outage of the platform, and those behind it do not overtake it', async () => {
    await start();
    let away = true;
    world.channel.before((call) => {
      if (call === 'send' && away) throw new ChannelError('network', 'connection reset', { retry: true });
    });
    await world.receive(bot, from('ann', 1, 'one'));
    await eventually(async () => expect(await database.db.select().from(outbox)).toHaveLength(1));
    const hoursAgo = new Date(Date.now() - 20 * 60 * 60 * 1000);
    await eventually(async () => {
      // An attempt that is under way would write over it.
      const ago = { attempts: 300, failingSince: hoursAgo, retryAt: null };
      const { rowCount } = await database.db.update(outbox).set(ago).where(isNull(outbox.leaseOwner));
      expect(rowCount).toBe(1);
    });
    await eventually(async () => {
      const [row] = await database.db.select().from(outbox);
      expect(row?.attempts).toBeGreaterThan(300);
      expect(row).toMatchObject({ state: 'waiting', failures: 0 });
    });
    await world.receive(bot, from('ann', 2, 'two'));
    await eventually(async () => expect(await database.db.select().from(outbox)).toHaveLength(2));
    away = false;
    await world.receive(bot, from('ann', 3, '/help'));
    await wentWell(3);
    expect(shownTo('chat-ann')).toEqual([]);
    await database.db.update(outbox).set({ retryAt: null });
    await eventually(() =>
      expect(shownTo('chat-ann')).toEqual(['You said: one', 'You said: two', expect.stringContaining('/stop')]),
    );
  });

  test('that the platform refuses for good is a dead letter at once, and can be sent again', async () => {
    await start();
    world.channel.before((call) => {
      if (call === 'send') throw new ChannelError('blocked', 'bot was blocked by the user', { retry: false });
    });
    await world.receive(bot, from('ann', 1, 'hello'));
    await eventually(async () => {
      const { letters } = await world.deadLetters.list(admin, { direction: 'outbound', limit: 10, offset: 0 });
      expect(letters).toMatchObject([
        { party: 'ann', preview: 'You said: hello', error: 'bot was blocked by the user' },
      ]);
      expect(await world.deadLetters.figures(admin)).toMatchObject({ dead: 1, outboxWaiting: 0 });
    });
    world.channel.before(() => {});
    const { letters } = await world.deadLetters.list(admin, { limit: 10, offset: 0 });
    await world.deadLetters.replay(
      admin,
      letters.map(({ id }) => id),
    );
    await eventually(() => expect(shownTo('chat-ann')).toEqual(['You said: hello']));
  });

  test('waits as long as the platform asks for', async () => {
    await start();
    let limited = 0;
    world.channel.before((call) => {
      if (call === 'send' && limited++ === 0) {
        throw new ChannelError('limited', 'Too Many Requests', { retry: true, retryAfterMs: 3_600_000 });
      }
    });
    await world.receive(bot, from('ann', 1, 'hello'));
    await eventually(async () => {
      const [row] = await database.db.select().from(outbox);
      expect((row?.retryAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    });
  });

  test('grows in the chat where the platform edits, and ends as it was stored', async () => {
    const host = createScriptedHost();
    const goOn = Promise.withResolvers<void>();
    host.answerWith(async function* () {
      yield { type: 'delta', text: 'It begins' };
      await goOn.promise;
      yield { type: 'delta', text: ' and ends' };
      yield { type: 'done', text: 'It begins and ends.' };
    });
    await start({ host, firstAfterMs: 1 });
    await world.receive(bot, from('ann', 1, 'go'));
    await eventually(() => expect(shownTo('chat-ann')).toEqual(['It begins']));
    // What is told beside it does not wait for its end.
    await world.receive(bot, from('ann', 2, '/help'));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(2));
    goOn.resolve();
    await eventually(async () => {
      const [row] = await database.db.select().from(outbox).where(eq(outbox.kind, 'reply'));
      expect(row).toMatchObject({ state: 'sent', sentParts: ['m1'] });
    });
    expect(shownTo('chat-ann')[0]).toBe('It begins and ends.');
    expect(world.channel.shown).toHaveLength(2);
  });

  test('whose first draft was sent by a process that died before it knew is still shown once, and whole', async () => {
    const channel = createScriptedChannel();
    const host = createScriptedHost();
    host.answerWith(async function* (_request, signal) {
      yield { type: 'delta', text: 'A draft' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    await start({ channel, host, firstAfterMs: 1 });
    const sent = Promise.withResolvers<void>();
    channel.afterSend(async () => {
      sent.resolve();
      await new Promise(() => {});
    });
    await world.receive(bot, from('ann', 1, 'go'));
    await sent.promise;
    await world.die();
    const dead = world;
    channel.afterSend(() => {});
    host.answerWith(async function* () {
      yield { type: 'done', text: 'The whole answer' };
    });
    world = await startDeliveryWorld(database, { channel, host });
    await eventually(() => expect(channel.shown.map(({ text }) => text)).toEqual(['The whole answer']));
    expect(dead.errors).toEqual([]);
  });

  test('grows in the chat only when what was said before it has been delivered', async () => {
    const channel = createScriptedChannel();
    const host = createScriptedHost();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    host.answerWith(async function* ({ text }) {
      yield { type: 'delta', text: `About ${text}:` };
      if (text === 'second') await gate;
      yield { type: 'done', text: `About ${text}: that.` };
    });
    await start({ channel, host, firstAfterMs: 200 });
    let refused = 0;
    channel.before((call) => {
      if (call !== 'send' || refused > 0) return;
      refused += 1;
      throw new ChannelError('limited', 'too many', { retry: true, retryAfterMs: 1_500 });
    });
    await world.receive(bot, from('ann', 1, 'first'), from('ann', 2, 'second'));
    const answers = () => shownTo('chat-ann').filter((text) => !text.includes('ahead of yours'));
    await eventually(() => expect(answers()).toEqual(['About first: that.', 'About second:']));
    release();
    await eventually(() => expect(answers()).toEqual(['About first: that.', 'About second: that.']));
  });

  test('of the model, given while the agent wakes, says that it is one', async () => {
    const host = createScriptedHost();
    const awake = Promise.withResolvers<void>();
    host.startWith(async () => {
      await awake.promise;
      return { ok: true, readyMs: 1 };
    });
    const quick: QuickAnswers = {
      answer: async function* () {
        yield 'Four.';
      },
    };
    await start({ host, quick });
    await database.db.update(tiers).set({ fastPath: true });
    await world.receive(bot, from('ann', 1, 'two and two?'));
    await eventually(() => expect(shownTo('chat-ann')).toEqual([`Four.\n\n${said.quick}`]));
    awake.resolve();
  });

  test('that failed is told with what to do', async () => {
    const host = createScriptedHost();
    host.answerWith(async function* () {
      yield { type: 'failed', reason: 'model_error', message: 'The model refused.', retry: false };
    });
    await start({ host });
    await world.receive(bot, from('ann', 1, 'go'));
    await eventually(() => expect(shownTo('chat-ann')).toEqual([expect.stringMatching(/^The model refused\.\n\n\w/u)]));
  });
});

describe('a turn that broke off after the agent had acted', () => {
  test('is asked about, and run again when the person says so, once', async () => {
    const host = createScriptedHost();
    await start({ host });
    host.answerWith(async function* () {
      yield { type: 'failed', reason: 'interrupted_after_acting', message: 'It broke off.', retry: false };
    });
    await world.receive(bot, from('ann', 1, 'send the mail'));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
    const [turn] = await database.db.select().from(turns);
    expect(world.channel.shown[0]?.buttons).toEqual([
      { label: 'Run it again', value: `retry:${turn?.id}` },
      { label: 'Leave it', value: `leave:${turn?.id}` },
    ]);
    host.answerWith(async function* () {
      yield { type: 'done', text: 'Sent.' };
    });
    const press = (sequence: number, who: 'ann' | 'ben') =>
      from(who, sequence, '', { buttonValue: `retry:${turn?.id}` });
    await world.receive(bot, press(1, 'ben'));
    await wentWell(2);
    expect(shownTo('chat-ann')).toHaveLength(1);
    await world.receive(bot, press(2, 'ann'), press(3, 'ann'));
    await wentWell(4);
    await eventually(() => expect(shownTo('chat-ann').slice(1)).toEqual(['Sent.']));
    expect(shownTo('chat-ben')).toEqual([]);
  });

  test('is not run again where a message would be refused, and the chat is told why', async () => {
    const host = createScriptedHost();
    await start({ host });
    host.answerWith(async function* () {
      yield { type: 'failed', reason: 'interrupted_after_acting', message: 'It broke off.', retry: false };
    });
    await world.receive(bot, from('ann', 1, 'send the mail'));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
    const [turn] = await database.db.select().from(turns);
    await database.db.update(conversations).set({ endedAt: new Date() });
    await world.receive(bot, from('ann', 2, '', { buttonValue: `retry:${turn?.id}` }));
    await eventually(() => expect(shownTo('chat-ann').slice(1)).toEqual([expect.stringContaining('has ended')]));
    expect(host.turns).toHaveLength(1);
  });
});

test('a wake that takes long is told once in every chat that waits, a short one is not', async () => {
  const host = createScriptedHost();
  const started = Promise.withResolvers<void>();
  host.startWith(async () => {
    await started.promise;
    return { ok: true, readyMs: 1 };
  });
  await start({ host, wakingAfterMs: 50 });
  await world.receive(bot, from('ann', 1, 'one'), from('ann', 2, '/new'), from('ann', 3, 'two'));
  await eventually(() => expect(shownTo('chat-ann').filter((text) => text.includes('waking up'))).toHaveLength(1));
  started.resolve();
  await eventually(() =>
    expect(shownTo('chat-ann')).toEqual(expect.arrayContaining(['You said: one', 'You said: two'])),
  );
  await world.receive(bot, from('ann', 4, 'three'));
  await eventually(() => expect(shownTo('chat-ann')).toContain('You said: three'));
  expect(shownTo('chat-ann').filter((text) => text.includes('waking up'))).toHaveLength(1);
});
