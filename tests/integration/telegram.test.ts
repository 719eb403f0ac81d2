import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SeenMessage, startTelegramFake, type TelegramFake } from '@clawpool/channels/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClawpoolProcess, freePort, startClawpool } from '../support/clawpool-process.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { type Person, signIn } from '../support/person.ts';

/**
 * A whole installation, the real OpenClaw and the real client library, against a Bot API on this machine: people pair, write, are answered, and
 * are never answered twice.
 */
const carolsChat = 700_001;
const patience = { timeout: 120_000 };
const carolWrites = (telegram: TelegramFake, text: string) =>
  telegram.sendFromUser({ userId: carolsChat, name: 'Carol', text });

const answersTo = (telegram: TelegramFake, chat: number, fits: RegExp): SeenMessage[] =>
  telegram.messages(chat).filter(({ text }) => fits.test(text));

async function connect(admin: Person, telegram: TelegramFake, mode: 'webhook' | 'polling') {
  const { secret, settings } = telegram.account;
  const body = { channel: 'telegram', name: 'ACME bot', secret, mode, apiRoot: settings.apiRoot } as const;
  return admin.client.call('addChannelAccount', { body });
}

async function pair(person: Person, telegram: TelegramFake, accountId: string): Promise<void> {
  const { token, link } = await person.client.call('startPairing', { params: { accountId } });
  expect(link).toContain(token);
  carolWrites(telegram, `/start ${token}`);
  await vi.waitUntil(() => answersTo(telegram, carolsChat, /^Connected: /).length === 1, patience);
}

describe('an organization with a bot that is polled', () => {
  let telegram: TelegramFake;
  let installation: TestInstallation;
  let admin: Person;
  let carol: Person;

  beforeAll(async () => {
    telegram = await startTelegramFake();
    installation = await startTestInstallation();
    admin = await installation.person('jiade');
    carol = await installation.person('carol');
    const { id } = await connect(admin, telegram, 'polling');
    await pair(carol, telegram, id);
  });
  afterAll(async () => {
    await installation?.close();
    await telegram?.close();
  });

  const current = async () => {
    const { conversations } = await carol.client.call('listConversations', { query: {} });
    const found = conversations.find((conversation) => conversation.current);
    if (!found) throw new Error('Carol has no conversation that channels go to');
    return carol.client.call('conversation', { params: { conversationId: found.id } });
  };

  test('answers in the chat, and the portal shows the same session', async () => {
    carolWrites(telegram, 'Who are you?');
    await expect.poll(() => answersTo(telegram, carolsChat, /Finance Analyst/).length, patience).toBe(1);
    // What grows in the chat is a draft until the answer is stored.
    const said = async () => (await current()).messages.map(({ role, origin }) => `${role} by ${origin}`);
    await expect.poll(said, patience).toEqual(['person by telegram', 'agent by telegram']);
    const { conversation } = await current();

    const answer = await carol.askIn(conversation.id, 'Who should I contact for a code review?');
    expect(answer.text).toMatch(/Ryan Park/);
    expect(answersTo(telegram, carolsChat, /Ryan Park/)).toEqual([]);
  });

  test('refuses in the chat what the position does not allow, and says so', async () => {
    carolWrites(telegram, 'Run git status');
    await expect.poll(() => answersTo(telegram, carolsChat, /may not use shell/).length, patience).toBe(1);
  });

  test('takes a file into the conversation as it was sent', async () => {
    const content = Buffer.from('quarter,amount\nQ1,4711\n');
    const attachment = { kind: 'document', name: 'budget.csv', mediaType: 'text/csv', content } as const;
    telegram.sendFromUser({ userId: carolsChat, name: 'Carol', text: 'What is in this file?', attachment });
    const withFile = async () => (await current()).messages.find(({ attachments }) => attachments.length > 0);
    await expect.poll(withFile, patience).toBeDefined();
    const { conversation } = await current();
    const [file] = (await withFile())?.attachments ?? [];
    expect(file).toMatchObject({ name: 'budget.csv', bytes: content.length });
    const url = `${installation.url}/api/v1/conversations/${conversation.id}/attachments/${file?.id}`;
    const download = await fetch(url, { headers: { cookie: carol.cookie() } });
    expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true);
  });

  test('gives the chat to a person who takes the session over, and back', async () => {
    const { conversation } = await current();
    const params = { conversationId: conversation.id };
    await admin.client.call('takeOverSession', { params });
    await expect.poll(() => answersTo(telegram, carolsChat, /JiaDe Wang/).length, patience).toBe(1);

    carolWrites(telegram, 'Is anybody there?');
    await expect.poll(async () => (await current()).messages.at(-1)?.text, patience).toBe('Is anybody there?');
    const body = { text: 'Yes, I am.', clientMessageId: 'from-a-human-1' };
    await admin.client.call('sendAsHuman', { params, body });
    await expect.poll(() => answersTo(telegram, carolsChat, /JiaDe Wang: Yes, I am\./).length, patience).toBe(1);
    await admin.client.call('giveSessionBack', { params });

    carolWrites(telegram, 'Who are you?');
    await expect.poll(async () => (await current()).messages.at(-1)?.role, patience).toBe('agent');
    const { messages } = await current();
    const sinceTheHuman = messages.slice(messages.findIndex(({ role }) => role === 'human'));
    expect(sinceTheHuman.map(({ role }) => role)).toEqual(['human', 'note', 'person', 'agent']);
  });

  test('tells a stranger how to be connected, once, and wakes nobody for them', async () => {
    const before = (await admin.client.call('listSessions', { query: { state: 'all' } })).total;
    for (const text of ['hello?', 'anybody?', '/start NOTATOKEN123'])
      telegram.sendFromUser({ userId: 999, name: 'Mallory', text });
    await expect.poll(() => telegram.unconfirmed(), patience).toBe(0);
    await expect.poll(() => telegram.messages(999).length, patience).toBeGreaterThan(0);
    expect(telegram.messages(999).filter(({ text }) => /not connected to an agent/.test(text))).toHaveLength(1);
    expect((await admin.client.call('listSessions', { query: { state: 'all' } })).total).toBe(before);
  });
});

