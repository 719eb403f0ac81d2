import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationEvent } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import type { NotificationListener, Notifications } from '../store/notifications.ts';
import { messages, turns } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { ownTenants } from '../testing/turn-world.ts';
import { createConversationService } from './conversation-service.ts';
import { createLiveConversations } from './live-conversations.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

test('of two changes close together the later one is told last, even when reading the first takes longer', async () => {
  const { ann } = await insertSmallOrganization(database);
  const conversations = createConversationService(database, ownTenants);
  const { id } = await conversations.start(ann, {});
  const { turn } = await conversations.send(ann, id, { text: 'hello', clientMessageId: 'the-message' });
  const { slowed, holdSecondQuery } = withSlowQuery(database);
  const { notifications, tell } = byHand();
  const live = createLiveConversations(slowed, notifications, (error) => {
    throw error;
  });
  const told: string[] = [];
  await live.follow('org', id, (event: ConversationEvent) => {
    if (event.type === 'turn') told.push(event.turn.state);
  });

  // The first change is read as far as the turn; its messages are still on their way when the turn ends.
  const held = holdSecondQuery();
  const change = { organizationId: 'org', conversationId: id, turnId: turn.id };
  tell(change);
  await held.reached;
  await database.db.update(turns).set({ state: 'answered', finishedAt: new Date() }).where(eq(turns.id, turn.id));
  tell(change);
  await sleep(200); // long enough for the second to be read, were it not to wait
  held.release();

  await expect.poll(() => told).toEqual(['queued', 'answered']);
  live.close();
});

test('the snapshot of a long conversation is its newest page, and says that there is more', async () => {
  const { ann } = await insertSmallOrganization(database);
  const { id } = await createConversationService(database, ownTenants).start(ann, {});
  const texts = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(100_000)}`);
  await database.db.insert(messages).values(
    texts.map((text, index) => ({
      ...{ organizationId: 'org', id: `m${index}`, conversationId: id, role: 'human' as const, text },
      createdAt: new Date(index * 1000),
    })),
  );
  const live = createLiveConversations(database, byHand().notifications, (error) => {
    throw error;
  });
  const events: ConversationEvent[] = [];
  const stop = await live.follow('org', id, (event) => events.push(event));
  stop();
  live.close();

  const [first] = events;
  if (first?.type !== 'snapshot') throw new Error('a stream begins with a snapshot');
  expect(first.more).toBe(true);
  expect(first.messages.at(-1)?.text).toBe(texts.at(-1));
  // Six million characters are no first page for anybody.
  expect(JSON.stringify(first).length).toBeLessThan(1.5 * 1024 * 1024);
});

/** The database, with one query that can be held up after it was asked. */
function withSlowQuery(real: Database) {
  let asked = 0;
  let heldQuery = 0;
  let reached = Promise.withResolvers<void>();
  let release = Promise.withResolvers<void>();
  const slow = <T extends object>(builder: T): T =>
    new Proxy(builder, {
      get: (target, name, receiver) => {
        const value = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        if (name !== 'then') return (...args: unknown[]) => slow(value.apply(target, args));
        return (...args: unknown[]) => {
          reached.resolve();
          return release.promise.then(() => value.apply(target, args));
        };
      },
    });
  const db = new Proxy(real.db, {
    get: (target, name, receiver) => {
      const value = Reflect.get(target, name, receiver);
      if (name !== 'select') return value;
      return (...args: unknown[]) => {
        const builder = value.apply(target, args);
        return ++asked === heldQuery ? slow(builder) : builder;
      };
    },
  });
  return {
    slowed: { ...real, db },
    holdSecondQuery: () => {
      heldQuery = asked + 2;
      reached = Promise.withResolvers();
      release = Promise.withResolvers();
      return { reached: reached.promise, release: () => release.resolve() };
    },
  };
}

function byHand() {
  let listener: (payload: Notifications['conversation_changed']) => void = () => {};
  const notifications: NotificationListener = {
    on: (name, added) => {
      if (name === 'conversation_changed') listener = added as typeof listener;
      return () => {};
    },
    onGap: () => () => {},
    close: async () => {},
  };
  return { notifications, tell: (payload: Notifications['conversation_changed']) => listener(payload) };
}
