import type { InboundMessage } from '@clawpool/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeChannel } from '../conformance/suite.ts';
import { outbound, refusal } from '../conformance/world.ts';
import { startTelegramFake, type TelegramFake } from '../testing.ts';
import { telegram } from './driver.ts';

describeChannel('telegram', async () => ({ driver: telegram, fake: await startTelegramFake() }));

describe('the settings of a Telegram account', () => {
  it('lead to Telegram itself, or to a private server of its API', () => {
    expect(telegram.settings.parse({})).toEqual({ apiRoot: 'https://api.telegram.org' });
    const apiRoot = 'http://bot-api.internal:8081';
    expect(telegram.settings.parse({ apiRoot })).toEqual({ apiRoot });
    expect(telegram.settings.safeParse({ apiRoot: 'file:///etc/passwd' }).success).toBe(false);
  });
});

describe('a webhook request of Telegram', () => {
  it('that tells of a pressed button is answered with the call that ends its waiting; others with nothing of ours', () => {
    expect(telegram.webhookAnswer?.({ update_id: 1, callback_query: { id: 'press-1' } })).toEqual({
      method: 'answerCallbackQuery',
      callback_query_id: 'press-1',
    });
    for (const other of [{ update_id: 2, message: {} }, null, 'text', { callback_query: { id: 7 } }])
      expect(telegram.webhookAnswer?.(other)).toBeNull();
  });
});

describe('an update of Telegram', () => {
  const ada = { id: 41, is_bot: false, first_name: 'Ada', last_name: 'Lovelace' };
  const direct = { id: 41, type: 'private' };
  const group = { id: -500, type: 'supergroup' };

  it('keeps Telegram’s number as id and as sequence, and its date', () => {
    expect(read({ text: 'Hello' })).toMatchObject([
      {
        ...{ platformMessageId: '700', sequence: 700, sentAt: '2026-11-21T08:00:00.000Z' },
        sender: { platformUserId: '41', displayName: 'Ada Lovelace' },
      },
    ]);
  });

  it('is nothing for us when it is an edit, a notice, a post of a channel, or said by a bot', () => {
    expect(receive({ update_id: 700, edited_message: message({ text: 'Hello' }) })).toEqual([]);
    expect(receive({ update_id: 700, channel_post: message({ text: 'Hello' }) })).toEqual([]);
    expect(read({ pinned_message: message({ text: 'Hello' }) })).toEqual([]);
    expect(read({ text: 'Hello', from: { ...ada, is_bot: true } })).toEqual([]);
  });

  it.each([
    [{ sticker: { emoji: '👍' } }, '👍'],
    [{ contact: { phone_number: '+43 1', first_name: 'Grace', last_name: 'Hopper' } }, 'Grace Hopper +43 1'],
    [{ location: { latitude: 47.07, longitude: 15.44 } }, '(47.07, 15.44)'],
    [
      { venue: { title: 'Office', address: 'Main St 1', location: { latitude: 47.07, longitude: 15.44 } } },
      'Office, Main St 1 (47.07, 15.44)',
    ],
  ])('that is no text is told as one: %j', (content, text) => {
    expect(read(content)).toMatchObject([{ text }]);
  });

  it('tells what it answers: the text or caption, the part that was marked, or the name of a file', () => {
    const answered = (content: object, more: object = {}) =>
      read({ text: 'do this', reply_to_message: { ...message(content) }, ...more })?.[0]?.quote;
    expect(answered({ text: ' Book a table ' })).toEqual({ from: 'Ada Lovelace', text: 'Book a table' });
    expect(answered({ text: 'One. Two.' }, { quote: { text: 'Two.', position: 5 } })?.text).toBe('Two.');
    const photo = [{ file_id: 'f', width: 1, height: 1 }];
    expect(answered({ photo, caption: 'The bill' })?.text).toBe('The bill (photo-7.jpg)');
    const bot = { id: 1, is_bot: true, first_name: 'Acme', username: 'Acme_Agent_Bot' };
    expect(answered({ from: bot, text: 'Shall I?' })).toEqual({ from: null, text: 'Shall I?' });
    expect(answered({ text: 'x'.repeat(4_096) })?.text).toHaveLength(2_000);
    expect(answered({ pinned_message: {} })).toBeUndefined();
    const external_reply = { origin: { type: 'channel', chat: { id: -1, title: 'News' }, message_id: 1, date: 1 } };
    expect(read({ text: 'true?', external_reply, quote: { text: 'It rains' } })).toMatchObject([
      { quote: { from: 'News', text: 'It rains' } },
    ]);
    expect(read({ text: 'all the same', reply_to_message: { text: 7 } })).toMatchObject([{ text: 'all the same' }]);
  });

  it('tells whose words a forwarded one has, and pairs nobody by them', () => {
    const forwarded = (origin: object) => read({ text: '/start ABCDEF123456', forward_origin: { date: 1, ...origin } });
    expect(forwarded({ type: 'user', sender_user: ada })).toMatchObject([
      { forwardedFrom: 'Ada Lovelace', pairingToken: null },
    ]);
    expect(forwarded({ type: 'hidden_user', sender_user_name: 'Eve' })).toMatchObject([{ forwardedFrom: 'Eve' }]);
    expect(forwarded({ type: 'chat', sender_chat: { title: 'Team' } })).toMatchObject([{ forwardedFrom: 'Team' }]);
    expect(read({ text: 'own words' })?.[0]).not.toHaveProperty('forwardedFrom');
  });

  it('tells which pictures were sent together', () => {
    const photo = [{ file_id: 'f', width: 1, height: 1 }];
    expect(read({ photo, media_group_id: '12' })).toMatchObject([{ groupId: '12' }]);
    expect(read({ photo })?.[0]).not.toHaveProperty('groupId');
  });

  it('in a group may be a command for this bot, and none for another', () => {
    const command = (text: string): object => ({
      ...{ chat: group, text },
      entities: [{ type: 'bot_command', offset: 0, length: text.split(' ')[0]?.length }],
    });
    expect(read(command('/ask@Acme_Agent_Bot what is new?'))).toMatchObject([{ text: '/ask what is new?' }]);
    expect(read(command('/start@acme_agent_bot ABCDEF123456'))).toMatchObject([{ pairingToken: 'ABCDEF123456' }]);
    expect(read(command('/ask@other_bot what is new?'))).toEqual([]);
    expect(read(command('/ask what is new?'))).toEqual([]);
  });

  it('in a group is not for us while nobody knows the bot’s name', () => {
    const mention = { chat: group, text: '@acme_agent_bot hi', entities: [{ type: 'mention', offset: 0, length: 15 }] };
    expect(read(mention)).toMatchObject([{ text: 'hi' }]);
    expect(receive({ update_id: 700, message: message(mention) }, {})).toEqual([]);
  });

  function message(content: object): object {
    return { message_id: 7, date: Date.UTC(2026, 10, 21, 8) / 1000, from: ada, chat: direct, ...content };
  }

  const read = (content: object): InboundMessage[] | null => receive({ update_id: 700, message: message(content) });

  function receive(
    body: object,
    account: { accountName?: string } = { accountName: 'acme_agent_bot' },
  ): InboundMessage[] | null {
    const headers = { 'x-telegram-bot-api-secret-token': 'secret' };
    return telegram.receive({ headers, body }, { webhookSecret: 'secret', ...account });
  }
});

