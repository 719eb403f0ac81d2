import { createHash, randomUUID } from 'node:crypto';
import {
  type ApiAnswer,
  type ApiEvent,
  type ApiSession,
  type Attachment,
  ClawpoolError,
  type NewAuditEvent,
  type Schedule,
  type ScheduleInput,
  type Turn,
} from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import { type Accepted, acceptMessage } from '../conversations/accept.ts';
import { findAttachment } from '../conversations/attachment-store.ts';
import type { Attachments } from '../conversations/attachments.ts';
import { findByChannelMessageId, type MessagePage, pageOfMessages } from '../conversations/conversation-store.ts';
import type { LiveConversations } from '../conversations/live-conversations.ts';
import { openConversation } from '../conversations/open-conversation.ts';
import type { ScheduleService } from '../conversations/schedules/schedule-service.ts';
import { listOpenAndLastTurn, stopTurns, toTurn } from '../conversations/turn-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database, Transaction } from '../store/database.ts';
import { type ApiKeyIdentity, callerKeyOf, keyWithScope, userOfCaller } from './api-key.ts';
import {
  type ApiModel,
  endSession,
  findSession,
  findSessionOfMessage,
  findSessionOfTurn,
  isFirstTurn,
  listModels,
  listSessions,
  type TurnUsage,
  toApiSession,
  usageOfTurn,
} from './api-store.ts';
import { emitEvent } from './emit-event.ts';
import { followTurn, readTurn, type TurnNews, type TurnNow, type TurnOfSession } from './follow-turn.ts';

/** A message of an integrator. */
export interface ApiMessage {
  /** A function where it depends on whether the session begins with this message. */
  text: string | ((begins: boolean) => string);
  /** Goes on in this session of the key. */
  sessionId?: string | undefined;
  /** Whoever talks: each has one open session. Absent, without `sessionId`: a session of its own. */
  user?: string | undefined;
  /** The same key again, from the same user or in the same session, is the same message. */
  idempotencyKey?: string | undefined;
  /** Ids of files that were uploaded to its session and not sent; the text may be empty then. */
  attachments?: readonly string[];
}

/** A file for a message that is not sent yet. */
export interface ApiFile {
  name: string;
  mediaType?: string | undefined;
  /** As of a message: a session of the key, or whoever's open one; a new one without either. */
  sessionId?: string | undefined;
  user?: string | undefined;
}

/**
 * The use cases of an API key: messages to its tenants, and its own sessions. Errors of all: `not_allowed` (a scope is missing),
 * `not_found` (a tenant or session that is not the key's is as unknown as one that never was).
 */
export interface ApiService {
  /** Resolves when the message is stored for good. Errors: see `acceptMessage`; `conflict`: the session has ended. */
  accept(principal: Principal, tenantId: string, message: ApiMessage): Promise<TurnOfSession & { turn: Turn }>;
  /** Accepts, and waits for the answer as long as is asked. */
  send(
    principal: Principal,
    tenantId: string,
    message: ApiMessage & { waitSeconds: number },
    signal: AbortSignal,
  ): Promise<ApiAnswer>;
  stream(
    principal: Principal,
    tenantId: string,
    message: ApiMessage,
    to: { send(event: ApiEvent): void; readonly signal: AbortSignal; end(): void },
  ): Promise<void>;
  follow(of: TurnOfSession, onNews: (news: TurnNews) => void, signal: AbortSignal): Promise<TurnNow>;
  /** Whoever asked is gone, or does not want it any more. */
  stop(of: TurnOfSession): Promise<void>;
  turn(principal: Principal, tenantId: string, turnId: string): Promise<ApiAnswer>;
  usage(principal: Principal, tenantId: string, turnId: string): Promise<TurnUsage>;
  /** Stores a file for a message in the session that it names. Errors: `too_large`, `conflict`: the session has ended. */
  upload(
    principal: Principal,
    tenantId: string,
    file: ApiFile,
    content: AsyncIterable<Uint8Array>,
  ): Promise<{ sessionId: string; attachment: Attachment }>;
  /** A file that was sent in a session of the key, by whomever. */
  download(
    principal: Principal,
    sessionId: string,
    attachmentId: string,
  ): Promise<{ name: string; content: AsyncIterable<Uint8Array> }>;
  /** The key's tenants. */
  models(principal: Principal): Promise<ApiModel[]>;
  listSessions(
    principal: Principal,
    tenantId: string,
    query: { limit: number; before?: string | undefined },
  ): Promise<{ sessions: ApiSession[]; more: boolean }>;
  transcript(
    principal: Principal,
    sessionId: string,
    page: { limit?: number | undefined; before?: string | undefined },
  ): Promise<{ session: ApiSession; turns: Turn[] } & MessagePage>;
  endSession(principal: Principal, sessionId: string): Promise<void>;
  listSchedules(principal: Principal, tenantId: string): Promise<Schedule[]>;
  createSchedule(principal: Principal, tenantId: string, input: ScheduleInput): Promise<Schedule>;
  deleteSchedule(principal: Principal, tenantId: string, scheduleId: string): Promise<void>;
}

