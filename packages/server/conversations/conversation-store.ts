import type { Attachment, Conversation, Message, Turn } from '@clawpool/contracts';
import { and, asc, desc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { conversations, messages, tenants, turns, users } from '../store/schema/index.ts';
import { type AttachmentRow, listAttachmentsOf, toAttachment } from './attachment-store.ts';
import { toTurn, turnColumns } from './turn-store.ts';

export type ConversationRow = typeof conversations.$inferSelect;
export type MessageRow = typeof messages.$inferSelect;

/** A conversation with what is told of it beside its own row. */
export interface ConversationView extends ConversationRow {
  tenantName: string;
  takenOverByName: string | null;
  /** Messages from paired channels go to it. */
  current: boolean;
}

/** For queries that begin with `from(conversations)` and `joinedWithNames`. */
export const conversationColumns = {
  ...getTableColumns(conversations),
  tenantName: tenants.name,
  takenOverByName: users.name,
  current: sql<boolean>`(${conversations.path} = 'emp' and ${conversations.endedAt} is null and not exists (
    select 1 from conversations newer
    where newer.organization_id = ${conversations.organizationId} and newer.tenant_id = ${conversations.tenantId}
      and newer.path = ${conversations.path} and newer.caller_key = ${conversations.callerKey}
      and newer.ended_at is null and newer.created_at > ${conversations.createdAt}))`,
};

export async function findConversation(
  db: Queryable,
  organizationId: string,
  id: string,
): Promise<ConversationView | null> {
  const [row] = await viewOf(db).where(and(eq(conversations.organizationId, organizationId), eq(conversations.id, id)));
  return row ?? null;
}

const viewOf = (db: Queryable) =>
  db
    .select(conversationColumns)
    .from(conversations)
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, conversations.organizationId), eq(tenants.id, conversations.tenantId)),
    )
    .leftJoin(users, eq(users.id, conversations.takenOverBy));

/** The latest 500 messages, in the order they were said. */
export async function listMessages(db: Queryable, organizationId: string, conversationId: string): Promise<Message[]> {
  const rows = await db
    .select()
    .from(messages)
    .where(and(eq(messages.organizationId, organizationId), eq(messages.conversationId, conversationId)))
    .orderBy(desc(messages.createdAt), desc(messages.role))
    .limit(500);
  return withAttachments(db, organizationId, rows.reverse());
}

export async function listMessagesOfTurn(db: Queryable, organizationId: string, turnId: string): Promise<Message[]> {
  const rows = await db
    .select()
    .from(messages)
    .where(and(eq(messages.organizationId, organizationId), eq(messages.turnId, turnId)))
    .orderBy(asc(messages.createdAt));
  return withAttachments(db, organizationId, rows);
}

export async function findMessage(db: Queryable, organizationId: string, id: string): Promise<Message | null> {
  const rows = await db
    .select()
    .from(messages)
    .where(and(eq(messages.organizationId, organizationId), eq(messages.id, id)));
  return (await withAttachments(db, organizationId, rows))[0] ?? null;
}

/** What was said in a conversation without its agent, in order; the latest 40. */
export async function listUnknownToAgent(
  db: Queryable,
  organizationId: string,
  conversationId: string,
): Promise<MessageRow[]> {
  const rows = await db
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.organizationId, organizationId),
        eq(messages.conversationId, conversationId),
        eq(messages.knownToAgent, false),
        inArray(messages.role, ['person', 'human', 'agent']),
      ),
    )
    .orderBy(desc(messages.createdAt))
    .limit(40);
  return rows.reverse();
}

/** The message that was accepted under the sender's own id of it, with its turn. */
export async function findByChannelMessageId(
  db: Queryable,
  organizationId: string,
  conversationId: string,
  channelMessageId: string,
): Promise<{ message: Message; turn: Turn } | null> {
  const [row] = await db
    .select({ message: messages, turn: turnColumns })
    .from(messages)
    .innerJoin(turns, and(eq(turns.organizationId, messages.organizationId), eq(turns.id, messages.turnId)))
    .where(
      and(
        eq(messages.organizationId, organizationId),
        eq(messages.conversationId, conversationId),
        eq(messages.channelMessageId, channelMessageId),
      ),
    );
  if (!row) return null;
  const [message] = await withAttachments(db, organizationId, [row.message]);
  return message ? { message, turn: toTurn(row.turn) } : null;
}

/** The rows as they are told, each with its attachments. */
export async function withAttachments(
  db: Queryable,
  organizationId: string,
  rows: readonly MessageRow[],
): Promise<Message[]> {
  const files = await listAttachmentsOf(
    db,
    organizationId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => toMessage(row, files.get(row.id) ?? []));
}

export const toConversation = (row: ConversationView): Conversation => ({
  id: row.id,
  tenantId: row.tenantId,
  tenantName: row.tenantName,
  path: row.path,
  title: row.title,
  current: row.current,
  takeover:
    row.takenOverBy !== null && row.takenOverUntil !== null && row.takenOverUntil > new Date()
      ? { by: row.takenOverByName ?? '', userId: row.takenOverBy, until: row.takenOverUntil.toISOString() }
      : null,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});

const toMessage = (row: MessageRow, files: readonly AttachmentRow[]): Message => ({
  id: row.id,
  turnId: row.turnId,
  role: row.role,
  author: row.author,
  text: row.text,
  origin: row.origin,
  quick: row.quick,
  attachments: files.map(toAttachment) satisfies Attachment[],
  at: row.createdAt.toISOString(),
});
