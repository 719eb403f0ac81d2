import { type ChannelName, ClawpoolError, type Resolution } from '@clawpool/contracts';
import { and, eq, isNull } from 'drizzle-orm';
import { pressDecision, writeDecision } from '../../governance/approvals/decisions/chat-decision.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { turns } from '../../store/schema/index.ts';
import { acceptMessage, hasRoom } from '../accept.ts';
import type { Attachments } from '../attachments.ts';
import { type BindingRow, findBoundPerson, noteSeen } from '../channels/binding-store.ts';
import { completePairing } from '../channels/complete-pairing.ts';
import type { OpenAccount, OpenAccounts } from '../channels/open-accounts.ts';
import { explanationEveryMs, wrongTokenLimit } from '../channels/pairing.ts';
import { type ConversationService, NothingToRetry } from '../conversation-service.ts';
import { type Caller, openConversation } from '../open-conversation.ts';
import type { Router } from '../routing/router.ts';
import { type ReceivedAttachments, receiveAttachments } from './inbound-attachments.ts';
import { textForAgent } from './inbound-text.ts';
import { finishGroup, restOfGroup } from './inbox-groups.ts';
import { type ClaimedInbound, countNotedSince, finishInbound, type InboundOutcome, LeaseLost } from './inbox-store.ts';
import { enqueueOutbound } from './outbox.ts';
import { wasToldSince } from './outbox-store.ts';
import { said } from './said.ts';
import { findOpenTurn, findTurnOfUser, nextToEnd } from './turn-lookup.ts';

/** What a message of a platform is passed on with. */
export interface Handling {
  database: Database;
  accounts: OpenAccounts;
  router: Router;
  attachments: Attachments;
  conversations: Pick<ConversationService, 'stop' | 'retry'>;
}

/** Too much waits already; the message stays where it is. */
export class NoRoom extends Error {
  /** Messages that are to be answered before. */
  readonly ahead: number;

  constructor(ahead: number) {
    super(`${ahead} messages are ahead`);
    this.ahead = ahead;
  }
}

/** Somebody who is paired, and what they wrote. */
interface Known {
  row: ClaimedInbound;
  account: OpenAccount;
  binding: BindingRow;
  person: Principal;
}

/**
 * What becomes of one message: it pairs, it is a command, or it is a turn; whatever it is commits with the row's end. Errors: LeaseLost,
 * NoRoom; any other is an attempt that failed.
 */
export async function handleInbound(handling: Handling, row: ClaimedInbound, signal: AbortSignal): Promise<void> {
  const { database, accounts } = handling;
  const { message, organizationId } = row;
  const account = await accounts.findIn(organizationId, row.accountId);
  if (!account) throw new Error('the account cannot be opened');
  // A personal agent does not speak where others listen.
  if (message.chatType !== 'direct') {
    return explain(database, row, { key: 'only-direct', text: said.onlyDirect, outcome: 'ignored' });
  }
  if (message.pairingToken !== null) return pair(handling, row, message.pairingToken);

  const bound = await findBoundPerson(database.db, row, message.sender.platformUserId);
  if (!bound) return explain(database, row, { key: 'not-paired', text: said.notPaired, outcome: 'not_paired' });
  const { binding, employeeName: name } = bound;
  if (!bound.active) return explain(database, row, { key: 'suspended', text: said.suspended, outcome: 'ignored' });
  const { userId, employeeId } = binding;
  const person: Principal = { userId, name, organizationId, employeeId, roles: ['employee'] };
  const known: Known = { row, account, binding, person };
  if (message.buttonValue !== null) return press(handling, known, message.buttonValue);
  // What somebody else wrote is no command of whoever passes it on.
  if (message.forwardedFrom !== undefined) return passOn(handling, known, signal);
  const command = /^\/(new|stop|help|start)(?:@\w+)?\s*$/iu.exec(message.text.trim())?.[1]?.toLowerCase();
  if (command === 'new' || command === 'stop') return runCommand(handling, known, command);
  if (command) return finish(database, row, { outcome: 'command', tell: said.help });
  const decided = await writeDecision(database, { ...person, channel: account.channel }, message.text);
  if (decided !== null) return finish(database, row, { outcome: 'command', tell: decided });
  if (message.text.trim() === '' && message.attachments.length === 0) {
    return finish(database, row, { outcome: 'ignored', tell: said.nothingReadable });
  }
  await passOn(handling, known, signal);
}

