import type { InboundMessage } from '@clawpool/contracts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { UserAttachment } from '../testing/channel-fake.ts';
import type { ChannelWorld } from './world.ts';
import { outbound, refusal } from './world.ts';

/** One transparent point. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

export function describeAttachments(world: () => ChannelWorld): void {
  describe('attachments', () => {
    beforeEach(() => world().connection.setWebhook(world().webhookUrl));

    it('come with what is known of them, and can be fetched', async () => {
      const content = Buffer.from('%PDF-1.7 and the rest');
      const attachment = { kind: 'document', name: 'Q3 report.pdf', mediaType: 'application/pdf', content } as const;
      const message = await sent({ text: 'Sum this up', attachment });
      expect(message.text).toBe('Sum this up');
      expect(message.attachments).toMatchObject([
        { name: 'Q3 report.pdf', mediaType: 'application/pdf', bytes: content.length },
      ]);
      expect(Buffer.from(await fetched(message, 1_000))).toEqual(content);
    });

    it.each(['photo', 'voice', 'audio', 'video'] as const)(
      'of the kind %s have a name and a type, and no text is needed',
      async (kind) => {
        const message = await sent({ attachment: { kind, content: picture } });
        expect(message.text).toBe('');
        expect(message.attachments).toHaveLength(1);
        const [{ name, mediaType } = { name: '', mediaType: '' }] = message.attachments;
        expect(name).toMatch(/^[\w-]+\.\w{2,4}$/);
        expect(mediaType).toMatch(/^(image|audio|video)\//);
        expect(Buffer.from(await fetched(message, 1_000))).toEqual(picture);
      },
    );

    it('are not fetched beyond the limit, whether the platform tells the size or not', async () => {
      for (const bytes of [5_000, 'unknown'] as const) {
        const message = await sent({
          attachment: { kind: 'document', name: 'a.bin', content: Buffer.alloc(5_000), bytes },
        });
        expect(await refusal(fetched(message, 4_999))).toMatchObject({ kind: 'too_large', retry: false });
        expect(await fetched(message, 5_000)).toHaveLength(5_000);
      }
    });

    it('that the platform does not give are refused for good', async () => {
      const { driver, connection } = world();
      const bytes = driver.features.attachments.inboundMaxBytes + 1;
      const message = await sent({ attachment: { kind: 'video', content: picture, bytes } });
      expect(await refusal(fetched(message, bytes))).toMatchObject({ kind: 'too_large', retry: false });
      expect(await refusal(connection.download('no-such-file', 100))).toMatchObject({ kind: 'refused', retry: false });
    });

    it('are sent with their name and a text', async () => {
      const { connection, fake } = world();
      await sent({ text: 'Hello' });
      const content = Buffer.from('a;b\n1;2\n');
      const attachment = { name: 'Übersicht "neu"; 2.csv', mediaType: 'text/csv', content };
      await connection.send(outbound({ text: 'The **table**', attachment }));
      const [seen] = fake.messages(41);
      expect(seen?.text).toBe('The table');
      expect(seen?.attachment?.name).toMatch(/^Übersicht .*2\.csv$/);
      expect(Buffer.from(seen?.attachment?.content ?? [])).toEqual(content);
    });

    it('are shown where they are pictures, and sent as files where they only say so', async () => {
      const { connection, fake } = world();
      await sent({ text: 'Hello' });
      for (const content of [picture, Buffer.from('no picture')]) {
        await connection.send(outbound({ attachment: { name: 'chart.png', mediaType: 'image/png', content } }));
      }
      expect(fake.messages(41).map(({ attachment }) => attachment?.shownAs)).toEqual(['picture', 'file']);
    });

    it('take a text that is too long for a caption along', async () => {
      const { connection, driver, fake } = world();
      await sent({ text: 'Hello' });
      const text = 'x'.repeat(driver.features.maxTextLength);
      await connection.send(
        outbound({ text, attachment: { name: 'a.txt', mediaType: 'text/plain', content: Buffer.from('a') } }),
      );
      const seen = fake.messages(41);
      expect(seen.map((message) => message.text).join('')).toBe(text);
      expect(seen.filter(({ attachment }) => attachment !== null)).toHaveLength(1);
    });

    it('that are too large are not sent', async () => {
      const { connection, driver, fake } = world();
      await sent({ text: 'Hello' });
      const before = fake.calls();
      const content = new Uint8Array(driver.features.attachments.outboundMaxBytes + 1);
      const attachment = { name: 'a.bin', mediaType: 'application/octet-stream', content };
      expect(await refusal(connection.send(outbound({ attachment })))).toMatchObject({
        kind: 'too_large',
        retry: false,
      });
      expect(fake.calls()).toBe(before);
    });
  });

  async function sent(message: { text?: string; attachment?: UserAttachment }): Promise<InboundMessage> {
    const { fake, received } = world();
    const count = received().length;
    fake.sendFromUser({ userId: 41, ...message });
    return await vi.waitFor(() => {
      const found = received()[count];
      if (!found) throw new Error('nothing has come yet');
      return found;
    });
  }

  const fetched = (message: InboundMessage, maxBytes: number): Promise<Uint8Array> =>
    world().connection.download(message.attachments[0]?.fileId ?? '', maxBytes);
}
