import type { Conversation, Message, Turn } from '@clawpool/contracts';
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { notification } from '../store/notifications.ts';
import { conversations, messages, turns } from '../store/schema/index.ts';
import { titleOf } from './turn.ts';
import { toTurn } from './turn-store.ts';

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
): Promise<{ message: Message; turn: Turn } | null> {
  const { organizationId, conversationId } = of;
  const conversation = await lockConversation(tx, of);
  if (!conversation) return null;
  const known = await findByChannelMessageId(tx, of, inbound.channelMessageId);
  if (known) return known;

  const { turnId, messageId, channelMessageId, text, at } = inbound;
  // One statement, since the person waits for every round trip.
  await tx.execute(sql`
    with accepted as (
      insert into turns (organization_id, id, conversation_id, tenant_id, accepted_at)
      values (${organizationId}, ${turnId}, ${conversationId}, ${conversation.tenantId}, ${at.toISOString()})
      returning id
    ), stored as (
      insert into messages (organization_id, id, conversation_id, turn_id, role, text, channel_message_id, created_at)
      values (${organizationId}, ${messageId}, ${conversationId}, ${turnId}, 'person', ${text}, ${channelMessageId}, ${at.toISOString()})
    ), named as (
      update conversations set updated_at = ${at.toISOString()}, title = case title when '' then ${titleOf(text)} else title end
      where organization_id = ${organizationId} and id = ${conversationId}
    )
    select ${notification('turn_accepted', {})}, ${notification('conversation_changed', { organizationId, conversationId, turnId })}
    from accepted`);
  return {
    message: { id: messageId, turnId, role: 'person', text, at: at.toISOString() },
    turn: { ...newTurn, id: turnId, acceptedAt: at.toISOString() },
  };
}

const newTurn = { state: 'queued', reason: null, message: null, hint: null, retryAt: null, finishedAt: null } as const;

interface OwnConversation {
  organizationId: string;
  conversationId: string;
  userId: string;
}

async function lockConversation(tx: Transaction, { organizationId, conversationId, userId }: OwnConversation) {
  const [row] = await tx
    .select({ tenantId: conversations.tenantId })
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
  return row ? { message: toMessage(row.message), turn: toTurn(row.turn) } : null;
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