async function pair({ database, router, accounts }: Handling, row: ClaimedInbound, token: string): Promise<void> {
  const { organizationId, accountId, chatId, message } = row;
  const wrong = { note: 'wrong token', since: new Date(Date.now() - wrongTokenLimit.withinMs) };
  const account = await accounts.findIn(organizationId, accountId);
  const { platformUserId, displayName } = message.sender;
  await database.db.transaction(async (tx) => {
    if ((await countNotedSince(tx, row, wrong)) >= wrongTokenLimit.tokens) {
      const to = { organizationId, accountId, chatId };
      const told = await wasToldSince(tx, to, { keyPrefix: 'too-many-tokens:', since: wrong.since });
      if (!told) await tell(tx, row, `too-many-tokens:${row.id}`, said.tooManyTokens);
      return end(tx, row, { outcome: 'not_paired' });
    }
    const accountName = account?.accountName ?? '';
    const attempt = { organizationId, accountId, accountName, platformUserId, displayName, chatId, token };
    const result = await completePairing(tx, attempt);
    if (result.result === 'wrong') {
      return end(tx, row, { outcome: 'not_paired', note: wrong.note, tell: said.wrongToken });
    }
    if (result.result === 'taken') {
      return end(tx, row, { outcome: 'not_paired', tell: said.takenByAnother(result.employeeName) });
    }
    const agent = await agentName(router, row, result.employeeId, account?.channel);
    return end(tx, row, { outcome: 'paired', tell: said.paired(agent, result.employeeName) });
  });
}

async function agentName(
  router: Router,
  { organizationId }: ClaimedInbound,
  employeeId: string,
  origin: ChannelName | undefined,
): Promise<string> {
  const found = origin && (await router.resolve({ organizationId, employeeId, origin }));
  return found?.tenant?.name ?? 'your agent';
}

/** Who is not to be answered by an agent is told why once an hour, and wakes none. */
async function explain(
  { db }: Database,
  row: ClaimedInbound,
  { key, text, outcome }: { key: string; text: string; outcome: InboundOutcome },
): Promise<void> {
  await db.transaction(async (tx) => {
    const since = new Date(Date.now() - explanationEveryMs);
    const told = await wasToldSince(tx, row, { keyPrefix: `${key}:`, since });
    if (!told) await tell(tx, row, `${key}:${row.id}`, text);
    await end(tx, row, { outcome });
  });
}

/** A button below a note of ours: `retry:<turn>`, `leave:<turn>`, or one of a request that waits for this person. */
async function press(
  { database, conversations }: Handling,
  { row, account, person }: Known,
  value: string,
): Promise<void> {
  const decided = await pressDecision(database, { ...person, channel: account.channel }, value);
  if (decided !== null) return finish(database, row, { outcome: 'command', tell: decided });
  const [, choice, turnId] = /^(retry|leave):([\w-]{1,64})$/u.exec(value) ?? [];
  const turn = turnId ? await findTurnOfUser(database.db, person, turnId) : null;
  if (!turn) return finish(database, row, { outcome: 'ignored' });
  if (choice === 'leave') {
    return finish(database, row, { outcome: 'command', tell: said.leftAsItIs, key: `left:${turn.id}` });
  }
  try {
    await conversations.retry(person, turn.conversationId, turn.id);
  } catch (error) {
    if (!(error instanceof ClawpoolError)) throw error;
    // What refuses a message refuses this too, and another attempt would change nothing.
    const text = [error.message, error.hint ?? ''].join(' ').trim();
    if (!(error instanceof NothingToRetry)) return finish(database, row, { outcome: 'command', tell: text });
    // It runs again already: the button was pressed twice, or this is told twice.
  }
  await finish(database, row, { outcome: 'command' });
}

async function runCommand(handling: Handling, known: Known, command: 'new' | 'stop'): Promise<void> {
  const { database, conversations } = handling;
  const { row, person } = known;
  const caller = await callerOf(handling, known);
  if ('nobody' in caller) return finish(database, row, { outcome: 'command', tell: said.nobodyAnswers(caller.nobody) });
  if (command === 'new') {
    return database.db.transaction(async (tx) => {
      await openConversation(tx, caller, { fresh: true });
      if (!(await noteSeen(tx, known.binding, row.chatId))) throw new Error(disconnected);
      await end(tx, row, { outcome: 'command', tell: said.newConversation });
    });
  }
  const turn = await findOpenTurn(database.db, caller);
  if (turn) await conversations.stop(person, turn.conversationId, turn.id);
  await finish(database, row, { outcome: 'command', tell: turn ? said.stopping : said.nothingToStop });
}

/** Whoever looks again finds nobody who is paired, and says so. */
const disconnected = 'the chat was disconnected meanwhile';

