import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ChannelWorld } from './world.ts';
import { outbound, refusal } from './world.ts';

export function describeReceiving(world: () => ChannelWorld): void {
  describe('receiving by webhook', () => {
    it('reads what a person writes to the bot', async () => {
      const { connection, fake, webhookUrl, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.sendFromUser({ userId: 41, name: 'Ada', text: 'What is new?' });
      await vi.waitFor(() => expect(received()).toHaveLength(1));
      expect(received()[0]).toMatchObject({
        chatId: '41',
        chatType: 'direct',
        sender: { platformUserId: '41', displayName: 'Ada' },
        text: 'What is new?',
        attachments: [],
        buttonValue: null,
        pairingToken: null,
      });
      expect(Math.abs(Date.parse(received()[0]?.sentAt ?? '') - Date.now())).toBeLessThan(60_000);
    });

    it('refuses requests that do not have the account’s secret', async () => {
      const { connection, driver, fake, webhookUrl, requests, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.sendFromUser({ userId: 41, text: 'Genuine' });
      await vi.waitFor(() => expect(received()).toHaveLength(1));
      const { headers, body } = requests[0] ?? { headers: {}, body: null };
      const { webhookSecret } = fake.account;
      expect(driver.receive({ headers, body }, { webhookSecret })).toHaveLength(1);
      for (const other of ['', 'x', `${webhookSecret}x`, webhookSecret.toUpperCase(), `é${webhookSecret.slice(2)}`]) {
        expect(driver.receive({ headers, body }, { webhookSecret: other })).toBeNull();
      }
      const stripped = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== webhookSecret));
      expect(driver.receive({ headers: stripped, body }, { webhookSecret })).toBeNull();
    });

    it('never throws, whatever comes with the right secret', async () => {
      const { connection, driver, fake, webhookUrl, requests, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.sendFromUser({ userId: 41, text: 'Genuine' });
      await vi.waitFor(() => expect(received()).toHaveLength(1));
      const { headers, body } = requests[0] ?? { headers: {}, body: null };
      const account = { webhookSecret: fake.account.webhookSecret, accountName: fake.accountName };
      fc.assert(fc.property(fc.jsonValue(), (any) => void driver.receive({ headers, body: any }, account)));
      for (const broken of withOneLeafChanged(body)) {
        expect(Array.isArray(driver.receive({ headers, body: broken }, account))).toBe(true);
      }
    });

    it('gives a message that is delivered again the same id', async () => {
      const { connection, fake, webhookUrl, requests, received } = world();
      await connection.setWebhook(webhookUrl);
      world().refuse = 2;
      fake.sendFromUser({ userId: 41, text: 'Once' });
      await vi.waitFor(() => expect(received()).toHaveLength(1));
      const ids = requests.flatMap(({ messages }) => (messages ?? []).map((message) => message.platformMessageId));
      expect(ids).toHaveLength(3);
      expect(new Set(ids).size).toBe(1);
      expect(fake.unconfirmed()).toBe(0);
    });

    it('gives a message that arrives twice at once the same id', async () => {
      const { connection, fake, webhookUrl, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.deliverTimes(2);
      fake.sendFromUser({ userId: 41, text: 'Once' });
      await vi.waitFor(() => expect(received()).toHaveLength(2));
      expect(received()[0]).toEqual(received()[1]);
    });

    it('gives different messages different ids, and numbers that tell their order however they arrive', async () => {
      const { connection, fake, webhookUrl, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.hold();
      const texts = ['one', 'two', 'three', 'four', 'five'];
      for (const text of texts) fake.sendFromUser({ userId: 41, text });
      fake.sendFromUser({ userId: 42, text: 'one' });
      fake.release('reversed');
      await vi.waitFor(() => expect(received()).toHaveLength(6));
      expect(new Set(received().map(({ platformMessageId }) => platformMessageId)).size).toBe(6);
      const ofOne = received().filter(({ chatId }) => chatId === '41');
      expect(ofOne.toSorted((a, b) => a.sequence - b.sequence).map(({ text }) => text)).toEqual(texts);
    });

    it('reads the token a person pairs with', async () => {
      const { connection, fake, webhookUrl, received } = world();
      await connection.setWebhook(webhookUrl);
      const tokens = ['ABCDEF123456', 'short', 'has space inside', 'not+allowed+123'];
      for (const token of tokens) fake.sendFromUser({ userId: 41, text: `/start ${token}` });
      await vi.waitFor(() => expect(received()).toHaveLength(4));
      expect(received().map(({ pairingToken }) => pairingToken)).toEqual(['ABCDEF123456', null, null, null]);
    });

    it('reads a pressed button as its value', async () => {
      const { connection, driver, fake, webhookUrl, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.sendFromUser({ userId: 41, text: 'Hello' });
      await vi.waitFor(() => expect(received()).toHaveLength(1));
      const buttons = [
        { label: 'Yes', value: 'yes:1' },
        { label: 'No', value: 'no:1' },
      ];
      if (!driver.features.buttons) {
        expect(await refusal(connection.send(outbound({ text: 'Connect?', buttons })))).toMatchObject({ retry: false });
        return;
      }
      await connection.send(outbound({ text: 'Connect?', buttons }));
      expect(fake.messages(41)[0]?.buttons).toEqual(buttons);
      fake.pressButton({ userId: 41, name: 'Ada', value: 'no:1' });
      await vi.waitFor(() => expect(received()).toHaveLength(2));
      expect(received()[1]).toMatchObject({
        chatId: '41',
        sender: { platformUserId: '41', displayName: 'Ada' },
        text: '',
        buttonValue: 'no:1',
      });
    });

    it('hears in a group only what is said to the bot', async () => {
      const { connection, fake, webhookUrl, requests, received } = world();
      await connection.setWebhook(webhookUrl);
      fake.sendFromUser({ userId: 41, chatId: -500, text: 'Lunch?' });
      fake.sendFromUser({ userId: 41, chatId: -500, text: '@somebody_else_bot and you?' });
      fake.sendFromUser({ userId: 41, chatId: -500, text: `@${fake.accountName} where?` });
      fake.sendFromUser({ userId: 42, chatId: -500, text: 'And when?', repliesToBot: true });
      await vi.waitFor(() => expect(requests).toHaveLength(4));
      expect(received().map(({ text, chatId, chatType }) => ({ text, chatId, chatType }))).toEqual([
        { text: 'where?', chatId: '-500', chatType: 'group' },
        { text: 'And when?', chatId: '-500', chatType: 'group' },
      ]);
      expect(received().map(({ sender }) => sender.platformUserId)).toEqual(['41', '42']);
    });

    it('hears nothing any more when the webhook is taken away, and loses nothing', async () => {
      const { connection, fake, webhookUrl, requests } = world();
      await connection.setWebhook(webhookUrl);
      await connection.setWebhook(null);
      fake.sendFromUser({ userId: 41, text: 'Later' });
      expect(fake.unconfirmed()).toBe(1);
      expect(requests).toHaveLength(0);
      await connection.setWebhook(webhookUrl);
      await vi.waitFor(() =>
        expect(
          world()
            .received()
            .map(({ text }) => text),
        ).toEqual(['Later']),
      );
    });
  });
}

/** The body, each time with another value of it replaced by something it should not be. */
function withOneLeafChanged(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [null, {}, [], '', -1, 1e308, true];
  return Object.entries(value).flatMap(([key, inside]) =>
    withOneLeafChanged(inside).map((changed) => ({ ...value, [key]: changed })),
  );
}
