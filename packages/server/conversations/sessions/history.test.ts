import { randomUUID } from 'node:crypto';
import { text as textOf } from 'node:stream/consumers';
import type { Message } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import {
  attachments,
  auditEvents,
  channelAccounts,
  conversations,
  inbox,
  messages,
  outbox,
  personNotifications,
  turns,
} from '../../store/schema/index.ts';
import { inboundMessage } from '../../testing/scripted-channel.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { acceptMessage } from '../accept.ts';
import { openConversation } from '../open-conversation.ts';
import { excerptOf } from './excerpt.ts';
import { createHistory, type History } from './history-service.ts';
import { searchMessages } from './history-store.ts';

let database: Database;
let ann: Principal;
let ben: Principal;
let rival: Principal;
let history: History;
let forgotten: string[];
let removed: string[];
let errors: unknown[];

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben } = await insertSmallOrganization(database));
  ({ ann: rival } = await insertSmallOrganization(database, 'rival'));
  [forgotten, removed, errors] = [[], [], []];
  history = createHistory({
    database,
    forgetSession: async (tenantId, session) => void forgotten.push(`${tenantId} ${session}`),
    removeBlob: async (blob) => void removed.push(blob),
    onError: (error) => errors.push(error),
  });
});
afterEach(() => database.close());

const start = ({ organizationId, employeeId, userId, name }: Principal) =>
  database.db.transaction((tx) =>
    openConversation(
      tx,
      {
        organizationId,
        tenantId: employeeId ?? '',
        path: 'emp',
        callerKey: `user:${userId}`,
        callerName: name,
        userId,
      },
      { fresh: true },
    ),
  );

/** Says something, and has it answered. */
async function talk(who: Principal, conversationId: string, text: string, answer = 'Done.', at = new Date()) {
  const { organizationId } = who;
  return database.db.transaction(async (tx) => {
    const inbound = { organizationId, conversationId, text, at, channelMessageId: randomUUID() };
    const accepted = await acceptMessage(tx, { ...inbound, origin: 'portal', verification: 'signed_in' });
    const turnId = accepted?.turn.id ?? '';
    await tx.update(turns).set({ state: 'answered', finishedAt: at }).where(eq(turns.id, turnId));
    await tx.insert(messages).values({
      ...{ organizationId, id: randomUUID(), conversationId, turnId, role: 'agent', text: answer },
      createdAt: new Date(at.getTime() + 1),
    });
    return accepted?.message.id ?? '';
  });
}
const attach = (conversationId: string, messageId: string, blob: string, name = `${blob}.txt`) =>
  database.db.insert(attachments).values({
    ...{ organizationId: 'org', id: randomUUID(), conversationId, messageId, name, blob },
    ...{ mediaType: 'text/plain', bytes: 3 },
  });
const actions = async () =>
  (await database.db.select({ action: auditEvents.action }).from(auditEvents)).map(({ action }) => action);

describe('the list', () => {
  test('has the own conversations in which something was said, the latest first', async () => {
    const first = await start(ann);
    const second = await start(ann);
    await start(ann);
    await talk(ann, first.id, 'One');
    await talk(ann, second.id, 'Two');
    await talk(ben, (await start(ben)).id, 'Three');
    const { conversations: listed, more } = await history.list(ann);
    expect(listed.map(({ title }) => title)).toEqual(['Two', 'One']);
    expect(more).toBe(false);
    expect((await history.list(rival)).conversations).toEqual([]);
  });

  test('comes in pages that leave nothing out, even of what was updated in the same millisecond', async () => {
    await database.db.execute(sql`
      insert into conversations (organization_id, id, tenant_id, user_id, path, caller_key, title, updated_at)
      select 'org', 'c' || n, 'ann', ${ann.userId}, 'emp', ${`user:${ann.userId}`}, 'Talk ' || n,
        timestamptz '2026-01-01' + (n / 10) * interval '1 second' + n * interval '1 microsecond'
      from generate_series(1, 134) n`);
    const seen: string[] = [];
    let before: string | undefined;
    for (let pages = 0; pages < 10; pages++) {
      const page = await history.list(ann, before);
      seen.push(...page.conversations.map(({ id }) => id));
      before = page.conversations.at(-1)?.updatedAt;
      if (!page.more) break;
    }
    expect(seen).toHaveLength(134);
    expect(new Set(seen).size).toBe(134);
  });
});

