import { beforeEach, describe, expect, it } from 'vitest';
import { splitText } from '../split-text.ts';
import type { ChannelWorld } from './world.ts';
import { outbound, refusal } from './world.ts';

export function describeSending(world: () => ChannelWorld): void {
  describe('sending', () => {
    beforeEach(() => world().fake.sendFromUser({ userId: 41, text: 'Hello' }));

    it('calls nobody before it is asked something', () => {
      expect(world().fake.calls()).toBe(0);
    });

    it('tells who the account is', async () => {
      const { connection, fake } = world();
      const { accountName, pairingLink } = await connection.describe();
      expect(accountName).toBe(fake.accountName);
      if (pairingLink !== null) expect(pairingLink).toContain('{token}');
    });

    it('shows what an agent writes, whatever characters it has', async () => {
      const { connection, fake } = world();
      const text = 'Prices < 5 & > 3 "quoted" <b>not bold</b> 1*2*3 snake_case_name [x] \\ 😀 `code <i>`';
      const { platformMessageId } = await connection.send(outbound({ text }));
      const [seen] = fake.messages(41);
      expect(seen?.id).toBe(platformMessageId);
      for (const piece of ['Prices < 5 & > 3 "quoted" <b>not bold</b>', 'snake_case_name [x]', '😀', 'code <i>']) {
        expect(seen?.text).toContain(piece);
      }
    });

    it('sends a message as long as it says messages can be', async () => {
      const { connection, driver, fake } = world();
      const text = 'ab c'
        .repeat(driver.features.maxTextLength)
        .slice(0, driver.features.maxTextLength - 1)
        .concat('.');
      await connection.send(outbound({ text }));
      expect(fake.messages(41)[0]?.text).toBe(text);
    });

    it('sends a long answer in parts, its code in one piece', async () => {
      const { connection, driver, fake } = world();
      const code = Array.from({ length: 40 }, (_, line) => `  const value${line} = a < b && c > ${line};`).join('\n');
      const prose = 'All work and no play. '.repeat(Math.ceil(driver.features.maxTextLength / 30));
      const parts = splitText(`${prose}\n\n\`\`\`ts\n${code}\n\`\`\`\n\n${prose}`, driver.features.maxTextLength);
      expect(parts.length).toBeGreaterThan(1);
      for (const text of parts) await connection.send(outbound({ text }));
      const seen = fake.messages(41);
      expect(seen).toHaveLength(parts.length);
      expect(seen.flatMap((message) => message.code)).toEqual([{ language: 'ts', text: code }]);
    });

    it('replaces the text of a message, and takes the same text again', async () => {
      const { connection, driver, fake } = world();
      const { platformMessageId } = await connection.send(outbound({ text: 'Thin' }));
      if (!driver.features.edits) {
        expect(await refusal(connection.edit('41', platformMessageId, 'More'))).toMatchObject({ retry: false });
        return;
      }
      await connection.edit('41', platformMessageId, 'Thinking **hard**');
      await connection.edit('41', platformMessageId, 'Thinking **hard**');
      expect(fake.messages(41)).toMatchObject([{ id: platformMessageId, text: 'Thinking hard', edits: 1 }]);
      expect(await refusal(connection.edit('41', '999999', 'Nothing'))).toMatchObject({
        kind: 'refused',
        retry: false,
      });
    });

    it('shows that it is typing', async () => {
      const { connection, driver, fake } = world();
      await connection.typing('41');
      expect(fake.typingSeen(41)).toBe(driver.features.typing ? 1 : 0);
    });

    it('sends nothing that has nothing in it', async () => {
      expect(await refusal(world().connection.send(outbound({ text: ' \n' })))).toMatchObject({
        kind: 'refused',
        retry: false,
      });
    });
  });
}
