import type { Conversation, Message } from '@clawpool/contracts';
import { and, asc, desc, eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { conversations, messages, turns } from '../store/schema/index.ts';
import { titleOf } from './turn.ts';
import type { TurnRow } from './turn-store.ts';

export type ConversationRow = typeof conversations.$inferSelect;
export type MessageRow = typeof messages.$inferSelect;

export async function insertConversation(
  tx: Transaction,
  conversation: Pick<ConversationRow, 'organizationId' | 'id' | 'tenantId' | 'userId' | 'path'>,
): Promise<ConversationRow> {
  const [row] = await tx.insert(conversations).values(conversation).returning();
  if (!row) throw new Error('insert returned nothing');
  return row;
}

/** The person's own conversations, the latest first; those nothing was said in are left out. */
export async function listConversations(
  db: Queryable,
  organizationId: string,
  userId: string,
): Promise<ConversationRow[]> {
  const rows = await db
    .select()
    .from(conversations)
    .where(and(eq(conversations.organizationId, organizationId), eq(conversations.userId, userId)))
    .orderBy(desc(conversations.updatedAt))
    .limit(200);
  return rows.filter((row) => row.title !== '');
}

export async function findConversation(
  db: Queryable,
  organizationId: string,
  id: string,
): Promise<ConversationRow | null> {
  const [row] = await db
    .select()
    .from(conversations)
    .where(and(eq(conversations.organizationId, organizationId), eq(conversations.id, id)));
  return row ?? null;
}

/** The latest 500 messages, in the order they were said. */
export async function listMessages(
  db: Queryable,
  organizationId: string,
  conversationId: string,
): Promise<MessageRow[]> {
  const rows = await db
    .select()
    .from(messages)
    .where(and(eq(messages.organizationId, organizationId), eq(messages.conversationId, conversationId)))
    .orderBy(desc(messages.createdAt), desc(messages.role))
    .limit(500);
  return rows.reverse();
}

export async function listMessagesOfTurn(db: Queryable, organizationId: string, turnId: string): Promise<MessageRow[]> {
  return db
    .select()
    .from(messages)
    .where(and(eq(messages.organizationId, organizationId), eq(messages.turnId, turnId)))
    .orderBy(asc(messages.createdAt));
}

/**
 * Stores an inbound message and its turn. The same `channelMessageId` again gives the first one back.
 * The conversation row is locked meanwhile, so that turns are numbered in the order in which they commit.
 */
export async function acceptMessage(
  tx: Transaction,
  conversation: ConversationRow,
  inbound: { messageId: string; turnId: string; channelMessageId: string; text: string; at: Date },
): Promise<{ message: MessageRow; turn: TurnRow; isNew: boolean }> {
  const { organizationId, id: conversationId } = conversation;
  const locked = and(eq(conversations.organizationId, organizationId), eq(conversations.id, conversationId));
  const [current] = await tx.select({ title: conversations.title }).from(conversations).where(locked).for('update');
  const known = await findByChannelMessageId(tx, conversation, inbound.channelMessageId);
  if (known) return { ...known, isNew: false };

  const [turn] = await tx
    .insert(turns)
    .values({
      organizationId,
      id: inbound.turnId,
      conversationId,
      tenantId: conversation.tenantId,
      acceptedAt: inbound.at,
    })
    .returning();
  const [message] = await tx
    .insert(messages)
    .values({
      organizationId,
      id: inbound.messageId,
      conversationId,
      turnId: inbound.turnId,
      role: 'person',
      text: inbound.text,
      channelMessageId: inbound.channelMessageId,
      createdAt: inbound.at,
    })
    .returning();
  if (!turn || !message) throw new Error('insert returned nothing');
  await tx
    .update(conversations)
    .set({ updatedAt: inbound.at, title: current?.title || titleOf(inbound.text) })
    .where(locked);
  await notify(tx, 'turn_accepted', {});
  await notify(tx, 'conversation_changed', { organizationId, conversationId, turnId: turn.id });
  return { message, turn, isNew: true };
}

async function findByChannelMessageId(tx: Transaction, conversation: ConversationRow, channelMessageId: string) {
  const [row] = await tx
    .select({ message: messages, turn: turns })
    .from(messages)
    .innerJoin(turns, and(eq(turns.organizationId, messages.organizationId), eq(turns.id, messages.turnId)))
    .where(
      and(
        eq(messages.organizationId, conversation.organizationId),
        eq(messages.conversationId, conversation.id),
        eq(messages.channelMessageId, channelMessageId),
      ),
    );
  return row ?? null;
}

export const toConversation = (row: ConversationRow): Conversation => ({
  id: row.id,
  title: row.title,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

export const toMessage = (row: MessageRow): Message => ({
  id: row.id,
  turnId: row.turnId,
  role: row.role,
  text: row.text,
  at: row.createdAt.toISOString(),
});
