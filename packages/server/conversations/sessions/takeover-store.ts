import { randomUUID } from 'node:crypto';
import { type AccessPath, takeoverMinutes } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { conversations, messages, tenants, users } from '../../store/schema/index.ts';
import { linkAttachments } from '../attachment-store.ts';
import { enqueueOutbound, lastReplyTo } from '../delivery/outbox.ts';
import type { TakenSession } from './takeover.ts';

export interface LockedSession extends TakenSession {
  organizationId: string;
  id: string;
  tenantId: string;
  tenantName: string;
  path: AccessPath;
  callerName: string;
  callerKey: string;
  /** Of who took it over last; empty: nobody. */
  takenOverByName: string;
}

/** Locked until the transaction's end, so that no message is accepted meanwhile. */
export async function lockSession(tx: Transaction, organizationId: string, id: string): Promise<LockedSession | null> {
  const [row] = await tx.select().from(conversations).where(isSession({ organizationId, id })).for('update');
  if (!row) return null;
  const [tenant] = await tx
    .select({ name: tenants.name })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, row.tenantId)));
  return { ...row, tenantName: tenant?.name ?? '', takenOverByName: await nameOf(tx, row.takenOverBy) };
}

async function nameOf(tx: Transaction, userId: string | null): Promise<string> {
  if (userId === null) return '';
  const [user] = await tx.select({ name: users.name }).from(users).where(eq(users.id, userId));
  return user?.name ?? '';
}

/** A session whose takeover's time is over, locked; null: there is none. Others look past it. */
export async function lockExpiredTakeover(tx: Transaction): Promise<LockedSession | null> {
  const [due] = await tx
    .select({ organizationId: conversations.organizationId, id: conversations.id })
    .from(conversations)
    .where(sql`${conversations.takenOverUntil} <= now()`)
    .orderBy(conversations.takenOverUntil)
    .limit(1)
    .for('update', { skipLocked: true });
  return due ? lockSession(tx, due.organizationId, due.id) : null;
}

/** From now on, for the minutes a takeover lasts. */
export async function setTakeover(tx: Transaction, session: LockedSession, userId: string): Promise<void> {
  const takenOverUntil = sql`now() + ${takeoverMinutes} * interval '1 minute'`;
  await tx.update(conversations).set({ takenOverBy: userId, takenOverUntil }).where(isSession(session));
}

export async function clearTakeover(tx: Transaction, session: LockedSession): Promise<void> {
  await tx.update(conversations).set({ takenOverBy: null, takenOverUntil: null }).where(isSession(session));
}

export async function setEnded(tx: Transaction, session: LockedSession, at: Date): Promise<void> {
  await tx
    .update(conversations)
    .set({ endedAt: at, takenOverBy: null, takenOverUntil: null })
    .where(isSession(session));
}

export interface Said {
  role: 'note' | 'human';
  /** May be empty when there are attachments. */
  text: string;
  /** Ids of attachments of this session that are not sent yet. */
  attachments?: readonly string[];
  /** Who said it; null: the system. */
  author: { id: string; name: string } | null;
  at: Date;
  /** The same key in the same session is the same message. */
  key: string | null;
}

/**
 * Says something in a session without its agent, in the portal and where its caller last wrote from. Returns the message's id.
 *
 * @throws ClawpoolError `invalid_request` (unknown attachments)
 */
export async function say(tx: Transaction, session: LockedSession, said: Said): Promise<string> {
  const { organizationId, id: conversationId } = session;
  const { attachments = [] } = said;
  const messageId = randomUUID();
  await tx.insert(messages).values({
    ...{ organizationId, id: messageId, conversationId, role: said.role, text: said.text },
    ...{ authorId: said.author?.id ?? null, author: said.author?.name ?? null },
    ...{ channelMessageId: said.key, createdAt: said.at },
    // A note is not for the agent; what a human says, it is told with its next turn.
    knownToAgent: said.role === 'note',
  });
  await linkAttachments(tx, { organizationId, conversationId, messageId, ids: attachments });
  await tx.update(conversations).set({ updatedAt: said.at }).where(isSession(session));
  await notify(tx, 'conversation_changed', { organizationId, conversationId, turnId: null, messageId });
  const to = await lastReplyTo(tx, organizationId, conversationId);
  if (to) {
    await enqueueOutbound(tx, {
      ...{ organizationId, to, conversationId, kind: said.role, dedupeKey: `${said.role}:${messageId}` },
      text: said.author === null ? said.text : `${said.author.name}: ${said.text}`.trim(),
      attachments,
    });
  }
  return messageId;
}

/** The message that was said under a key before; null: none was. */
export async function findSaid(tx: Transaction, session: LockedSession, key: string): Promise<string | null> {
  const [row] = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(
        eq(messages.organizationId, session.organizationId),
        eq(messages.conversationId, session.id),
        eq(messages.channelMessageId, key),
      ),
    );
  return row?.id ?? null;
}

const isSession = ({ organizationId, id }: { organizationId: string; id: string }) =>
  and(eq(conversations.organizationId, organizationId), eq(conversations.id, id));