describe('a connection to Telegram', () => {
  let fake: TelegramFake;
  beforeEach(async () => {
    fake = await startTelegramFake();
    fake.sendFromUser({ userId: 41, text: 'Hello' });
  });
  afterEach(() => fake.close());

  const connection = () => telegram.connect(fake.account);

  it('sends the words as they were written when Telegram cannot read their format', async () => {
    fake.refuseFormatting();
    const { platformMessageId } = await connection().send(outbound({ text: '**Now** & here' }));
    fake.refuseFormatting();
    expect(fake.messages(41)).toMatchObject([{ text: '**Now** & here' }]);
    await connection().edit('41', platformMessageId, '**Then** & there');
    expect(fake.messages(41)).toMatchObject([{ text: '**Then** & there' }]);
  });

  it('sends a table as it was written when its columns would make it too long', async () => {
    const text = `|a|b|\n|-|-|\n|${'wide '.repeat(100)}|b|\n${'|a|b|\n'.repeat(100)}`.trim();
    expect(text.length).toBeLessThan(4_096);
    await connection().send(outbound({ text }));
    expect(fake.messages(41)).toMatchObject([{ text, code: [] }]);
  });

  it('lets Telegram fetch nothing for previews of links', async () => {
    const { platformMessageId } = await connection().send(outbound({ text: 'https://a.example/?leak=1' }));
    await connection().edit('41', platformMessageId, 'https://a.example/?leak=2');
    for (const method of ['sendMessage', 'editMessageText']) {
      expect(fake.parametersOf(method)).toMatchObject([{ link_preview_options: { is_disabled: true } }]);
    }
  });

  it('asks for webhooks with the account’s secret, for what it reads, and drops nothing', async () => {
    await connection().setWebhook('http://127.0.0.1:9/hook');
    expect(fake.parametersOf('setWebhook')).toEqual([
      {
        ...{ url: 'http://127.0.0.1:9/hook', secret_token: fake.account.webhookSecret },
        ...{ allowed_updates: ['message', 'callback_query'], drop_pending_updates: false },
      },
    ]);
  });

  it('sends no button whose value Telegram would not keep', async () => {
    const button = { label: 'Yes', value: 'ü'.repeat(33) };
    const refused = connection().send(outbound({ text: 'Well?', buttons: [button] }));
    expect(await refusal(refused)).toMatchObject({ kind: 'refused', retry: false });
    expect(fake.calls()).toBe(0);
  });

  it('tells a pressed button that it was heard', async () => {
    const stopping = new AbortController();
    const heard: InboundMessage[] = [];
    const polling = connection().poll(async (messages) => void heard.push(...messages), vi.fn(), stopping.signal);
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    await connection().send(outbound({ text: 'Well?', buttons: [{ label: 'Yes', value: 'yes' }] }));
    fake.pressButton({ userId: 41, value: 'yes' });
    await vi.waitFor(() => expect(fake.calls('answerCallbackQuery')).toBe(1));
    stopping.abort();
    await polling;
  });
});
