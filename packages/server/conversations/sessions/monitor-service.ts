import { ClawpoolError, type Message, type MonitoredSession, type Turn } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { listMessages } from '../conversation-store.ts';
import { listOpenAndLastTurn, toTurn } from '../turn-store.ts';
import { asWatcher, type SessionScope } from './monitor.ts';
import { findSession, isInScope, pageOfSessions, type SessionQuery, wasViewed } from './monitor-store.ts';

/** Sessions, for those who watch over them. One outside of the person's scope is `not_found`. */
export interface SessionMonitor {
  list(principal: Principal, query: SessionQuery): Promise<{ sessions: MonitoredSession[]; total: number }>;
  /** That it was read is recorded, once an hour. */
  get(
    principal: Principal,
    conversationId: string,
  ): Promise<{ session: MonitoredSession; messages: Message[]; turns: Turn[] }>;
  /** Before its events are sent; recorded as `get` is. */
  open(principal: Principal, conversationId: string): Promise<{ organizationId: string; id: string }>;
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
  async function recordView({ organizationId, userId, name }: Principal, session: MonitoredSession): Promise<void> {
    const { id, tenantId } = session.conversation;
    if (await wasViewed(db, organizationId, userId, id)) return;
    await db.transaction(async (tx) => {
      const lock = JSON.stringify(['viewed', organizationId, userId, id]);
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 1))`);
      if (await wasViewed(tx, organizationId, userId, id)) return;
      await recordAudit(tx, organizationId, {
        actor: { type: 'person', id: userId, name },
        action: 'session.viewed',
        target: { type: 'session', id, name: session.caller.name },
        outcome: 'allowed',
        detail: { tenantId },
      });
    });
  }

  async function view(principal: Principal, conversationId: string): Promise<MonitoredSession> {
    const session = await findSession(db, await scope(principal), conversationId);
    if (!session) throw noSuchSession();
    await recordView(principal, session);
    return session;
  }

  return {
    list: async (principal, query) => pageOfSessions(db, await scope(principal), query),
    get: async (principal, conversationId) => {
      const session = await view(principal, conversationId);
      const { organizationId } = principal;
      const messages = await listMessages(db, organizationId, conversationId);
      const turns = await listOpenAndLastTurn(db, organizationId, conversationId);
      return { session, messages, turns: turns.map(toTurn) };
    },
    open: async (principal, conversationId) => {
      const { conversation } = await view(principal, conversationId);
      return { organizationId: principal.organizationId, id: conversation.id };
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

export const noSuchSession = () =>
  new ClawpoolError('not_found', 'There is no such session.', 'It may be outside of your departments, or deleted.');
