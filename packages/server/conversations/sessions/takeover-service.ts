import { ClawpoolError, type Conversation, type Message } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { emitEvent } from '../../integrations/emit-event.ts';
import type { Principal } from '../../organization/principal.ts';
import { poolActor } from '../../pool/tenant-store.ts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { findConversation, findMessage, toConversation } from '../conversation-store.ts';
import { stopTurns } from '../turn-store.ts';
import { noSuchSession, refuseOutOfScope, type SessionMonitorOptions } from './monitor-service.ts';
import { reopenUnanswered } from './reopen-unanswered.ts';
import { holderOf, refuseEnded, refuseFiles, refuseToInterfere, takeoverNotes } from './takeover.ts';
import {
  clearTakeover,
  findSaid,
  type LockedSession,
  lockExpiredTakeover,
  lockSession,
  say,
  setEnded,
  setTakeover,
} from './takeover-store.ts';

/**
 * People who answer instead of an agent, in sessions of their scope. Errors are ClawpoolErrors: `not_found` outside of it, `conflict` in a
 * session that has ended, is the person's own, or that a colleague has (an admin may take it from them).
 */
export interface Takeovers {
  /** For 30 minutes; again: 30 minutes from now. The caller is told when somebody joins. */
  takeOver(principal: Principal, conversationId: string): Promise<Conversation>;
  giveBack(principal: Principal, conversationId: string): Promise<Conversation>;
  /** With or without having taken the session over; who has it keeps it for 30 minutes more. Once per `clientMessageId`. */
  send(principal: Principal, conversationId: string, said: HumanAnswer): Promise<Message>;
  /** Whether the person may answer with a file in the session now; throws when not. */
  mayAnswerWithFile(
    principal: Principal,
    conversationId: string,
  ): Promise<{ organizationId: string; conversationId: string }>;
  end(principal: Principal, conversationId: string): Promise<Conversation>;
  /** Ends takeovers whose time is over, and tells their callers, once however many processes ask. Returns how many. */
  expireTakeovers(): Promise<number>;
}

export interface HumanAnswer {
  /** May be empty when there are attachments. */
  text: string;
  /** Ids of files that were uploaded to the session and not sent. */
  attachments?: readonly string[];
  clientMessageId: string;
}