export interface ApiServiceOptions {
  database: Database;
  live: Pick<LiveConversations, 'follow'>;
  attachments: Pick<Attachments, 'store' | 'open'>;
  schedules: Pick<ScheduleService, 'list' | 'create' | 'remove'>;
}

export function createApiService({ database, live, attachments, schedules }: ApiServiceOptions): ApiService {
  const { db } = database;

  async function accept(principal: Principal, tenantId: string, message: ApiMessage) {
    const key = keyWithScope(principal, 'chat');
    requireTenant(key, tenantId);
    const { organizationId } = principal;
    return db.transaction(async (tx) => {
      const { sessionId, turn } = await acceptIn(tx, { organizationId, tenantId, key }, message);
      return { organizationId, sessionId, turnId: turn.id, turn };
    });
  }

  async function follow(of: TurnOfSession, onNews: (news: TurnNews) => void, signal: AbortSignal): Promise<TurnNow> {
    const now = await followTurn({ db, live }, of, { onNews, signal });
    if (!now) throw new Error('a turn that was accepted is gone');
    return now;
  }

  async function ownSession(principal: Principal, key: ApiKeyIdentity, sessionId: string) {
    const session = await findSession(db, principal.organizationId, key.id, sessionId);
    // A key keeps its sessions with tenants it may not talk to any more to itself, too.
    if (session && key.tenantIds.includes(session.tenantId)) return session;
    throw noSuchSession();
  }

  return {
    accept,
    follow,

    send: async (principal, tenantId, { waitSeconds, ...message }, signal) => {
      const { turn, ...of } = await accept(principal, tenantId, message);
      const until = waitSeconds === 0 ? AbortSignal.abort() : AbortSignal.timeout(waitSeconds * 1000);
      const now =
        waitSeconds === 0 ? await readTurn(db, of) : await follow(of, () => {}, AbortSignal.any([signal, until]));
      return { sessionId: of.sessionId, turn: now?.turn ?? turn, answer: now?.answer ?? null };
    },

    stream: async (principal, tenantId, message, to) => {
      const { turn, ...of } = await accept(principal, tenantId, message);
      to.send({ type: 'accepted', sessionId: of.sessionId, turn });
      const now = await follow(of, (news) => to.send(news), to.signal);
      to.send({ type: 'done', sessionId: of.sessionId, turn: now.turn, answer: now.answer });
      to.end();
    },

    stop: ({ organizationId, sessionId, turnId }) =>
      db.transaction(async (tx) => void (await stopTurns(tx, { organizationId, conversationId: sessionId, turnId }))),

    turn: async (principal, tenantId, turnId) => {
      const key = keyWithScope(principal, 'chat', 'read');
      requireTenant(key, tenantId);
      const { organizationId } = principal;
      const sessionId = await findSessionOfTurn(db, { organizationId, keyId: key.id, tenantId }, turnId);
      const now = sessionId && (await readTurn(db, { organizationId, sessionId, turnId }));
      if (sessionId && now) return { sessionId, ...now };
      throw new ClawpoolError('not_found', `There is no turn “${turnId}”.`, 'Ask with the key that began it.');
    },

    usage: (principal, tenantId, turnId) =>
      usageOfTurn(db, { organizationId: principal.organizationId, tenantId, turnId }),

    upload: async (principal, tenantId, { name, mediaType = '', ...of }, content) => {
      const key = keyWithScope(principal, 'chat');
      requireTenant(key, tenantId);
      const { organizationId } = principal;
      const sessionId = await db.transaction((tx) => sessionForFile(tx, { organizationId, tenantId, key }, of));
      const stored = { organizationId, conversationId: sessionId, name, mediaType };
      return { sessionId, attachment: await attachments.store(stored, content) };
    },

    download: async (principal, sessionId, attachmentId) => {
      const key = keyWithScope(principal, 'chat', 'read');
      const { id } = await ownSession(principal, key, sessionId);
      const file = await findAttachment(db, principal.organizationId, attachmentId);
      const sent = file?.conversationId === id && file.messageId !== null;
      const opened = sent ? await attachments.open(principal.organizationId, attachmentId) : null;
      if (opened) return { name: opened.attachment.name, content: opened.content };
      throw new ClawpoolError('not_found', 'There is no such file in this session.', 'Answers name their attachments.');
    },

    models: (principal) => listModels(db, principal.organizationId, keyWithScope(principal, 'chat', 'read').tenantIds),

    listSessions: async (principal, tenantId, { limit, before }) => {
      const key = keyWithScope(principal, 'read');
      requireTenant(key, tenantId);
      const of = { organizationId: principal.organizationId, keyId: key.id, tenantId };
      const rows = await listSessions(db, of, { limit: limit + 1, before: before ? new Date(before) : undefined });
      return { sessions: rows.slice(0, limit).map((row) => toApiSession(row, key.id)), more: rows.length > limit };
    },

    transcript: async (principal, sessionId, query) => {
      const key = keyWithScope(principal, 'read');
      const session = await ownSession(principal, key, sessionId);
      const { organizationId } = principal;
      const page = await pageOfMessages(db, organizationId, sessionId, query);
      const turns = await listOpenAndLastTurn(db, organizationId, sessionId);
      const open = turns.filter(({ finishedAt }) => finishedAt === null);
      return { session: toApiSession(session, key.id), ...page, turns: open.map(toTurn) };
    },

    endSession: async (principal, sessionId) => {
      const key = keyWithScope(principal, 'chat');
      const { organizationId } = principal;
      const session = await ownSession(principal, key, sessionId);
      await db.transaction(async (tx) => {
        if (!(await endSession(tx, organizationId, sessionId))) return;
        const user = userOfCaller(session.callerKey, key.id);
        await emitEvent(tx, organizationId, 'session.ended', { sessionId, tenantId: session.tenantId, user });
        await auditSession(tx, organizationId, key, 'session.ended', sessionId, session.tenantId);
      });
    },

    listSchedules: async (principal, tenantId) => {
      requireTenant(keyWithScope(principal, 'schedules'), tenantId);
      return schedules.list(principal, tenantId);
    },

    createSchedule: async (principal, tenantId, input) => {
      requireTenant(keyWithScope(principal, 'schedules'), tenantId);
      return schedules.create(principal, input, tenantId);
    },

    deleteSchedule: async (principal, tenantId, scheduleId) => {
      requireTenant(keyWithScope(principal, 'schedules'), tenantId);
      return schedules.remove(principal, scheduleId, tenantId);
    },
  };
}

