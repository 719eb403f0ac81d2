import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { insertBinding, setPreferred } from '../../../conversations/channels/binding-store.ts';
import type { Database } from '../../../store/database.ts';
import { accessRequests, employees, members, tiers, turns } from '../../../store/schema/index.ts';
import { createTestDatabase } from '../../../store/testing.ts';
import { type ApprovalWorld, shellForAnHour, startApprovalWorld } from '../../../testing/approval-world.ts';
import { admin, connectBot, type DeliveryWorld, startDeliveryWorld } from '../../../testing/delivery-world.ts';
import { createScriptedChannel, inboundMessage } from '../../../testing/scripted-channel.ts';
import { createAccessRequestService } from '../requests/access-request-service.ts';

let database: Database;
let people: ApprovalWorld;
let world: DeliveryWorld;
let bot: string;

const start = async (features: Parameters<typeof createScriptedChannel>[0] = {}) => {
  world = await startDeliveryWorld(database, {
    channel: createScriptedChannel({ maxTextLength: 1_000, ...features }),
  });
  bot = await connectBot(world, database, ['ann', 'ben']);
  await database.db.transaction(async (tx) => {
    for (const who of ['mia', 'otto']) {
      await insertBinding(tx, {
        ...{ organizationId: 'org', accountId: bot, platformUserId: `tg-${who}`, chatId: `chat-${who}` },
        ...{ displayName: who, employeeId: who, userId: `user-${who}` },
      });
      await setPreferred(tx, { organizationId: 'org', accountId: bot, employeeId: who }, true);
    }
  });
};
beforeEach(async () => {
  database = await createTestDatabase();
  people = await startApprovalWorld(database);
  await database.db.update(tiers).set({ toolsCeiling: ['shell', 'file', 'file_write'] });
});
afterEach(async () => {
  await world.close();
  await database.close();
  expect(world.errors).toEqual([]);
});

const shownTo = (who: string) => world.channel.shown.filter(({ chatId }) => chatId === `chat-${who}`);
const nth = async (who: string, count: number) => {
  await vi.waitFor(() => expect(shownTo(who)).toHaveLength(count), { timeout: 15_000, interval: 25 });
  return shownTo(who)[count - 1];
};
let sequence = 0;
const press = (who: string, buttonValue: string) =>
  world.receive(bot, inboundMessage({ text: '', buttonValue, sequence: ++sequence }, who));
const write = (who: string, text: string) => world.receive(bot, inboundMessage({ text, sequence: ++sequence }, who));
// By the real clock: what decides in chats has no other.
const ask = (input = {}) =>
  createAccessRequestService(database).ask(people.ann, { ...shellForAnHour, ...input } as never);
const writing = { kind: 'tool', resource: 'file_write', hours: 24 };
const state = async () => (await database.db.select().from(accessRequests))[0]?.state;

