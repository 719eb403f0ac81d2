import { ChannelError } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { conversations, outbox, turns } from '../../store/schema/index.ts';
import { admin, connectBot, type DeliveryWorld, startDeliveryWorld } from '../../testing/delivery-world.ts';
import { inboundMessage } from '../../testing/scripted-channel.ts';
import { createScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { lockSession, say } from '../sessions/takeover-store.ts';

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

const ann: Principal = {
  userId: 'user-ann',
  name: 'ann',
  organizationId: 'org',
  employeeId: 'ann',
  roles: ['employee'],
};
const shownTo = (chat: string) => world.channel.shown.filter(({ chatId }) => chatId === chat).map(({ text }) => text);
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 25 });
const goodbye = expect.stringMatching(/^An admin has disconnected/u);

/** Ann has written, and her agent answers until it is told to end. */
async function startAnswering(firstAfterMs: number) {
  const host = createScriptedHost();
  const goOn = Promise.withResolvers<void>();
  host.answerWith(async function* () {
    yield { type: 'delta', text: 'It begins' };
    await goOn.promise;
    yield { type: 'done', text: 'It begins and ends.' };
  });
  world = await startDeliveryWorld(database, { host, firstAfterMs });
  bot = await connectBot(world, database);
  await world.receive(bot, inboundMessage({ text: 'go' }));
  await eventually(() => expect(host.turns).toHaveLength(1));
  return goOn.resolve;
}

const answered = () =>
  eventually(async () => expect(await database.db.select().from(turns)).toMatchObject([{ state: 'answered' }]));

test('an answer that grows in a chat which an admin disconnects is ended there by the goodbye, and goes on in the portal', async () => {
  const finish = await startAnswering(1);
  await eventually(() => expect(shownTo('chat-ann')).toEqual(['It begins']));
  await world.bindings.remove(admin, bot, 'tg-ann');
  finish();
  await answered();
  await eventually(() => expect(shownTo('chat-ann')).toEqual(['It begins', goodbye]));
  expect(await database.db.select().from(outbox).where(eq(outbox.kind, 'reply'))).toMatchObject([
    { state: 'discarded' },
  ]);
});

test('nothing that a session has to say later reaches a chat that was disconnected', async () => {
  const finish = await startAnswering(10_000);
  await world.bindings.remove(admin, bot, 'tg-ann');
  finish();
  await answered();
  const [session] = await database.db.select().from(conversations);
  const speak = (role: 'human' | 'note') =>
    database.db.transaction(async (tx) => {
      const locked = await lockSession(tx, 'org', session?.id ?? '');
      if (!locked) throw new Error('the session is there');
      await say(tx, locked, { role, text: 'a secret', author: null, at: new Date(), key: null });
    });
  await speak('human');
  await speak('note');
  await eventually(() => expect(shownTo('chat-ann')).toEqual([goodbye]));
  expect(await database.db.select().from(outbox)).toHaveLength(1);
});

test('what waits for a chat is discarded when it is disconnected; the goodbye is still told', async () => {
  world = await startDeliveryWorld(database);
  bot = await connectBot(world, database);
  let away = true;
  world.channel.before((call) => {
    if (call === 'send' && away)
      throw new ChannelError('limited', 'Too Many', { retry: true, retryAfterMs: 3_600_000 });
  });
  await world.receive(bot, inboundMessage({ text: 'hello' }), inboundMessage({ text: 'hi' }, 'ben'));
  await eventually(async () => expect(await database.db.$count(outbox, eq(outbox.state, 'waiting'))).toBe(2));
  away = false;
  await world.bindings.remove(admin, bot, 'tg-ann');
  await eventually(() => expect(shownTo('chat-ann')).toEqual([goodbye]));
  const rows = await database.db.select().from(outbox).where(eq(outbox.kind, 'reply'));
  expect(Object.fromEntries(rows.map(({ chatId, state }) => [chatId, state]))).toEqual({
    'chat-ann': 'discarded',
    'chat-ben': 'waiting',
  });
});

test('an answer that runs while its person pairs another account of the platform does not reach the old one', async () => {
  const finish = await startAnswering(10_000);
  const { token } = await world.bindings.startPairing(ann, bot);
  await world.receive(bot, inboundMessage({ text: '', pairingToken: token }, 'newphone'));
  await eventually(() => expect(shownTo('chat-newphone')).toHaveLength(1));
  finish();
  await answered();
  await eventually(() =>
    expect(shownTo('chat-ann')).toEqual([expect.stringMatching(/^This chat is disconnected: your agent was paired/u)]),
  );
  expect(await database.db.$count(outbox, eq(outbox.kind, 'reply'))).toBe(0);
});

test('the same account paired anew keeps what waits for it', async () => {
  const finish = await startAnswering(10_000);
  const { token } = await world.bindings.startPairing(ann, bot);
  await world.receive(bot, inboundMessage({ text: '', pairingToken: token, sequence: 2 }));
  await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
  finish();
  await eventually(() => expect(shownTo('chat-ann')[1]).toBe('It begins and ends.'));
});