interface KeyAndTenant {
  organizationId: string;
  tenantId: string;
  key: ApiKeyIdentity;
}

async function acceptIn(
  tx: Transaction,
  { organizationId, tenantId, key }: KeyAndTenant,
  message: ApiMessage,
): Promise<Accepted & { sessionId: string }> {
  const { idempotencyKey } = message;
  const session =
    message.sessionId === undefined ? null : await findSession(tx, organizationId, key.id, message.sessionId);
  if (message.sessionId !== undefined && session?.tenantId !== tenantId) throw noSuchSession();
  const callerKey = session?.callerKey ?? callerKeyOf(key.id, message.user ?? ownUserOf(idempotencyKey));
  const caller = { organizationId, tenantId, callerKey };

  const acceptAs = async (conversationId: string, begins: boolean): Promise<Accepted | null> => {
    const accepted = await acceptMessage(tx, {
      ...{ organizationId, conversationId, origin: 'api', verification: 'api_key' },
      channelMessageId: idempotencyKey ?? randomUUID(),
      text: typeof message.text === 'string' ? message.text : message.text(begins),
      attachments: message.attachments ?? [],
      at: new Date(),
    });
    if (accepted && !accepted.known) await tellAccepted(conversationId, begins, accepted.turn);
    return accepted;
  };
  const tellAccepted = async (sessionId: string, begins: boolean, turn: Turn): Promise<void> => {
    const user = userOfCaller(callerKey, key.id);
    // Two may have found it silent; with the session locked, one of them is its first.
    if (begins && (await isFirstTurn(tx, organizationId, sessionId))) {
      const named = message.user ?? (session ? user : null);
      await emitEvent(tx, organizationId, 'session.started', { sessionId, tenantId, user: named });
      await auditSession(tx, organizationId, key, 'session.started', sessionId, tenantId);
    }
    // A person has the session: the turn is over with its acceptance, and nobody else tells of its end.
    if (turn.state !== 'handed_over') return;
    await emitEvent(tx, organizationId, 'message.handed_over', { sessionId, turnId: turn.id, tenantId, user });
  };

  // In a session that has ended meanwhile, too: that is no reason to answer it twice.
  const earlier =
    idempotencyKey === undefined ? null : (session?.id ?? (await findSessionOfMessage(tx, caller, idempotencyKey)));
  if (earlier && idempotencyKey !== undefined) {
    const known = await findByChannelMessageId(tx, organizationId, earlier, idempotencyKey);
    if (known) return { ...known, known: true, sessionId: earlier };
  }
  if (session) {
    // A file was uploaded to it, and nothing said yet.
    const accepted = await acceptAs(session.id, session.title === '');
    if (accepted) return { ...accepted, sessionId: session.id };
    throw new ClawpoolError('conflict', 'This session has ended.', 'Send it without sessionId to begin a new one.');
  }
  const callerName = message.user ?? key.name;
  // A second try: the session that is open may end in the moment between finding and locking it.
  for (let tries = 0; tries < 2; tries++) {
    const { id: sessionId, title } = await openConversation(tx, { ...caller, path: 'api', callerName, userId: null });
    const accepted = await acceptAs(sessionId, title === '');
    if (accepted) return { ...accepted, sessionId };
  }
  throw new ClawpoolError('conflict', 'The session ended while the message was on its way.', 'Send it again.');
}