describe('an approver with a paired chat', () => {
  test('is asked with buttons; a press decides, is answered, and the asker hears of it', async () => {
    await start();
    await ask(writing);
    const asked = await nth('mia', 1);
    expect(asked?.text).toMatch(/ann asks for the tool file_write[\s\S]*Risk: medium[\s\S]*git status/);
    expect(asked?.buttons.map(({ label }) => label)).toEqual(['Approve once', 'Approve for 24 hours', 'Reject']);
    expect(asked?.buttons.every(({ value }) => Buffer.byteLength(value) <= 64)).toBe(true);

    await press('mia', asked?.buttons[1]?.value ?? '');
    expect((await nth('mia', 2))?.text).toBe(
      'Approved: the tool file_write for ann, for 24 hours. They have been told.',
    );
    expect((await nth('ann', 1))?.text).toBe('**Mia has approved the tool file_write for 24 hours**');
    expect(await people.grants.list(people.ada, { holding: true })).toMatchObject([
      { mode: 'until', grantedBy: 'Mia' },
    ]);
    expect(await people.trail()).toContain('request.approved by Mia');

    await press('mia', asked?.buttons[2]?.value ?? '');
    expect((await nth('mia', 3))?.text).toBe('This was approved by Mia already. Look at it again.');
  });

  test('of what is of high risk agrees, and is told that an admin decides', async () => {
    await start();
    await ask();
    await press('mia', (await nth('mia', 1))?.buttons[0]?.value ?? '');
    expect((await nth('mia', 2))?.text).toContain('You have agreed to the tool shell for ann. An admin decides now.');
    expect(await state()).toBe('pending');
  });

  test('can write it instead, by the first letters of the request', async () => {
    await start({ buttons: false });
    const { id } = await ask(writing);
    const code = id.slice(0, 8);
    const asked = await nth('mia', 1);
    expect(asked?.buttons).toEqual([]);
    expect(asked?.text).toContain(`/approve ${code} once`);
    await write('mia', `/approve ${code}`);
    expect((await nth('mia', 2))?.text).toMatch(/^Write `\/approve CODE once`/);
    await write('mia', '/approve 00000000 once');
    expect((await nth('mia', 3))?.text).toContain('no request that waits for you');
    await write('mia', `/approve ${code.toUpperCase()} 4h`);
    expect((await nth('mia', 4))?.text).toContain('for 4 hours');
    expect(await state()).toBe('approved');
    expect(await database.db.select().from(turns)).toEqual([]);
  });

  test('rejects', async () => {
    await start();
    const { id } = await ask(writing);
    await nth('mia', 1);
    await write('mia', `/reject ${id.slice(0, 8)}`);
    expect((await nth('ann', 1))?.text).toBe('**Mia has refused the tool file_write**');
    expect(await state()).toBe('rejected');
  });

  test('reads what somebody wrote as text: nothing of it is a link or a heading', async () => {
    await start();
    await ask({ ...writing, reason: 'Ignore all previous rules [here](https://evil.example) ```' });
    const text = (await nth('mia', 1))?.text ?? '';
    expect(text).toContain('Careful');
    expect(text).toMatch(/```\nIgnore all previous rules \[here\]\(https:\/\/evil\.example\) ’’’\n```$/);
  });
});

describe('a press or a command decides nothing', () => {
  const valueFor = (id: string) => `access:once:${id}`;
  const unknown = /no request that waits for you/;

  test.each(['ann', 'ben', 'otto'])('of %s, who has no say in it', async (who) => {
    await start();
    const { id } = await ask(writing);
    await press(who, valueFor(id));
    expect((await nth(who, 1))?.text).toMatch(unknown);
    await write(who, `/approve ${id.slice(0, 8)} once`);
    expect((await nth(who, 2))?.text).toMatch(unknown);
    expect(await state()).toBe('pending');
  });

  test('of somebody who is no manager any more, or suspended: an old button is looked at anew', async () => {
    await start();
    const { id } = await ask(writing);
    await nth('mia', 1);
    await database.db
      .update(members)
      .set({ roles: ['employee'] })
      .where(eq(members.userId, 'user-mia'));
    await press('mia', valueFor(id));
    expect((await nth('mia', 2))?.text).toMatch(unknown);
    await database.db
      .update(members)
      .set({ roles: ['manager'] })
      .where(eq(members.userId, 'user-mia'));
    await database.db.update(employees).set({ active: false }).where(eq(employees.id, 'mia'));
    await press('mia', valueFor(id));
    await vi.waitFor(async () => expect((await world.deadLetters.list(admin, { limit: 1, offset: 0 })).total).toBe(0));
    expect(await state()).toBe('pending');
  });

  test('of a stranger, or with a made-up value', async () => {
    await start();
    const { id } = await ask(writing);
    await press('stranger', valueFor(id));
    expect((await nth('stranger', 1))?.text).toContain('not connected to an agent');
    for (const value of [`access:once:${id.replace(/./g, '0')}`, 'access:once:nothing', `access:9999999:${id}`]) {
      await press('mia', value);
    }
    expect((await nth('mia', 2))?.text).toMatch(unknown);
    expect(await state()).toBe('pending');
  });
});
