import type { ChannelConnection, ChannelError, InboundMessage } from '@clawpool/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChannelWorld } from './world.ts';
import { outbound } from './world.ts';

export function describePolling(world: () => ChannelWorld): void {
  describe('polling', () => {
    const polls: Poll[] = [];
    afterEach(async () => {
      for (const poll of polls.splice(0)) await poll.stop();
    });

    it('fetches what people write, in order', async () => {
      const poll = started();
      const texts = Array.from({ length: 12 }, (_, number) => `message ${number}`);
      for (const text of texts) world().fake.sendFromUser({ userId: 41, text });
      await vi.waitFor(() => expect(poll.messages.map(({ text }) => text)).toEqual(texts));
      const sequences = poll.messages.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
      await vi.waitFor(() => expect(world().fake.unconfirmed()).toBe(0));
    });

    it('confirms messages only after they were stored: killed before, they come again', async () => {
      const { fake } = world();
      const killed = started({ accept: () => new Promise(() => undefined) });
      fake.sendFromUser({ userId: 41, text: 'Do not lose me' });
      await vi.waitFor(() => expect(killed.messages).toHaveLength(1));
      expect(fake.unconfirmed()).toBe(1);

      const next = started();
      await vi.waitFor(() => expect(next.messages).toEqual(killed.messages));
      await vi.waitFor(() => expect(fake.unconfirmed()).toBe(0));
      polls.splice(polls.indexOf(killed), 1);
    });

    it('fetches again what could not be stored', async () => {
      const { fake } = world();
      let failures = 1;
      const poll = started({
        accept: async () => {
          if (failures-- > 0) throw new Error('the database is away');
        },
      });
      fake.sendFromUser({ userId: 41, text: 'Keep me' });
      await vi.waitFor(() => expect(poll.messages).toHaveLength(2), { timeout: 10_000 });
      expect(poll.messages[0]).toEqual(poll.messages[1]);
      expect(poll.troubles).toMatchObject([{ retry: true }]);
    });

    it('ends when it is told to, although the platform still lets it wait', async () => {
      const poll = started();
      await vi.waitFor(() => expect(world().fake.calls('getUpdates')).toBe(1));
      await poll.stop();
      expect(poll.ended).toBe('stopped');
      expect(poll.troubles).toEqual([]);
    });

    it('goes on after errors, and tells them', async () => {
      const { fake } = world();
      fake.failNext('disconnect');
      fake.failNext('error');
      const poll = started();
      fake.sendFromUser({ userId: 41, text: 'Still there?' });
      await vi.waitFor(() => expect(poll.messages).toHaveLength(1), { timeout: 10_000 });
      expect(poll.troubles.map(({ kind }) => kind)).toEqual(['network', 'network']);
    });

    it('ends when the secret is not valid any more', async () => {
      world().fake.revoke();
      const poll = started();
      await vi.waitFor(() => expect(poll.ended).toMatchObject({ kind: 'secret', retry: false }));
    });

    it('takes over from a webhook without losing what waits there', async () => {
      const { connection, fake, webhookUrl } = world();
      await connection.setWebhook(webhookUrl);
      fake.hold();
      fake.sendFromUser({ userId: 41, text: 'Waiting' });
      const poll = started();
      await vi.waitFor(() => expect(poll.messages.map(({ text }) => text)).toEqual(['Waiting']));
    });

    it('tells when somebody else fetches with the same account', async () => {
      const { fake } = world();
      const one = started();
      await vi.waitFor(() => expect(fake.calls('getUpdates')).toBe(1));
      started();
      await vi.waitFor(() => expect(one.troubles[0]).toMatchObject({ kind: 'refused', retry: true }));
    });

    it('reads pressed buttons and hears in a group only what is said to the bot', async () => {
      const { connection, fake } = world();
      const poll = started();
      fake.sendFromUser({ userId: 41, chatId: -500, text: 'Lunch?' });
      fake.sendFromUser({ userId: 41, chatId: -500, text: `@${fake.accountName} hello` });
      await vi.waitFor(() => expect(poll.messages.map(({ text }) => text)).toEqual(['hello']));
      await connection.send(outbound({ chatId: '-500', text: 'Well?', buttons: [{ label: 'Yes', value: 'yes' }] }));
      fake.pressButton({ userId: 41, chatId: -500, value: 'yes' });
      await vi.waitFor(() => expect(poll.messages[1]).toMatchObject({ buttonValue: 'yes', chatId: '-500' }));
    });

    interface Poll {
      messages: InboundMessage[];
      troubles: ChannelError[];
      ended: 'not yet' | 'stopped' | ChannelError;
      stop(): Promise<void>;
    }

    function started({
      accept = async () => undefined,
      connection = world().connection,
    }: {
      accept?: (messages: InboundMessage[]) => Promise<void>;
      connection?: ChannelConnection;
    } = {}): Poll {
      const stopping = new AbortController();
      const poll: Poll = {
        messages: [],
        troubles: [],
        ended: 'not yet',
        async stop() {
          stopping.abort();
          await running;
        },
      };
      const taking = async (messages: InboundMessage[]): Promise<void> => {
        poll.messages.push(...messages);
        await accept(messages);
      };
      const running = connection
        .poll(taking, (error) => poll.troubles.push(error), stopping.signal)
        .then(
          () => {
            poll.ended = 'stopped';
          },
          (error: ChannelError) => {
            poll.ended = error;
          },
        );
      polls.push(poll);
      return poll;
    }
  });
}