describe('search', () => {
  test('finds where it was said in the own conversations, newest first, and shows the place', async () => {
    const { id } = await start(ann);
    await talk(ann, id, 'Book the flight to Lisbon', 'The FLIGHT is booked.');
    await talk(ben, (await start(ben)).id, 'My flight');
    await talk(rival, (await start(rival)).id, 'Their flight');
    const hits = await history.search(ann, 'flight');
    expect(hits.map(({ role, excerpt, start: from, end }) => [role, excerpt.slice(from, end)])).toEqual([
      ['agent', 'FLIGHT'],
      ['person', 'flight'],
    ]);
    expect(hits[0]?.conversation).toMatchObject({ id, title: 'Book the flight to Lisbon', tenantName: 'agent-ann' });
  });

  test('takes every character for itself', async () => {
    const { id } = await start(ann);
    await talk(ann, id, 'It is 100% done', 'a_b \\ c');
    const found = async (text: string) => (await history.search(ann, text)).map(({ role }) => role);
    expect(await found('100%')).toEqual(['person']);
    expect(await found('%')).toEqual(['person']);
    expect(await found('a_b')).toEqual(['agent']);
    expect(await found('_')).toEqual(['agent']);
    expect(await found('\\')).toEqual(['agent']);
    expect(await found('a.b')).toEqual([]);
    expect(await found('\0')).toEqual([]);
  });

  test('shows 50 places at most', async () => {
    const { id } = await start(ann);
    for (let n = 0; n < 30; n++) await talk(ann, id, `word ${n}`, 'word');
    expect(await history.search(ann, 'word')).toHaveLength(50);
  });

  test('reads the person’s conversations and not everybody’s messages', async () => {
    await database.db.execute(sql`
      insert into conversations (organization_id, id, tenant_id, user_id, path, caller_key, title)
      select 'org', 'c' || n, 'ben', ${ben.userId}, 'emp', ${`user:${ben.userId}`}, 'Talk' from generate_series(1, 3000) n`);
    await database.db.execute(sql`
      insert into messages (organization_id, id, conversation_id, role, text)
      select 'org', 'm' || n, 'c' || (1 + n % 3000), 'human', 'The needle ' || n from generate_series(1, 30000) n`);
    await talk(ann, (await start(ann)).id, 'needle');
    await database.db.execute(sql`analyze`);
    const client = await database.pool.connect();
    const asked: { text: string; values?: unknown[] }[] = [];
    try {
      const query = client.query.bind(client) as (asks: { text: string }, values: unknown[]) => Promise<pg.QueryResult>;
      const noting = Object.assign(Object.create(client) as pg.PoolClient, {
        query: (asks: { text: string }, values: unknown[]) => {
          asked.push({ text: asks.text, values });
          return query(asks, values);
        },
      });
      expect(await searchMessages(drizzle(noting), ann, 'needle')).toHaveLength(1);
      const [statement] = asked;
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${statement?.text}`, statement?.values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('conversations_by_user');
      expect(plan).not.toContain('Seq Scan on messages');
    } finally {
      client.release();
    }
  });

  test('an excerpt has the match where it says, also in the middle of long texts and beside emoji', () => {
    for (const text of ['Needle', `${'😀'.repeat(60)}needle${'😀'.repeat(60)}`, `x${'😀'.repeat(60)}NEEDLE`]) {
      const { excerpt, start: from, end } = excerptOf(text, 'needle');
      expect(excerpt.slice(from, end).toLowerCase()).toBe('needle');
      expect(excerpt.isWellFormed()).toBe(true);
      expect(excerpt.length).toBeLessThan(175);
    }
    expect(excerptOf('nothing of it', 'needle')).toEqual({ excerpt: 'nothing of it', start: 0, end: 0 });
  });
});

describe('one’s own conversation', () => {
  test('can be named, by its owner alone', async () => {
    const { id } = await start(ann);
    expect((await history.rename(ann, id, 'Trip')).title).toBe('Trip');
    for (const other of [ben, rival]) {
      await expect(history.rename(other, id, 'Mine')).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await actions()).toEqual(['conversation.renamed']);
  });

  test('is deleted with everything in it, and the agent forgets it', async () => {
    const { id } = await start(ann);
    const other = await start(ann);
    const [said, kept] = [await talk(ann, id, 'Secret'), await talk(ann, other.id, 'Kept')];
    await attach(id, said, 'blob-of-both');
    await attach(id, said, 'blob-of-one');
    await attach(other.id, kept, 'blob-of-both');
    await history.remove(ann, id);
    expect(await database.db.select().from(conversations)).toMatchObject([{ id: other.id }]);
    expect(await database.db.$count(messages)).toBe(2);
    expect(await database.db.$count(turns)).toBe(1);
    expect(removed).toEqual(['blob-of-one']);
    expect(forgotten).toEqual([`ann emp__ann__${id}`]);
    expect(await actions()).toEqual(['conversation.deleted']);
  });

  test('leaves no word of it where messages of platforms come in and go out, nor in notifications', async () => {
    const { id } = await start(ann);
    const other = await start(ann);
    await talk(ann, id, 'Secret');
    await talk(ann, other.id, 'Kept');
    const { db } = database;
    const organizationId = 'org';
    await db.insert(channelAccounts).values({
      ...{ organizationId, id: 'bot', channel: 'telegram', name: 'Bot', accountName: 'bot', mode: 'polling' },
      ...{ settings: { apiRoot: 'https://channel.example' }, sealedSecret: 'x', sealedWebhookSecret: 'x' },
    });
    const to = { organizationId, accountId: 'bot', chatId: '7' };
    for (const [conversationId, text] of [[id, 'Secret'] as const, [other.id, 'Kept'] as const]) {
      const [turn] = await db.select().from(turns).where(eq(turns.conversationId, conversationId));
      const turnId = turn?.id ?? '';
      const message = inboundMessage({ text, quote: { from: 'Eve', text } });
      await db.insert(inbox).values({
        ...{ ...to, id: text, platformMessageId: text, sequence: 1, message, state: 'done', outcome: 'turn', turnId },
      });
      const content = { text, attachments: [], buttons: [] };
      await db.insert(outbox).values([
        { ...to, id: `${text} 1`, kind: 'reply', dedupeKey: `${text} 1`, turnId, content, state: 'sent' },
        { ...to, id: `${text} 2`, kind: 'human', dedupeKey: `${text} 2`, conversationId, content },
      ]);
      await db.insert(personNotifications).values({
        ...{ organizationId, id: text, userId: ann.userId, kind: 'schedule_result', title: text, text, conversationId },
        dedupeKey: text,
      });
    }
    await history.remove(ann, id);
    const left = [
      await db.select().from(inbox),
      await db.select().from(outbox),
      await db.select().from(personNotifications),
    ];
    expect(
      JSON.stringify(left.map((rows) => rows.map((row) => ({ ...row, id: '', platformMessageId: '' })))),
    ).not.toContain('Secret');
    expect(left.map((rows) => rows.length)).toEqual([2, 2, 1]);
    expect(JSON.stringify(left).split('Kept').length).toBeGreaterThan(5);
  });

  test('is not deleted by others, while an answer is under way, or while a colleague answers', async () => {
    const { id } = await start(ann);
    await talk(ann, id, 'Hello');
    const refusedTo = async (who: Principal) => history.remove(who, id).catch((error: { code: string }) => error.code);
    expect([await refusedTo(ben), await refusedTo(rival)]).toEqual(['not_found', 'not_found']);
    await database.db.update(turns).set({ state: 'queued', finishedAt: null });
    expect(await refusedTo(ann)).toBe('conflict');
    await database.db.update(turns).set({ state: 'stopped', finishedAt: new Date() });
    const until = new Date(Date.now() + 60_000);
    await database.db.update(conversations).set({ takenOverBy: ben.userId, takenOverUntil: until });
    expect(await refusedTo(ann)).toBe('conflict');
    expect(await database.db.$count(messages)).toBe(2);
    expect([forgotten, removed]).toEqual([[], []]);
  });

  test('stays deleted when its agent cannot be told', async () => {
    const trouble = new Error('the host is away');
    const unlucky = createHistory({
      database,
      forgetSession: () => Promise.reject(trouble),
      removeBlob: async () => {},
      onError: (error) => errors.push(error),
    });
    const { id } = await start(ann);
    await unlucky.remove(ann, id);
    expect(await database.db.$count(conversations)).toBe(0);
    expect(errors).toEqual([trouble]);
  });
});

describe('an export', () => {
  test('as Markdown says who said what, when, and with which files', async () => {
    const { id } = await start(ann);
    const at = new Date('2026-03-04T05:06:07Z');
    const said = await talk(ann, id, 'Please read this', '```js\n1', at);
    await attach(id, said, 'b', 'notes.txt');
    await database.db.insert(messages).values([
      { organizationId: 'org', id: 'n', conversationId: id, role: 'note', text: 'Ben has joined.' },
      { organizationId: 'org', id: 'h', conversationId: id, role: 'human', author: 'Ben', text: 'I can help' },
    ]);
    const { file, name } = await history.exportMarkdown(ann, id);
    const text = await textOf(file);
    expect(name).toMatch(/^conversation-\d{4}-\d\d-\d\d-please-read-this\.md$/);
    expect(text.indexOf('# Please read this\n')).toBe(0);
    expect(text).toContain('Conversation of ann with agent-ann');
    expect(text).toContain(
      '**ann** · 2026-03-04 05:06 UTC · portal\n\nPlease read this\n\nAttachment: notes.txt (text/plain, 3 bytes)\n',
    );
    expect(text).toContain('**agent-ann** · 2026-03-04 05:06 UTC · portal\n\n```js\n1\n```\n');
    expect(text).toContain(': Ben has joined.*');
    expect(text).toMatch(/\*\*Ben\*\* · .* · portal\n\nI can help\n/);
  });

  test('as JSON has every field of a conversation of any length, in order', async () => {
    const { id } = await start(ann);
    await talk(ann, id, 'First');
    // All in one microsecond: the page's end falls between messages of the same time.
    await database.db.execute(sql`
      insert into messages (organization_id, id, conversation_id, role, text, created_at)
      select 'org', lpad(n::text, 5, '0'), ${id}, 'human', 'Said ' || n, timestamptz '2099-01-01' + (n / 700) * interval '1 microsecond'
      from generate_series(1, 1400) n`);
    const { file, name } = await history.exportJson(ann, id);
    const all = JSON.parse(await textOf(file)) as { conversation: object; messages: Message[]; turns: object[] };
    expect(name).toMatch(/\.json$/);
    expect(all.conversation).toMatchObject({ id, title: 'First', tenantName: 'agent-ann' });
    expect(all.messages.slice(2).map(({ text }) => text)).toEqual(
      Array.from({ length: 1400 }, (_, index) => `Said ${index + 1}`),
    );
    expect(all.messages[0]).toMatchObject({ role: 'person', text: 'First', attachments: [] });
    expect(all.turns).toMatchObject([{ state: 'answered', origin: 'portal' }]);
  });

  test('is of one’s own conversation only', async () => {
    const { id } = await start(ann);
    for (const other of [ben, rival]) {
      await expect(history.exportMarkdown(other, id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(history.exportJson(other, id)).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
