import { createTestDatabase } from '@clawpool/server/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { messages } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { ownTenants } from '../testing/turn-world.ts';
import { createConversationService } from './conversation-service.ts';
import { pageOfMessages } from './conversation-store.ts';

let database: Database;
let conversationId: string;
beforeEach(async () => {
  database = await createTestDatabase();
  const { ann } = await insertSmallOrganization(database);
  conversationId = (await createConversationService(database, ownTenants).start(ann, {})).id;
});
afterEach(() => database.close());

/** Said one after the other, each in the given millisecond. */
async function say(said: readonly { id: string; at: number; text?: string }[], of = conversationId): Promise<void> {
  await database.db.insert(messages).values(
    said.map(({ id, at, text = id }) => ({
      ...{ organizationId: 'org', id, conversationId: of, role: 'human' as const, text, createdAt: new Date(at) },
    })),
  );
}

const numbered = (count: number, at: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ id: String(index).padStart(4, '0'), at: at(index) }));

/** All pages, the newest first. */
async function pages(query: { through?: string; limit?: number } = {}): Promise<string[][]> {
  const found: string[][] = [];
  for (let before: string | undefined; ; ) {
    const page = await pageOfMessages(database.db, 'org', conversationId, { ...query, before });
    found.push(page.messages.map(({ id }) => id));
    if (!page.more) return found;
    before = page.messages[0]?.id;
  }
}

describe('a long conversation', () => {
  test('is read from its end, 100 messages at a time, each once and in the order they were said', async () => {
    const said = numbered(250, (index) => index * 1000);
    await say(said);
    const found = await pages();
    expect(found.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(found.toReversed().flat()).toEqual(said.map(({ id }) => id));
  });

  test('loses nothing between pages when all was said in the same instant', async () => {
    const said = numbered(25, () => 1000);
    await say(said);
    expect((await pages({ limit: 4 })).toReversed().flat()).toEqual(said.map(({ id }) => id));
  });

  test('has smaller pages where the messages are long, and a page for each that is too long for one', async () => {
    const text = 'x'.repeat(400 * 1024);
    await say([
      { id: 'a', at: 1, text: 'y'.repeat(3 * 1024 * 1024) },
      { id: 'b', at: 2, text },
      { id: 'c', at: 3, text },
      { id: 'd', at: 4, text },
      { id: 'e', at: 5 },
    ]);
    expect(await pages()).toEqual([['c', 'd', 'e'], ['b'], ['a']]);
  });

  test('is read faster on the way to a message that is far back', async () => {
    await say(numbered(600, (index) => index));
    expect((await pages({ through: '0003' })).map(({ length }) => length)).toEqual([500, 100]);
  });

  test('knows only its own messages as places to read from', async () => {
    const { ann } = await insertSmallOrganization(database, 'rivals');
    const another = (await createConversationService(database, ownTenants).start(ann, {})).id;
    await say([{ id: 'ours', at: 1 }]);
    for (const query of [{ before: 'nobody' }, { through: 'nobody' }]) {
      await expect(pageOfMessages(database.db, 'org', conversationId, query)).rejects.toMatchObject({
        code: 'not_found',
      });
    }
    await expect(pageOfMessages(database.db, 'rivals', another, { before: 'ours' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