/** The message becomes a turn of the person's agent. */
async function passOn(handling: Handling, known: Known, signal: AbortSignal): Promise<void> {
  const { database } = handling;
  const { row, account, binding } = known;
  const { db } = database;
  const { organizationId, accountId, chatId } = row;
  const caller = await callerOf(handling, known);
  if ('nobody' in caller) return finish(database, row, { outcome: 'ignored', tell: said.nobodyAnswers(caller.nobody) });
  if (!(await hasRoom(db, organizationId, caller.tenantId))) throw await noRoom(db, caller);
  const rest = await restOfGroup(db, row);
  const messages = [row.message, ...rest.map((one) => one.message)];
  const message = { ...row.message, attachments: messages.flatMap((one) => one.attachments) };
  let received: ReceivedAttachments | null = null;
  if (message.attachments.length > 0) {
    // Attachments belong to a conversation, which has to be there before them.
    const { id: conversationId } = await db.transaction((tx) => openConversation(tx, caller));
    received = await receiveAttachments(handling.attachments, account, { organizationId, conversationId }, message);
    if (signal.aborted) throw new LeaseLost();
  }
  try {
    await db.transaction(async (tx) => {
      const conversationId = received?.conversationId ?? (await openConversation(tx, caller)).id;
      const accepted = await acceptMessage(tx, {
        ...{ organizationId, conversationId, origin: account.channel, verification: 'paired_channel' },
        channelMessageId: `${accountId}:${message.platformMessageId}`,
        text: [...messages.map(textForAgent), ...(received?.notes ?? [])].filter((text) => text !== '').join('\n\n'),
        attachments: received?.ids ?? [],
        replyTo: { accountId, chatId },
        at: new Date(),
      });
      if (!accepted) throw new Error('the conversation ended while its attachments were fetched');
      // After the conversation, as the end of a turn locks them too.
      if (!(await noteSeen(tx, binding, chatId))) throw new Error(disconnected);
      const { id: turnId, position } = accepted.turn;
      // What was held back for lack of room has been told of that.
      if (position > 0 && row.error === null) await tellQueued(tx, row, { conversationId, turnId, position });
      await finishGroup(tx, rest, { outcome: 'turn', turnId });
      await end(tx, row, { outcome: 'turn', turnId });
    });
  } catch (error) {
    if (!(error instanceof ClawpoolError)) throw error;
    if (error.code === 'too_many_requests') throw await noRoom(db, caller);
    if (!['too_large', 'invalid_request', 'not_allowed'].includes(error.code)) throw error;
    // Nothing another attempt could change; the person can.
    const tell = [error.message, error.hint ?? ''].join(' ').trim();
    await db.transaction(async (tx) => {
      await finishGroup(tx, rest, { outcome: 'ignored' });
      await end(tx, row, { outcome: 'ignored', tell });
    });
  }
}

/** Who waits behind a turn is told so, once for each turn that is the next to end: not with every message. */
async function tellQueued(
  tx: Transaction,
  { organizationId, accountId, chatId }: ClaimedInbound,
  { conversationId, turnId, position }: { conversationId: string; turnId: string; position: number },
): Promise<void> {
  const next = await nextToEnd(tx, organizationId, conversationId);
  await enqueueOutbound(tx, {
    ...{ organizationId, to: { accountId, chatId }, kind: 'note', dedupeKey: `queued:${next ?? turnId}` },
    ...{ conversationId, turnId, text: said.waits(position) },
  });
}

async function callerOf({ router }: Handling, { account, person }: Known): Promise<Caller | { nobody: Resolution }> {
  const { organizationId, userId, name, employeeId } = person;
  if (employeeId === null) throw new Error('a binding has an employee');
  const resolution = await router.resolve({ organizationId, employeeId, origin: account.channel });
  if (!resolution.tenant) return { nobody: resolution };
  const tenantId = resolution.tenant.id;
  return { organizationId, tenantId, path: 'emp', callerKey: `user:${userId}`, callerName: name, userId };
}

async function noRoom(db: Database['db'], { organizationId, tenantId }: Caller): Promise<NoRoom> {
  const ahead = await db.$count(
    turns,
    and(eq(turns.organizationId, organizationId), eq(turns.tenantId, tenantId), isNull(turns.finishedAt)),
  );
  return new NoRoom(ahead);
}

interface End {
  outcome: InboundOutcome;
  turnId?: string;
  /** Noted at the row. */
  note?: string;
  /** Told in the chat. */
  tell?: string;
  /** The same key is told once; the row's own unless given. */
  key?: string;
}

const finish = ({ db }: Database, row: ClaimedInbound, how: End): Promise<void> =>
  db.transaction((tx) => end(tx, row, how));

/** Rolls everything back when the row is not ours any more. */
async function end(tx: Transaction, row: ClaimedInbound, { tell: text, key, ...how }: End): Promise<void> {
  if (text !== undefined) await tell(tx, row, key ?? `inbox:${row.id}`, text);
  if (!(await finishInbound(tx, row, how))) throw new LeaseLost();
}

const tell = (
  tx: Transaction,
  { organizationId, accountId, chatId }: ClaimedInbound,
  dedupeKey: string,
  text: string,
) => enqueueOutbound(tx, { organizationId, to: { accountId, chatId }, kind: 'note', dedupeKey, text });