/** The session that a file is for: nothing need have been said in it yet. */
async function sessionForFile(
  tx: Transaction,
  { organizationId, tenantId, key }: KeyAndTenant,
  { sessionId, user }: Pick<ApiFile, 'sessionId' | 'user'>,
): Promise<string> {
  if (sessionId !== undefined) {
    const session = await findSession(tx, organizationId, key.id, sessionId);
    if (session?.tenantId !== tenantId) throw noSuchSession();
    if (session.endedAt === null) return session.id;
    throw new ClawpoolError('conflict', 'This session has ended.', 'Upload it without sessionId to begin a new one.');
  }
  const callerKey = callerKeyOf(key.id, user ?? randomUUID());
  const caller = { organizationId, tenantId, path: 'api', callerKey, callerName: user ?? key.name } as const;
  return (await openConversation(tx, { ...caller, userId: null })).id;
}

/** Of a message that names nobody: nobody else's, and the same for the same message. */
const ownUserOf = (idempotencyKey: string | undefined): string =>
  idempotencyKey === undefined
    ? randomUUID()
    : createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, 32);

function requireTenant(key: ApiKeyIdentity, tenantId: string): void {
  if (key.tenantIds.includes(tenantId)) return;
  throw new ClawpoolError(
    'not_found',
    `There is no tenant “${tenantId}” for this key.`,
    'GET /v1/models lists those it may talk to.',
  );
}

const actorOf = ({ id, name }: ApiKeyIdentity): NewAuditEvent['actor'] => ({
  type: 'system',
  id,
  name: `API key ${name}`,
});

const auditSession = (
  tx: Transaction,
  organizationId: string,
  key: ApiKeyIdentity,
  action: 'session.started' | 'session.ended',
  sessionId: string,
  tenantId: string,
): Promise<void> =>
  recordAudit(tx, organizationId, {
    actor: actorOf(key),
    action,
    target: { type: 'conversation', id: sessionId, name: key.name },
    outcome: 'allowed',
    detail: { tenantId, path: 'api' },
  });

const noSuchSession = () =>
  new ClawpoolError('not_found', 'There is no such session.', 'It may be another key’s. Send without sessionId.');