describe('a bot whose webhook reaches a process that is killed', () => {
  let data: string;
  let telegram: TelegramFake;
  let clawpool: ClawpoolProcess | undefined;

  afterEach(async () => {
    await clawpool?.interrupt();
    await telegram?.close();
    await rm(data, { recursive: true, force: true });
  });

  test('every message is answered, in order and once, whatever is delivered twice or killed meanwhile', async () => {
    data = await mkdtemp(join(tmpdir(), 'clawpool-telegram-'));
    telegram = await startTelegramFake();
    const port = await freePort();
    const config = join(data, 'clawpool.json');
    await writeFile(config, JSON.stringify({ publicUrl: `http://localhost:${port}` }), { mode: 0o600 });
    const up = () => startClawpool(join(data, 'data'), { args: ['--demo', '--config', config], port: String(port) });

    clawpool = await up();
    const password = clawpool.samplePassword();
    const admin = await signIn(clawpool.url, 'jiade@acme.example', password);
    const carol = await signIn(clawpool.url, 'carol@acme.example', password);
    const { id } = await connect(admin, telegram, 'webhook');
    await pair(carol, telegram, id);

    telegram.deliverTimes(2);
    const questions = ['one', 'two', 'three', 'four'].map((word) => `Please repeat: ${word}`);
    for (const question of questions) carolWrites(telegram, question);
    await expect.poll(() => telegram.unconfirmed(), patience).toBe(0);
    await clawpool.killTree();
    carolWrites(telegram, 'Please repeat: five');
    clawpool = await up();

    const after = await signIn(clawpool.url, 'carol@acme.example', carol.password);
    const stored = async () => {
      const { conversations } = await after.client.call('listConversations', { query: {} });
      const conversationId = conversations.find(({ current }) => current)?.id ?? '';
      const { messages } = await after.client.call('conversation', { params: { conversationId } });
      return messages;
    };
    await expect.poll(async () => (await stored()).filter(({ role }) => role === 'agent').length, patience).toBe(5);
    const messages = await stored();
    expect(messages.filter(({ role }) => role === 'person').map(({ text }) => text)).toEqual([
      ...questions,
      'Please repeat: five',
    ]);
    const turns = messages.map(({ turnId }) => turnId);
    expect(new Set(turns).size).toBe(5);
    const answers = messages.filter(({ role }) => role === 'agent').map(({ text }) => text.slice(0, 40));
    await expect
      .poll(() => {
        const seen = telegram.messages(carolsChat).map(({ text }) => text);
        return answers.every((answer) => seen.some((text) => text.startsWith(answer.slice(0, 20))));
      }, patience)
      .toBe(true);
  });
});
