import { ChannelError } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { asc, eq, inArray, isNull } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Database } from '../../store/database.ts';
import { inbox, messages, outbox, turns } from '../../store/schema/index.ts';
import { connectBot, type DeliveryWorld, startDeliveryWorld } from '../../testing/delivery-world.ts';
import { createScriptedChannel, inboundMessage, type ScriptedChannel } from '../../testing/scripted-channel.ts';
import { createScriptedHost, type ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';

/** What the world does to the messages. */
type Step =
  /** A request of the platform brings these at once, in this order; some of them again. */
  | { do: 'bring'; messages: { chat: 'ann' | 'ben'; sequence: number }[] }
  /** The process dies, and another one begins. */
  | { do: 'crash' }
  /** Of the next calls of the platform these fail, before or after they have done something. */
  | { do: 'disturb'; calls: ('before' | 'after' | 'fine')[] }
  | { do: 'wait'; ms: number };

const message = fc.record({ chat: fc.constantFrom('ann' as const, 'ben' as const), sequence: fc.nat({ max: 9 }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('bring' as const),
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('disturb' as const),
      calls: fc.array(fc.constantFrom('before' as const, 'after' as const, 'fine' as const), { maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 60 }) }) },
);

interface Stage {
  database: Database;
  channel: ScriptedChannel;
  host: ScriptedHost;
  world: DeliveryWorld;
  dead: DeliveryWorld[];
  bot: string;
  /** The messages of each request, without those that had been brought before. */
  requests: { chat: string; sequence: number }[][];
}

test('over crashes, duplicates, reorderings and failures every message is answered once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const stage = await setUp();
      try {
        for (const one of steps) await perform(stage, one);
        await settle(stage);
        await check(stage);
      } finally {
        await stage.world.close();
        for (const world of stage.dead) await world.bury();
        await stage.database.close();
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
}, 240_000);

async function setUp(): Promise<Stage> {
  const database = await createTestDatabase();
  await insertSmallOrganization(database);
  const channel = createScriptedChannel({ editIntervalMs: 5 });
  const host = createScriptedHost();
  host.answerWith(async function* (request, signal) {
    for (const word of ['You', ' said:', ` ${request.text}`]) {
      yield { type: 'delta', text: word };
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (signal.aborted) return;
    }
    yield { type: 'done', text: `You said: ${request.text}` };
  });
  const world = await startDeliveryWorld(database, { channel, host, firstAfterMs: 2 });
  return { database, channel, host, world, dead: [], bot: await connectBot(world, database), requests: [] };
}

async function perform(stage: Stage, one: Step): Promise<void> {
  if (one.do === 'bring') return bring(stage, one.messages);
  if (one.do === 'wait') return new Promise((resolve) => setTimeout(resolve, one.ms));
  if (one.do === 'disturb') return disturb(stage.channel, one.calls);
  await stage.world.die();
  stage.dead.push(stage.world);
  const { database, channel, host } = stage;
  stage.world = await startDeliveryWorld(database, { channel, host, firstAfterMs: 2 });
}

async function bring({ world, bot, requests }: Stage, messages: { chat: 'ann' | 'ben'; sequence: number }[]) {
  const known = new Set(requests.flat().map(({ chat, sequence }) => `${chat} ${sequence}`));
  const fresh = messages.filter(({ chat, sequence }, index) => {
    const first = messages.findIndex((other) => other.chat === chat && other.sequence === sequence) === index;
    return first && !known.has(`${chat} ${sequence}`);
  });
  requests.push(fresh);
  await world.receive(
    bot,
    ...messages.map(({ chat, sequence }) => inboundMessage({ sequence, text: `${chat} ${sequence}` }, chat)),
  );
}

function disturb(channel: ScriptedChannel, calls: ('before' | 'after' | 'fine')[]): void {
  const left = [...calls];
  const trouble = () => new ChannelError('network', 'connection reset', { retry: true, retryAfterMs: 20 });
  channel.before((call) => {
    if (call === 'poll' || left[0] === undefined) return;
    if (left[0] === 'before' || (left[0] === 'after' && call !== 'send')) {
      left.shift();
      throw trouble();
    }
    if (left[0] === 'fine') left.shift();
  });
  channel.afterSend(() => {
    if (left[0] !== 'after') return;
    left.shift();
    throw trouble();
  });
}

/** Until nothing waits any more: which is a part of what is shown. */
async function settle({ database: { db } }: Stage): Promise<void> {
  const nothingWaits = async () => {
    expect(await db.select().from(inbox).where(eq(inbox.state, 'waiting'))).toEqual([]);
    expect(await db.select().from(turns).where(isNull(turns.finishedAt))).toEqual([]);
    expect(
      await db
        .select()
        .from(outbox)
        .where(inArray(outbox.state, ['waiting', 'streaming'])),
    ).toEqual([]);
  };
  await vi.waitFor(nothingWaits, { timeout: 40_000, interval: 50 });
}

async function check({ database: { db }, channel, requests, world }: Stage): Promise<void> {
  // That something waits is told beside the answers.
  const shown = channel.shown.filter(({ text }) => !text.includes('ahead of yours'));
  const brought = requests.flat().map(({ chat, sequence }) => `${chat} ${sequence}`);
  const asked = await db
    .select({ text: messages.text, tenantId: turns.tenantId, state: turns.state })
    .from(messages)
    .innerJoin(turns, eq(turns.id, messages.turnId))
    .where(eq(messages.role, 'person'))
    .orderBy(asc(turns.arrival));
  expect(asked.map(({ text }) => text).sort()).toEqual([...brought].sort());
  expect(asked.filter(({ text, tenantId, state }) => !text.startsWith(tenantId) || state !== 'answered')).toEqual([]);

  const answers = await db.select({ text: messages.text }).from(messages).where(eq(messages.role, 'agent'));
  const expected = brought.map((text) => `You said: ${text}`).sort();
  expect(answers.map(({ text }) => text).sort()).toEqual(expected);
  expect(shown.map(({ text }) => text).sort()).toEqual(expected);

  // Messages of one request are there together, so they are taken in the order of the platform, whatever order they came in.
  const order = asked.map(({ text }) => text);
  for (const request of requests) {
    for (const chat of ['ann', 'ben']) {
      const inOrder = request.filter((one) => one.chat === chat).sort((a, b) => a.sequence - b.sequence);
      const places = inOrder.map(({ sequence }) => order.indexOf(`${chat} ${sequence}`));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  }
  for (const chat of ['ann', 'ben']) {
    const replies = shown.filter(({ chatId }) => chatId === `chat-${chat}`).map(({ text }) => text);
    expect(replies).toEqual(order.filter((text) => text.startsWith(chat)).map((text) => `You said: ${text}`));
  }
  expect(world.errors).toEqual([]);
}