export function createTakeovers(options: SessionMonitorOptions): Takeovers {
  const { db } = options.database;

  /** Runs with the session locked, and looked at: in scope, and nobody else's affair. */
  async function within<T>(
    principal: Principal,
    conversationId: string,
    run: (tx: Transaction, session: LockedSession, now: Date) => Promise<T>,
  ): Promise<T> {
    await refuseOutOfScope(options, principal, conversationId);
    return db.transaction(async (tx) => {
      const session = await lockSession(tx, principal.organizationId, conversationId);
      if (!session) throw noSuchSession();
      const now = new Date();
      refuseToInterfere(principal, session, session.takenOverByName, now);
      return run(tx, session, now);
    });
  }

  async function show({ organizationId }: Principal, conversationId: string): Promise<Conversation> {
    const row = await findConversation(db, organizationId, conversationId);
    if (!row) throw noSuchSession();
    return toConversation(row);
  }

  return {
    takeOver: async (principal, conversationId) => {
      await within(principal, conversationId, async (tx, session, now) => {
        refuseEnded(session);
        const extends_ = holderOf(session, now) === principal.userId;
        await setTakeover(tx, session, principal.userId);
        const stoppedTurns = await stopTurns(tx, {
          organizationId: session.organizationId,
          conversationId: session.id,
        });
        if (extends_) await tellChanged(tx, session);
        else await note(tx, session, takeoverNotes.joined(principal.name), now);
        await audit(tx, principal, extends_ ? 'session.takeover_extended' : 'session.taken_over', session, {
          stoppedTurns,
        });
      });
      return show(principal, conversationId);
    },

    giveBack: async (principal, conversationId) => {
      await within(principal, conversationId, async (tx, session, now) => {
        if (session.takenOverBy !== null) await giveToAgent(tx, session, now, principal);
      });
      return show(principal, conversationId);
    },

    mayAnswerWithFile: async (principal, conversationId) => {
      await within(principal, conversationId, async (_, session) => {
        refuseEnded(session);
        refuseFiles(session.path);
      });
      return { organizationId: principal.organizationId, conversationId };
    },

    send: async (principal, conversationId, { text, attachments = [], clientMessageId }) => {
      const plain = text.replaceAll('\0', '').trim();
      if (plain === '' && attachments.length === 0) {
        throw new ClawpoolError(
          'invalid_request',
          'There is nothing in the message.',
          'Write something, or attach a file.',
        );
      }
      // Beside the caller's own ids of messages, which are in the same place.
      const key = `human:${principal.userId}:${clientMessageId}`;
      const messageId = await within(principal, conversationId, async (tx, session, now) => {
        const known = await findSaid(tx, session, key);
        if (known !== null) return known;
        refuseEnded(session);
        if (holderOf(session, now) === principal.userId) await setTakeover(tx, session, principal.userId);
        const author = { id: principal.userId, name: principal.name };
        const id = await say(tx, session, { role: 'human', text: plain, attachments, author, at: now, key });
        const files = attachments.length > 0 ? { files: attachments.length } : {};
        await audit(tx, principal, 'session.human_message', session, { messageId: id, ...files });
        if (session.path === 'api') {
          const said = { messageId: id, author: principal.name, text: plain, attachments };
          await emitEvent(tx, session.organizationId, 'message.human', { ...integratorsSession(session), ...said });
        }
        return id;
      });
      const message = await findMessage(db, principal.organizationId, messageId);
      if (!message) throw noSuchSession();
      return message;
    },

    end: async (principal, conversationId) => {
      await within(principal, conversationId, async (tx, session, now) => {
        if (session.endedAt !== null) return;
        await setEnded(tx, session, now);
        const stoppedTurns = await stopTurns(tx, {
          organizationId: session.organizationId,
          conversationId: session.id,
        });
        await note(tx, session, takeoverNotes.ended(principal.name), now);
        await audit(tx, principal, 'session.ended', session, { stoppedTurns });
        await emitEvent(tx, session.organizationId, 'session.ended', integratorsSession(session));
      });
      return show(principal, conversationId);
    },

    expireTakeovers: async () => {
      for (let count = 0; ; count += 1) {
        const expired = await db.transaction(async (tx) => {
          const session = await lockExpiredTakeover(tx);
          if (!session) return false;
          await giveToAgent(tx, session, new Date(), null);
          return true;
        });
        if (!expired) return count;
      }
    },
  };
}

/** Ends a takeover, tells the caller, and has the agent answer what nobody has. Null: its time was over. */
async function giveToAgent(tx: Transaction, session: LockedSession, at: Date, by: Principal | null): Promise<void> {
  await clearTakeover(tx, session);
  // Whoever ended the session meanwhile has said so.
  if (session.endedAt !== null) return;
  await note(tx, session, takeoverNotes.left(session.takenOverByName), at);
  const turnId = await reopenUnanswered(tx, session);
  const detail = { ...(by ? {} : { expired: true }), ...(turnId === null ? {} : { turnId }) };
  await audit(tx, by, 'session.returned', session, detail);
}

/** A session as an integrator's endpoint is told of it. `user`: what the integrator calls whoever talks; null: nobody of an integrator's. */
const integratorsSession = ({ id, tenantId, callerKey }: LockedSession) => ({
  ...{ sessionId: id, tenantId, user: /^key:[^:]*:(.*)$/s.exec(callerKey)?.[1] ?? null },
});

async function note(tx: Transaction, session: LockedSession, text: string, at: Date): Promise<void> {
  await say(tx, session, { role: 'note', text, author: null, at, key: null });
}

const tellChanged = (tx: Transaction, { organizationId, id }: LockedSession) =>
  notify(tx, 'conversation_changed', { organizationId, conversationId: id, turnId: null });

/** Null: nobody in particular did it. */
async function audit(
  tx: Transaction,
  principal: Principal | null,
  action: string,
  session: LockedSession,
  detail: Record<string, unknown>,
): Promise<void> {
  await recordAudit(tx, session.organizationId, {
    actor: principal ? { type: 'person', id: principal.userId, name: principal.name } : poolActor,
    action,
    target: { type: 'session', id: session.id, name: session.callerName },
    outcome: 'allowed',
    detail: { tenantId: session.tenantId, tenant: session.tenantName, ...detail },
  });
}
