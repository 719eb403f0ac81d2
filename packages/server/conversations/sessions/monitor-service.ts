import { ClawpoolError, type MonitoredSession, type NewAuditEvent, type Turn } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { findAttachment } from '../attachment-store.ts';
import { type MessagePage, type MessagePageQuery, pageOfMessages } from '../conversation-store.ts';
import { listOpenAndLastTurn, toTurn } from '../turn-store.ts';
import { asWatcher, type SessionScope } from './monitor.ts';
import { findSession, isInScope, pageOfSessions, type SessionQuery, wasRead } from './monitor-store.ts';

/** Sessions, for those who watch over them. One outside of the person's scope is `not_found`. */
export interface SessionMonitor {
  list(principal: Principal, query: SessionQuery): Promise<{ sessions: MonitoredSession[]; total: number }>;
  /** That it was read is recorded, once an hour. */
  get(
    principal: Principal,
    conversationId: string,
  ): Promise<{ session: MonitoredSession; turns: Turn[] } & MessagePage>;
  /** Earlier messages; recorded as `get` is. */
  messages(principal: Principal, conversationId: string, query: MessagePageQuery): Promise<MessagePage>;
  /** Before its events are sent; recorded as `get` is. */
  open(principal: Principal, conversationId: string): Promise<{ organizationId: string; id: string }>;
  /** A file that was sent in a session, before it is downloaded; recorded as `get` is. Error: `not_found`, also when it is not sent yet. */
  openFile(principal: Principal, conversationId: string, attachmentId: string): Promise<{ organizationId: string }>;
}

export interface SessionMonitorOptions {
  database: Database;
  /** Departments whose people the principal may see; null for all. */
  scopeOf: (principal: Principal) => Promise<readonly string[] | null>;
}

export function createSessionMonitor({ database, scopeOf }: SessionMonitorOptions): SessionMonitor {
  const { db } = database;

  const scope = (principal: Principal) => sessionScope(scopeOf, principal);

  /** Audits a reading, unless the same person's of the last hour was. */
  async function recordReading(
    { organizationId, userId, name }: Principal,
    read: { action: string; target: NonNullable<NewAuditEvent['target']>; detail: Record<string, unknown> },
  ): Promise<void> {
    const what = { action: read.action, id: read.target.id };
    if (await wasRead(db, organizationId, userId, what)) return;
    await db.transaction(async (tx) => {
      const lock = JSON.stringify(['read', organizationId, userId, what]);
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 1))`);
      if (await wasRead(tx, organizationId, userId, what)) return;
      await recordAudit(tx, organizationId, {
        actor: { type: 'person', id: userId, name },
        outcome: 'allowed',
        ...read,
      });
    });
  }

  async function view(principal: Principal, conversationId: string): Promise<MonitoredSession> {
    const session = await findSession(db, await scope(principal), conversationId);
    if (!session) throw noSuchSession();
    await recordReading(principal, {
      action: 'session.viewed',
      target: { type: 'session', id: conversationId, name: session.caller.name },
      detail: { tenantId: session.conversation.tenantId },
    });
    return session;
  }

  return {
    list: async (principal, query) => pageOfSessions(db, await scope(principal), query),
    get: async (principal, conversationId) => {
      const session = await view(principal, conversationId);
      const { organizationId } = principal;
      const page = await pageOfMessages(db, organizationId, conversationId);
      const turns = await listOpenAndLastTurn(db, organizationId, conversationId);
      return { session, ...page, turns: turns.map(toTurn) };
    },
    messages: async (principal, conversationId, query) => {
      const { conversation } = await view(principal, conversationId);
      return pageOfMessages(db, principal.organizationId, conversation.id, query);
    },
    open: async (principal, conversationId) => {
      const { conversation } = await view(principal, conversationId);
      return { organizationId: principal.organizationId, id: conversation.id };
    },
    openFile: async (principal, conversationId, attachmentId) => {
      await refuseOutOfScope({ database, scopeOf }, principal, conversationId);
      const { organizationId } = principal;
      const file = await findAttachment(db, organizationId, attachmentId);
      if (file?.conversationId !== conversationId || file.messageId === null) throw noSuchFile();
      await recordReading(principal, {
        action: 'session.file_opened',
        target: { type: 'attachment', id: attachmentId, name: file.name },
        detail: { conversationId },
      });
      return { organizationId };
    },
  };
}

async function sessionScope(scopeOf: SessionMonitorOptions['scopeOf'], principal: Principal): Promise<SessionScope> {
  return { organizationId: principal.organizationId, departmentIds: await scopeOf(asWatcher(principal)) };
}

/** Throws `not_found` for a session outside of the person's scope. */
export async function refuseOutOfScope(
  { database, scopeOf }: SessionMonitorOptions,
  principal: Principal,
  conversationId: string,
): Promise<void> {
  const scope = await sessionScope(scopeOf, principal);
  if (!(await isInScope(database.db, scope, conversationId))) throw noSuchSession();
}

const noSuchFile = () =>
  new ClawpoolError(
    'not_found',
    'There is no such file in this session.',
    'It may have been deleted with its message.',
  );

export const noSuchSession = () =>
  new ClawpoolError('not_found', 'There is no such session.', 'It may be outside of your departments, or deleted.');
