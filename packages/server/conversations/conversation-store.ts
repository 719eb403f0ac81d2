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
 * Stores an inbound message and its turn. The same `channelMessageId` again gives the first one back. The conversation row is
 * locked meanwhile, so that turns are numbered in the order in which they commit. Null: no such conversation of this user.
 */
export async function acceptMessage(
  tx: Transaction,
  of: OwnConversation,
  inbound: { messageId: string; turnId: string; channelMessageId: string; text: string; at: Date },
): Promise<{ message: MessageRow; turn: TurnRow } | null> {
  const { organizationId, conversationId } = of;
  // The connection runs them one after the other: the second sees what was committed before the lock was ours.
  const [conversation, known] = await Promise.all([
    lockConversation(tx, of),
    findByChannelMessageId(tx, of, inbound.channelMessageId),
  ]);
  if (!conversation) return null;
  if (known) return known;

  const { turnId } = inbound;
  // Handed over together: the person waits for each of them.
  const [[turn], [message]] = await Promise.all([
    tx
      .insert(turns)
      .values({ organizationId, id: turnId, conversationId, tenantId: conversation.tenantId, acceptedAt: inbound.at })
      .returning(),
    tx
      .insert(messages)
      .values({
        organizationId,
        id: inbound.messageId,
        conversationId,
        turnId,
        role: 'person',
        text: inbound.text,
        channelMessageId: inbound.channelMessageId,
        createdAt: inbound.at,
      })
      .returning(),
    tx
      .update(conversations)
      .set({ updatedAt: inbound.at, title: conversation.title || titleOf(inbound.text) })
      .where(and(eq(conversations.organizationId, organizationId), eq(conversations.id, conversationId))),
    notify(tx, 'turn_accepted', {}),
    notify(tx, 'conversation_changed', { organizationId, conversationId, turnId }),
  ]);
  if (!turn || !message) throw new Error('insert returned nothing');
  return { message, turn };
}

interface OwnConversation {
  organizationId: string;
  conversationId: string;
  userId: string;
}

async function lockConversation(tx: Transaction, { organizationId, conversationId, userId }: OwnConversation) {
  const [row] = await tx
    .select({ title: conversations.title, tenantId: conversations.tenantId })
    .from(conversations)
    .where(
      and(
        eq(conversations.organizationId, organizationId),
        eq(conversations.id, conversationId),
        eq(conversations.userId, userId),
      ),
    )
    .for('update');
  return row ?? null;
}

async function findByChannelMessageId(
  tx: Transaction,
  { organizationId, conversationId }: OwnConversation,
  channelMessageId: string,
) {
  const [row] = await tx
    .select({ message: messages, turn: turns })
    .from(messages)
    .innerJoin(turns, and(eq(turns.organizationId, messages.organizationId), eq(turns.id, messages.turnId)))
    .where(
      and(
        eq(messages.organizationId, organizationId),
        eq(messages.conversationId, conversationId),
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
