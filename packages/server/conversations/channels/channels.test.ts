import { ChannelError, type InboundMessage } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { auditEvents, channelAccounts, channelBindings, pairings, turns } from '../../store/schema/index.ts';
import { admin, connectBot, type DeliveryWorld, startDeliveryWorld } from '../../testing/delivery-world.ts';
import { createScriptedChannel, inboundMessage } from '../../testing/scripted-channel.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';

let database: Database;
let world: DeliveryWorld;
let ann: Principal;
let ben: Principal;
const others: DeliveryWorld[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann, ben } = await insertSmallOrganization(database));
});
afterEach(async () => {
  for (const one of others.splice(0)) await one.bury();
  await world.close();
  await database.close();
  expect(world.errors).toEqual([]);
});

const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 25 });
const newBot = { channel: 'telegram', name: 'The bot', secret: 'a-good-secret', mode: 'polling' } as const;
const actions = async () => (await database.db.select().from(auditEvents)).map(({ action }) => action);
const shownTo = (chat: string) => world.channel.shown.filter(({ chatId }) => chatId === chat).map(({ text }) => text);

describe('an account', () => {
  test('is added when the platform knows it; its secret is sealed and never told', async () => {
    world = await startDeliveryWorld(database);
    const account = await world.accountService.add(admin, newBot);
    expect(account).toMatchObject({ name: 'The bot', accountName: expect.stringMatching(/^bot_/), enabled: true });
    expect(JSON.stringify([account, await world.accountService.list(admin)])).not.toContain('a-good-secret');
    const [row] = await database.db.select().from(channelAccounts);
    expect(JSON.stringify(row)).not.toContain('a-good-secret');
    expect(await actions()).toContain('channel_account.added');
    expect(await world.accountService.list({ ...admin, organizationId: 'other' })).toEqual([]);
  });

  test('is refused with a wrong secret, twice, or as webhook without a public address', async () => {
    world = await startDeliveryWorld(database);
    const refused = (change: object) => world.accountService.add(admin, { ...newBot, ...change });
    await expect(refused({ secret: 'refused' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(refused({ mode: 'webhook' })).rejects.toMatchObject({ code: 'invalid_request' });
    await world.accountService.add(admin, newBot);
    await expect(refused({})).rejects.toMatchObject({ code: 'conflict' });
    expect(await database.db.select().from(channelAccounts)).toHaveLength(1);
  });

  test('of another organization is not found', async () => {
    world = await startDeliveryWorld(database);
    const { id } = await world.accountService.add(admin, newBot);
    const stranger = { ...admin, organizationId: 'other' };
    const none = { code: 'not_found' };
    await expect(world.accountService.change(stranger, id, { name: 'Mine' })).rejects.toMatchObject(none);
    await expect(world.accountService.test(stranger, id)).rejects.toMatchObject(none);
    await expect(world.accountService.remove(stranger, id)).rejects.toMatchObject(none);
    await expect(world.bindings.list(stranger, id)).rejects.toMatchObject(none);
    await expect(world.bindings.startPairing({ ...ann, organizationId: 'other' }, id)).rejects.toMatchObject(none);
  });

  test('that polls receives, by one process alone, and by another one when that is gone', async () => {
    const channel = createScriptedChannel();
    const first = await startDeliveryWorld(database, { channel });
    await connectBot(first, database);
    await eventually(() => expect(channel.calls).toContain('poll'));
    world = await startDeliveryWorld(database, { channel });
    channel.waiting.push(inboundMessage({ text: 'hello' }));
    await eventually(() => expect(shownTo('chat-ann')).toEqual(['You said: hello']));
    await first.die();
    others.push(first);
    await first.bury();
    others.pop();
    channel.waiting.push(inboundMessage({ text: 'still there?', sequence: 2 }));
    await eventually(() => expect(shownTo('chat-ann')).toContain('You said: still there?'));
    await eventually(async () => {
      const [account] = await world.accountService.list(admin);
      expect(account).toMatchObject({ bindings: 2, receivedLastDay: 2, lastReceivedAt: expect.any(String) });
    });
  });

  test('tells what the platform said while something is wrong, until an admin has changed it', async () => {
    world = await startDeliveryWorld(database);
    let revoked = false;
    world.channel.before((call) => {
      if (revoked && call === 'poll') throw new ChannelError('secret', 'Unauthorized', { retry: false });
    });
    const { id } = await world.accountService.add(admin, newBot);
    await eventually(() => expect(world.channel.calls).toContain('poll'));
    revoked = true;
    await eventually(async () => {
      const [account] = await world.accountService.list(admin);
      expect(account).toMatchObject({ health: 'trouble', trouble: 'Unauthorized' });
    });
    revoked = false;
    const calls = world.channel.calls.length;
    await world.accountService.change(admin, id, { secret: 'another-secret' });
    await eventually(async () => {
      expect(world.channel.calls.slice(calls)).toContain('poll');
      const [account] = await world.accountService.list(admin);
      expect(account).toMatchObject({ health: 'receiving', trouble: null });
    });
  });

  test('that is called has the platform told where, and told nothing more when it is switched off', async () => {
    world = await startDeliveryWorld(database, { publicUrl: 'https://agents.example.com/' });
    const account = await world.accountService.add(admin, { ...newBot, mode: 'webhook' });
    const url = `https://agents.example.com/channels/telegram/${account.id}`;
    expect(account.webhookUrl).toBe(url);
    await eventually(() => expect(world.channel.calls).toContain(`setWebhook ${url}`));
    const off = await world.accountService.change(admin, account.id, { enabled: false });
    expect(off.health).toBe('off');
    expect(world.channel.calls.at(-1)).toBe('setWebhook null');
    await world.accountService.remove(admin, account.id);
    expect(await world.accountService.list(admin)).toEqual([]);
    expect(await actions()).toEqual(
      expect.arrayContaining(['channel_account.added', 'channel_account.changed', 'channel_account.removed']),
    );
  });
});

describe('pairing', () => {
  let bot: string;
  const start = (token: string, from = 'ann', sequence = 1): InboundMessage =>
    inboundMessage({ text: '', pairingToken: token, sequence }, from);
  const begin = async () => {
    world = await startDeliveryWorld(database);
    bot = await connectBot(world, database, []);
  };

  test('connects whoever has the token, says who they are, and works once', async () => {
    await begin();
    const pairing = await world.bindings.startPairing(ann, bot);
    expect(pairing.token).toMatch(/^[A-Z0-9]{12}$/u);
    expect(pairing.command).toBe(`/start ${pairing.token}`);
    expect(pairing.link).toContain(`?start=${pairing.token}`);
    expect(JSON.stringify(await database.db.select().from(pairings))).not.toContain(pairing.token);
    await world.receive(bot, start(pairing.token));
    await eventually(() => expect(shownTo('chat-ann')[0]).toMatch(/^Connected: you are talking to agent-ann as ann\./));
    expect((await world.bindings.mine(ann)).bindings).toMatchObject([
      { platformUserId: 'tg-ann', employee: { id: 'ann' }, preferred: true },
    ]);
    expect((await world.bindings.mine(ben)).bindings).toEqual([]);
    expect(await actions()).toEqual(expect.arrayContaining(['pairing.started', 'channel_binding.added']));
    await world.receive(bot, start(pairing.token, 'stranger'));
    await eventually(() => expect(shownTo('chat-stranger')[0]).toMatch(/^This token does not work/));
  });

  test('ends with a newer token, when it is cancelled, and after its time', async () => {
    await begin();
    const older = await world.bindings.startPairing(ann, bot);
    const newer = await world.bindings.startPairing(ann, bot);
    const cancelled = await world.bindings.startPairing(ben, bot);
    await world.bindings.cancelPairing(ben, bot);
    await database.db.update(pairings).set({ expiresAt: new Date(Date.now() - 1) });
    for (const [index, { token }] of [older, newer, cancelled].entries()) {
      await world.receive(bot, start(token, 'stranger', index + 1));
    }
    await eventually(() => expect(shownTo('chat-stranger')).toHaveLength(3));
    expect(await database.db.select().from(channelBindings)).toEqual([]);
  });

  test('looks at no token of somebody who has tried five wrong ones', async () => {
    await begin();
    const { token } = await world.bindings.startPairing(ann, bot);
    const guesses = Array.from({ length: 7 }, (_, index) => start(`WRONG000000${index}`, 'stranger', index + 1));
    await world.receive(bot, ...guesses, start(token, 'stranger', 8));
    await eventually(() => expect(shownTo('chat-stranger')).toHaveLength(6));
    expect(shownTo('chat-stranger')[5]).toMatch(/^Too many wrong tokens/);
    await eventually(async () => {
      expect(await world.deadLetters.figures(admin)).toMatchObject({ inboxWaiting: 0 });
    });
    expect(shownTo('chat-stranger')).toHaveLength(6);
    expect(await database.db.select().from(channelBindings)).toEqual([]);
  });

  test('of a chat that is somebody else’s is explained, and takes nothing away', async () => {
    await begin();
    await world.receive(bot, start((await world.bindings.startPairing(ann, bot)).token));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
    await world.receive(bot, start((await world.bindings.startPairing(ben, bot)).token, 'ann', 2));
    await eventually(() => expect(shownTo('chat-ann')[1]).toContain('connected to the agent of ann already'));
    expect(await database.db.select().from(channelBindings)).toMatchObject([{ employeeId: 'ann' }]);
    expect(await database.db.select().from(pairings)).toHaveLength(1);
  });

  test('is ended by an admin, which the chat is told, and after which nothing of it reaches the agent', async () => {
    await begin();
    await world.receive(bot, start((await world.bindings.startPairing(ann, bot)).token));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
    await world.bindings.remove(admin, bot, 'tg-ann');
    await eventually(() => expect(shownTo('chat-ann')[1]).toMatch(/^An admin has disconnected/));
    await world.receive(bot, inboundMessage({ text: 'hello?', sequence: 9 }));
    await eventually(() => expect(shownTo('chat-ann')[2]).toContain('not connected'));
    expect(await database.db.select().from(turns)).toEqual([]);
    await expect(world.bindings.remove(admin, bot, 'tg-ann')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is of the person alone: what is mine nobody else changes', async () => {
    await begin();
    await world.receive(bot, start((await world.bindings.startPairing(ann, bot)).token));
    await eventually(() => expect(shownTo('chat-ann')).toHaveLength(1));
    await expect(world.bindings.changeMine(ben, bot, { preferred: true })).rejects.toMatchObject({ code: 'not_found' });
    await expect(world.bindings.removeMine(ben, bot)).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.bindings.changeMine(ann, bot, { preferred: false })).toMatchObject({ preferred: false });
    await world.bindings.removeMine(ann, bot);
    expect(await database.db.select().from(channelBindings).where(eq(channelBindings.accountId, bot))).toEqual([]);
  });
});
