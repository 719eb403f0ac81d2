import { routes } from '@clawpool/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBindingService } from '../conversations/channels/binding-service.ts';
import { createChannelAccountService } from '../conversations/channels/channel-account-service.ts';
import { createOpenAccounts, type OpenAccounts } from '../conversations/channels/open-accounts.ts';
import { createDeadLetters } from '../conversations/delivery/dead-letters.ts';
import { createInbox } from '../conversations/delivery/inbox.ts';
import type { Principal } from '../organization/principal.ts';
import { listenForNotifications, type NotificationListener } from '../store/notifications.ts';
import { inbox as inboxRows } from '../store/schema/index.ts';
import { createSeal } from '../store/seal.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../testing/http-world.ts';
import { createScriptedChannel, inboundMessage } from '../testing/scripted-channel.ts';
import { registerChannelWebhooks } from './channel-webhooks.ts';
import { registerChannelRoutes } from './routes/channel-routes.ts';

let world: HttpWorld;
let accounts: OpenAccounts;
let notifications: NotificationListener;
let secret: string;
let accountId: string;
const admin: Principal = { userId: 'admin', name: 'Ada', organizationId: 'world', employeeId: null, roles: ['admin'] };

beforeAll(async () => {
  const drivers = new Map([['telegram' as const, createScriptedChannel().driver]]);
  const seal = createSeal('the secret of a test', 'channels');
  world = await startHttpWorld({
    register: async (app, database) => {
      notifications = await listenForNotifications(database.connection);
      accounts = createOpenAccounts({ database, notifications, drivers, seal });
      const inbox = createInbox(database, (error) => {
        throw error;
      });
      registerChannelWebhooks(app, { accounts, inbox });
      const publicUrl = 'https://agents.example.com';
      const service = createChannelAccountService({ database, drivers, seal, publicUrl });
      registerChannelRoutes(app, {
        accounts: service,
        bindings: createBindingService(database),
        deadLetters: createDeadLetters(database),
      });
      const added = { channel: 'telegram', name: 'Bot', secret: 'a-good-secret', mode: 'webhook' } as const;
      ({ id: accountId } = await service.add(admin, added));
      secret = (await accounts.find(accountId))?.webhookSecret ?? '';
    },
  });
});
afterAll(async () => {
  accounts.close();
  await notifications.close();
  await world.close();
});

const bring = (path: string, body: unknown, withSecret = secret) =>
  world.send('POST', path, { body, headers: { 'x-secret': withSecret, 'sec-fetch-site': 'cross-site' } });
const address = () => `/channels/telegram/${accountId}`;
const stored = () => world.database.db.select().from(inboxRows);

test('what a platform brings with its secret is stored when it is acknowledged, once', async () => {
  const message = inboundMessage({ text: 'hello' });
  expect((await bring(address(), [message])).status).toBe(200);
  expect(await stored()).toMatchObject([{ accountId, state: 'waiting', message: { text: 'hello' } }]);
  expect((await bring(address(), [message])).status).toBe(200);
  expect(await stored()).toHaveLength(1);
});

test('hundreds at once are all stored, each once', async () => {
  const messages = Array.from({ length: 300 }, (_, index) => inboundMessage({ text: 'many', sequence: index + 100 }));
  const answers = await Promise.all([...messages, ...messages.slice(0, 50)].map((one) => bring(address(), [one])));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await stored()).filter(({ message }) => message.text === 'many')).toHaveLength(300);
});

test('a stranger cannot tell a wrong secret from an account that does not exist, and stores nothing', async () => {
  const before = (await stored()).length;
  const tries = [
    [address(), 'wrong'],
    [address(), ''],
    [`/channels/telegram/${crypto.randomUUID()}`, secret],
    ['/channels/telegram/no-uuid', secret],
    [`/channels/toString/${accountId}`, secret],
  ] as const;
  for (const [path, withSecret] of tries) {
    const answer = await bring(path, [inboundMessage({ text: 'stray', sequence: 999 })], withSecret);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect([answer.status, error.code, error.message]).toEqual([404, 'not_found', 'There is no such address.']);
  }
  expect(await stored()).toHaveLength(before);
});

test('more than a mebibyte is refused', async () => {
  const answer = await bring(address(), [inboundMessage({ text: 'x'.repeat(1024 * 1024) })]);
  expect(answer.status).toBe(413);
});

test('an account that is switched off takes nothing any more', async () => {
  const cookie = await world.signIn(emailOf('admin'));
  const path = `/api/v1${routes.changeChannelAccount.path.replace(':accountId', accountId)}`;
  const off = await world.send('PATCH', path, { cookie, body: { enabled: false } });
  expect([off.status, ((await off.json()) as { health: string }).health]).toEqual([200, 'off']);
  await expect
    .poll(async () => (await bring(address(), [inboundMessage({ text: 'late', sequence: 1_000 })])).status)
    .toBe(404);
});
