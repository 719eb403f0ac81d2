import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChannelWorld } from './world.ts';
import { outbound, refusal } from './world.ts';

export function describeFailures(world: () => ChannelWorld): void {
  describe('what goes wrong', () => {
    const message = outbound({ text: 'An answer' });
    beforeEach(() => world().fake.sendFromUser({ userId: 41, text: 'Hello' }));

    it('because of too many messages can be tried again after the time the platform asks for', async () => {
      const { connection, fake } = world();
      fake.limitNext(7);
      expect(await refusal(connection.send(message))).toMatchObject({
        kind: 'limited',
        retry: true,
        retryAfterMs: 7_000,
      });
      await connection.send(message);
      expect(fake.messages(41)).toHaveLength(1);
    });

    it.each(['error', 'disconnect'] as const)('on the way (%s) can be tried again', async (how) => {
      const { connection, fake } = world();
      fake.failNext(how);
      expect(await refusal(connection.send(message))).toMatchObject({ kind: 'network', retry: true });
      await connection.send(message);
      expect(fake.messages(41)).toHaveLength(1);
    });

    it('because the person does not want it is not tried again', async () => {
      const { connection, fake } = world();
      fake.block(41);
      expect(await refusal(connection.send(message))).toMatchObject({ kind: 'blocked', retry: false });
      const nobody = connection.send({ ...message, chatId: '4242' });
      expect(await refusal(nobody)).toMatchObject({ kind: 'blocked', retry: false });
    });

    it('because of the account’s secret is not tried again', async () => {
      const { connection, driver, fake } = world();
      const other = driver.connect({ ...fake.account, secret: `${fake.account.secret}x` });
      const nonsense = driver.connect({ ...fake.account, secret: 'nonsense' });
      fake.revoke();
      for (const each of [connection, other, nonsense]) {
        expect(await refusal(each.describe())).toMatchObject({ kind: 'secret', retry: false });
      }
    });

    it('is told without the secret, however deep one looks', async () => {
      const { connection, driver, fake } = world();
      fake.failNext('disconnect', 2);
      const unreachable = driver.connect({ ...fake.account, settings: { apiRoot: 'http://127.0.0.1:9' } });
      const calls = [
        () => connection.describe(),
        () => connection.download('x', 10),
        () => unreachable.send(message),
        () => unreachable.describe(),
      ];
      for (const call of calls) {
        const error = await refusal(call());
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(fake.account.secret);
      }
    });
  });
}
