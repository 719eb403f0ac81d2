import { randomUUID } from 'node:crypto';
import type { ConversationEvent } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { and, asc, eq, like, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import {
  attachments,
  auditEvents,
  channelAccounts,
  channelBindings,
  conversations,
  departments,
  employees,
  members,
  messages,
  outbox,
  turns,
  users,
  webhookDeliveries,
  webhooks,
} from '../../store/schema/index.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { startTurnWorld, type TurnWorld } from '../../testing/turn-world.ts';
import { acceptMessage } from '../accept.ts';
import { openConversation } from '../open-conversation.ts';
import { createTakeovers, type Takeovers } from './takeover-service.ts';

let database: Database;
let world: TurnWorld;
let takeovers: Takeovers;
let ann: Principal;
let maria: Principal;
let mike: Principal;
let admin: Principal;
let session: string;

beforeEach(async () => {
  database = await createTestDatabase();
  ({ ann } = await insertSmallOrganization(database));
  await insertSmallOrganization(database, 'rival');
  maria = await insertManager('maria', 'all');
  mike = await insertManager('mike', 'all');
  admin = { ...(await insertManager('adam', 'all')), roles: ['admin'] };
  takeovers = createTakeovers({ database, scopeOf: (principal) => scopeOf(database.db, principal) });
  world = await startTurnWorld(database);
  session = await open(ann);
});
afterEach(async () => {
  await world.close();
  await database.close();
});

async function insertManager(name: string, departmentId: string): Promise<Principal> {
  const { db } = database;
  const organizationId = 'org';
  await db.insert(departments).values({ organizationId, id: departmentId, name: departmentId }).onConflictDoNothing();
  await db.insert(users).values({ id: `user-${name}`, name, email: `${name}@small.example` });
  await db.insert(employees).values({
    ...{ organizationId, id: name, number: name, name, email: `${name}@small.example`, departmentId },
    positionId: 'maker',
  });
  await db.insert(members).values({ organizationId, userId: `user-${name}`, employeeId: name, roles: ['manager'] });
  return { userId: `user-${name}`, name, organizationId, employeeId: name, roles: ['manager'] };
}

async function open({ organizationId, employeeId, userId, name }: Principal): Promise<string> {
  const caller = { organizationId, tenantId: employeeId ?? '', callerKey: `user:${userId}`, callerName: name, userId };
  return (await database.db.transaction((tx) => openConversation(tx, { ...caller, path: 'emp' }))).id;
}

const hear = (text: string, replyTo: { accountId: string; chatId: string } | null = null) =>
  database.db.transaction(async (tx) => {
    const accepted = await acceptMessage(tx, {
      ...{ organizationId: 'org', conversationId: session, text, replyTo, at: new Date() },
      ...{ origin: replyTo ? 'telegram' : 'portal', verification: 'signed_in', channelMessageId: randomUUID() },
    });
    if (!accepted) throw new Error('refused');
    return accepted.turn;
  });
/** A file that was uploaded to a session, and sent with a message where one is given. */
async function attach(conversationId: string, id: string, messageId: Promise<string | null> | null = null) {
  const file = { name: 'plan.pdf', mediaType: 'application/pdf', bytes: 3, blob: 'a'.repeat(64) };
  const row = { organizationId: 'org', conversationId, id, messageId: await messageId, ...file };
  await database.db.insert(attachments).values(row);
  return id;
}

const messageOf = async (turnId: string) =>
  (await database.db.select({ id: messages.id }).from(messages).where(eq(messages.turnId, turnId)))[0]?.id ?? null;

/** Ann's chat with a bot. */
async function pairChat(chatId: string): Promise<void> {
  const of = { organizationId: 'org', accountId: 'bot' };
  await database.db.insert(channelAccounts).values({
    ...{ organizationId: 'org', id: 'bot', channel: 'telegram', name: 'Bot', accountName: 'bot', mode: 'polling' },
    ...{ settings: { apiRoot: '' }, sealedSecret: '', sealedWebhookSecret: '' },
  });
  const pairing = { platformUserId: 'ann-there', chatId, displayName: 'Ann', employeeId: 'ann', userId: ann.userId };
  await database.db.insert(channelBindings).values({ ...of, ...pairing });
}
const stateOf = async (turnId: string) =>
  (await database.db.select({ state: turns.state }).from(turns).where(eq(turns.id, turnId)))[0]?.state;
const row = async () => (await database.db.select().from(conversations).where(eq(conversations.id, session)))[0];
const said = async () =>
  (await database.db.select().from(messages).orderBy(asc(messages.createdAt), asc(messages.id))).map(
    ({ role, text }) => `${role}: ${text}`,
  );
const notes = async () => (await said()).filter((line) => line.startsWith('note: '));
const actions = async () =>
  (
    await database.db
      .select({ action: auditEvents.action, actor: auditEvents.actorName })
      .from(auditEvents)
      .where(and(eq(auditEvents.organizationId, 'org'), like(auditEvents.action, 'session.%')))
      .orderBy(auditEvents.id)
  ).map(({ action, actor }) => `${actor} ${action}`);
const timeIsOver = () =>
  database.db
    .update(conversations)
    .set({ takenOverUntil: sql`now() - interval '1 second'` })
    .where(eq(conversations.id, session));

/** The agent works on what it is asked until it is told to stop. */
const neverAnswers = () =>
  world.host.answerWith(async function* (_, signal) {
    yield { type: 'delta', text: 'well' };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    yield { type: 'failed', reason: 'exited', message: 'broken off', retry: false };
  });

describe('who takes a session over', () => {
  test('silences the agent: what runs is stopped, what waits and what comes is theirs, and the caller is told', async () => {
    neverAnswers();
    const [running, waiting] = [await hear('one'), await hear('two')];
    await expect.poll(() => stateOf(running.id)).toBe('thinking');
    const shown = await takeovers.takeOver(maria, session);
    expect(shown.takeover).toMatchObject({ by: 'maria', userId: maria.userId });
    const minutes = (Date.parse(shown.takeover?.until ?? '') - Date.now()) / 60_000;
    expect(Math.round(minutes)).toBe(30);
    await expect.poll(() => stateOf(running.id)).toBe('stopped');
    await expect.poll(() => stateOf(waiting.id)).toBe('handed_over');
    expect((await hear('three')).state).toBe('handed_over');
    expect(await notes()).toEqual(['note: maria has joined. The agent is silent until they leave.']);
    expect(await actions()).toEqual(['maria session.taken_over']);
  });

  test('has it for 30 minutes more with each time, and the caller is told once', async () => {
    await takeovers.takeOver(maria, session);
    await database.db.update(conversations).set({ takenOverUntil: sql`now() + interval '1 minute'` });
    const { takeover } = await takeovers.takeOver(maria, session);
    expect(Date.parse(takeover?.until ?? '')).toBeGreaterThan(Date.now() + 20 * 60_000);
    expect(await notes()).toHaveLength(1);
    expect(await actions()).toEqual(['maria session.taken_over', 'maria session.takeover_extended']);
  });

  test('is told who has it already; an admin may take it from them', async () => {
    await takeovers.takeOver(maria, session);
    for (const refused of [
      () => takeovers.takeOver(mike, session),
      () => takeovers.giveBack(mike, session),
      () => takeovers.end(mike, session),
      () => takeovers.send(mike, session, { text: 'me too', clientMessageId: 'mike-message' }),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('maria') });
    }
    expect((await takeovers.takeOver(admin, session)).takeover?.by).toBe('adam');
    await expect(takeovers.takeOver(maria, session)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('two at once: one has it', async () => {
    const both = await Promise.allSettled([takeovers.takeOver(maria, session), takeovers.takeOver(mike, session)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await notes()).toHaveLength(1);
  });

  test('is somebody of its scope, and not who talks in it', async () => {
    const elsewhere = await insertManager('eve', 'elsewhere');
    const rival = { ...admin, organizationId: 'rival' };
    for (const stranger of [elsewhere, rival]) {
      for (const refused of [
        () => takeovers.takeOver(stranger, session),
        () => takeovers.giveBack(stranger, session),
        () => takeovers.end(stranger, session),
        () => takeovers.send(stranger, session, { text: 'hi', clientMessageId: 'stranger-1' }),
      ]) {
        await expect(refused()).rejects.toMatchObject({ code: 'not_found' });
      }
    }
    await expect(takeovers.takeOver({ ...ann, roles: ['admin'] }, session)).rejects.toMatchObject({ code: 'conflict' });
    expect(await notes()).toEqual([]);
    expect(await actions()).toEqual([]);
  });

  test('of a session with a shared agent is whoever manages who talks, whatever department the agent is of', async () => {
    const team = await open({ ...ann, employeeId: 'ben' });
    await database.db.execute(sql`update tenants set employee_id = null where id = 'ben'`);
    const elsewhere = await insertManager('eve', 'elsewhere');
    await expect(takeovers.takeOver(elsewhere, team)).rejects.toMatchObject({ code: 'not_found' });
    expect((await takeovers.takeOver(maria, team)).takeover?.by).toBe('maria');
    expect((await takeovers.takeOver(admin, team)).takeover?.by).toBe('adam');
  });
});

describe('a session comes back to its agent', () => {
  test('when it is given back, and then the agent answers and knows what was said', async () => {
    await takeovers.takeOver(maria, session);
    await hear('is anybody there?');
    await takeovers.send(maria, session, { text: 'I am', clientMessageId: 'message-1' });
    expect((await takeovers.giveBack(maria, session)).takeover).toBeNull();
    expect(await notes()).toEqual([
      'note: maria has joined. The agent is silent until they leave.',
      'note: maria has left. The agent answers again.',
    ]);
    const { id } = await hear('and you, agent?');
    await expect.poll(() => stateOf(id), { timeout: 10_000 }).toBe('answered');
    expect(world.host.turns.at(-1)?.context.missed).toEqual([
      { who: 'person', name: 'ann', text: 'is anybody there?' },
      { who: 'human', name: 'maria', text: 'I am' },
    ]);
    await takeovers.giveBack(maria, session);
    expect(await actions()).toEqual([
      ...['maria session.taken_over', 'maria session.human_message', 'maria session.returned'],
    ]);
  });

  test('when its time is over, which is told once by however many look', async () => {
    await takeovers.takeOver(maria, session);
    expect(await takeovers.expireTakeovers()).toBe(0);
    await timeIsOver();
    expect((await hear('hello?')).state).toBe('queued');
    const counts = await Promise.all(Array.from({ length: 4 }, () => takeovers.expireTakeovers()));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await row()).toMatchObject({ takenOverBy: null, takenOverUntil: null });
    expect((await notes()).at(-1)).toBe('note: maria has left. The agent answers again.');
    expect(await notes()).toHaveLength(2);
    expect((await actions()).at(-1)).toBe('Clawpool session.returned');
  });

  test.each([
    ['it is given back', async () => {}, () => takeovers.giveBack(maria, session)],
    ['its time is over', () => timeIsOver(), () => takeovers.expireTakeovers()],
  ])('when %s, and then the agent answers once what nobody has, knowing the rest', async (_, before, comesBack) => {
    await takeovers.takeOver(maria, session);
    const first = await hear('is anybody there?');
    await takeovers.send(maria, session, { text: 'I am', clientMessageId: 'message-1' });
    const [second, third] = [await hear('and what is the budget?'), await hear('of this year')];
    expect(await Promise.all([first, second, third].map(({ id }) => stateOf(id)))).toEqual(
      Array.from({ length: 3 }, () => 'handed_over'),
    );
    await before();
    await Promise.all([comesBack(), comesBack(), takeovers.expireTakeovers()]);
    await expect.poll(() => stateOf(third.id)).toBe('answered');
    expect(await stateOf(second.id)).toBe('handed_over');
    expect(world.host.turns.map(({ text }) => text)).toEqual(['of this year']);
    expect(world.host.turns[0]?.context.missed).toEqual([
      { who: 'person', name: 'ann', text: 'is anybody there?' },
      { who: 'human', name: 'maria', text: 'I am' },
      { who: 'person', name: 'ann', text: 'and what is the budget?' },
    ]);
    expect((await said()).filter((line) => line.startsWith('agent: '))).toHaveLength(1);
    // What was told is known: it is not told again.
    const { id } = await hear('thank you');
    await expect.poll(() => stateOf(id)).toBe('answered');
    expect(world.host.turns.at(-1)?.context.missed).toEqual([]);
  });

  test.each([
    [
      'whose caller was suspended meanwhile',
      () => database.db.update(employees).set({ active: false }).where(eq(employees.id, 'ann')),
    ],
    [
      'that was ended meanwhile',
      () => database.db.update(conversations).set({ endedAt: new Date() }).where(eq(conversations.id, session)),
    ],
  ])('but a session %s stays as it is', async (_, meanwhile) => {
    await takeovers.takeOver(maria, session);
    const { id } = await hear('is anybody there?');
    await meanwhile();
    await timeIsOver();
    expect(await takeovers.expireTakeovers()).toBe(1);
    expect(await row()).toMatchObject({ takenOverBy: null, takenOverUntil: null });
    expect(await stateOf(id)).toBe('handed_over');
  });

  test('with the files that were sent meanwhile', async () => {
    await takeovers.takeOver(maria, session);
    const first = await hear('what do you make of this?');
    await attach(session, '11111111-of-ann', messageOf(first.id));
    const said = { text: '', attachments: [await attach(session, '22222222-of-maria')], clientMessageId: 'message-1' };
    await takeovers.send(maria, session, said);
    const last = await hear('and you, agent?');
    await takeovers.giveBack(maria, session);
    await expect.poll(() => stateOf(last.id)).toBe('answered');
    const [turn] = world.host.turns;
    expect(turn?.uploads?.map(({ name }) => name)).toEqual(['11111111-plan.pdf', '22222222-plan.pdf']);
    expect(turn?.context.missed.map(({ text }) => text)).toEqual([
      'what do you make of this?\n[Sent with it: 11111111-plan.pdf]',
      '[Sent with it: 22222222-plan.pdf]',
    ]);
  });

  test('with what waited when it was taken over, once the human leaves without a word', async () => {
    neverAnswers();
    const [running, waiting] = [await hear('one'), await hear('two')];
    await expect.poll(() => stateOf(running.id)).toBe('thinking');
    await takeovers.takeOver(maria, session);
    await expect.poll(() => stateOf(waiting.id)).toBe('handed_over');
    world.host.answerWith(async function* ({ text }) {
      yield { type: 'done', text: `You said: ${text}` };
    });
    await takeovers.giveBack(maria, session);
    await expect.poll(() => stateOf(waiting.id)).toBe('answered');
    expect(await stateOf(running.id)).toBe('stopped');
  });

  test('and is asked nothing where the human had the last word, or where the caller has asked the agent since', async () => {
    await takeovers.takeOver(maria, session);
    const answered = await hear('is anybody there?');
    await takeovers.send(maria, session, { text: 'I am', clientMessageId: 'message-1' });
    await takeovers.giveBack(maria, session);
    await takeovers.takeOver(maria, session);
    const before = await hear('still there?');
    await timeIsOver();
    const after = await hear('agent?');
    await takeovers.expireTakeovers();
    await expect.poll(() => stateOf(after.id)).toBe('answered');
    expect([await stateOf(answered.id), await stateOf(before.id)]).toEqual(['handed_over', 'handed_over']);
    expect(world.host.turns).toHaveLength(1);
  });

  test('whose time is over may be taken over by a colleague at once', async () => {
    await takeovers.takeOver(maria, session);
    await timeIsOver();
    expect((await takeovers.takeOver(mike, session)).takeover?.by).toBe('mike');
    expect(await takeovers.expireTakeovers()).toBe(0);
  });
});

describe('what a human says', () => {
  const send = (who: Principal, text: string, clientMessageId: string = randomUUID()) =>
    takeovers.send(who, session, { text, clientMessageId });

  test('is said once under their name, without having taken the session over', async () => {
    const first = await send(maria, 'Hello from Maria', 'the-same-id');
    expect(first).toMatchObject({ role: 'human', author: 'maria', text: 'Hello from Maria', turnId: null });
    expect(await send(maria, 'Hello again', 'the-same-id')).toEqual(first);
    expect(await said()).toEqual(['human: Hello from Maria']);
    expect((await row())?.takenOverBy).toBeNull();
    expect(await actions()).toEqual(['maria session.human_message']);
    expect((await send(mike, 'Mine', 'the-same-id')).text).toBe('Mine');
  });

  test('keeps the session theirs for longer', async () => {
    await takeovers.takeOver(maria, session);
    await database.db.update(conversations).set({ takenOverUntil: sql`now() + interval '1 minute'` });
    await send(maria, 'I am looking');
    expect((await row())?.takenOverUntil?.getTime()).toBeGreaterThan(Date.now() + 20 * 60_000);
  });

  test('goes where the caller last wrote from, with the name in front; so do the notes', async () => {
    await pairChat('7');
    const sent = async () =>
      (await database.db.select().from(outbox).orderBy(asc(outbox.arrival))).map(
        ({ kind, chatId, content }) => `${kind} to ${chatId}: ${content.text}`,
      );
    await takeovers.takeOver(maria, session);
    await hear('from the portal');
    await send(maria, 'only in the portal');
    expect(await sent()).toEqual([]);
    await hear('from the phone', { accountId: 'bot', chatId: '7' });
    await send(maria, 'On my way', 'message-id');
    await send(maria, 'On my way', 'message-id');
    await takeovers.giveBack(maria, session);
    expect(await sent()).toEqual([
      'human to 7: maria: On my way',
      'note to 7: maria has left. The agent answers again.',
    ]);
  });

  test('may be a file, which the chat is sent too; one of another session is refused', async () => {
    await pairChat('7');
    await takeovers.takeOver(maria, session);
    await hear('from the phone', { accountId: 'bot', chatId: '7' });
    const said = { text: '', attachments: [await attach(session, 'plan')], clientMessageId: 'a-file-of-it' };
    const first = await takeovers.send(maria, session, said);
    expect(first.attachments.map(({ id }) => id)).toEqual(['plan']);
    expect(await takeovers.send(maria, session, said)).toEqual(first);
    const sent = await database.db.select().from(outbox).where(eq(outbox.kind, 'human'));
    expect(sent.map(({ content }) => content)).toEqual([{ text: 'maria:', attachments: ['plan'], buttons: [] }]);
    for (const id of ['plan', await attach(await open({ ...ann, userId: 'user-mike' }), 'of-another')]) {
      const again = { text: 'look', attachments: [id], clientMessageId: randomUUID() };
      await expect(takeovers.send(maria, session, again)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await database.db.update(conversations).set({ path: 'twin' }).where(eq(conversations.id, session));
    await expect(takeovers.mayAnswerWithFile(admin, session)).rejects.toMatchObject({ code: 'conflict' });
    await database.db.update(conversations).set({ path: 'emp' }).where(eq(conversations.id, session));
    await expect(send(maria, ' ')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('is seen at once by whoever looks at the session', async () => {
    const events: ConversationEvent[] = [];
    const stop = await world.live.follow('org', session, (event) => void events.push(event));
    await takeovers.takeOver(maria, session);
    await send(maria, 'Hello');
    await expect
      .poll(() => events.flatMap((event) => (event.type === 'message' ? [event.message.text] : [])))
      .toEqual(['maria has joined. The agent is silent until they leave.', 'Hello']);
    await expect
      .poll(() => events.some((event) => event.type === 'conversation' && event.conversation.takeover?.by === 'maria'))
      .toBe(true);
    stop();
  });
});

describe('a session that is ended', () => {
  test('takes no more messages: what runs is stopped, and the caller and integrators are told once', async () => {
    await database.db.insert(webhooks).values({
      ...{ organizationId: 'org', id: 'hook', url: 'https://integrator.example', events: ['session.ended'] },
      sealedSecret: '',
    });
    neverAnswers();
    const [running, waiting] = [await hear('one'), await hear('two')];
    await expect.poll(() => stateOf(running.id)).toBe('thinking');
    const ended = await takeovers.end(maria, session);
    expect(ended.endedAt).not.toBeNull();
    expect((await takeovers.end(maria, session)).endedAt).toBe(ended.endedAt);
    await expect.poll(() => stateOf(running.id)).toBe('stopped');
    await expect.poll(() => stateOf(waiting.id)).toBe('stopped');
    await expect(hear('three')).rejects.toThrow('refused');
    expect(await notes()).toHaveLength(1);
    expect(await actions()).toEqual(['maria session.ended']);
    const deliveries = await database.db.select().from(webhookDeliveries);
    expect(deliveries.map(({ event, payload }) => ({ event, payload }))).toEqual([
      {
        event: 'session.ended',
        payload: expect.objectContaining({ data: { sessionId: session, tenantId: 'ann', user: null } }),
      },
    ]);
    expect(await open(ann)).not.toBe(session);
  });

  test('cannot be taken over or answered in, and is nobody’s any more', async () => {
    await takeovers.takeOver(maria, session);
    await takeovers.end(maria, session);
    expect((await row())?.takenOverBy).toBeNull();
    await expect(takeovers.takeOver(maria, session)).rejects.toMatchObject({ code: 'conflict' });
    await expect(takeovers.send(maria, session, { text: 'hi', clientMessageId: '12345678' })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
