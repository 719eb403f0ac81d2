import { type Attachment, ClawpoolError, type Conversation, type Message, type Turn } from '@clawpool/contracts';
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

/** Some messages of a conversation, in the order they were said; `more`: there are earlier ones. */
export interface MessagePage {
  messages: Message[];
  more: boolean;
}

export interface MessagePageQuery {
  /** Id of a message: the page is what was said before it. The newest page unless given. */
  before?: string | undefined;
  /** Id of a message that somebody wants to read: pages towards it are larger, and `not_found` when the conversation does not have it. */
  through?: string | undefined;
  /** How many at most; 100 unless given. */
  limit?: number | undefined;
}

const pageSize = 100;

/** On the way to a message that is far back, fewer and larger pages. */
const pageSizeThrough = 500;

/** Text of one page: what a slow connection opens in a moment. A single longer message is a page of its own. */
const pageBytes = 1024 * 1024;

/** A page of messages. Error: `not_found` when `before` or `through` is no message of the conversation. */
export async function pageOfMessages(
  db: Queryable,
  organizationId: string,
  conversationId: string,
  { before, through, limit = through === undefined ? pageSize : pageSizeThrough }: MessagePageQuery = {},
): Promise<MessagePage> {
  const said = and(eq(messages.organizationId, organizationId), eq(messages.conversationId, conversationId));
  const placeOf = async (id: string) => {
    // The database's own time: ours has no microseconds.
    const [place] = await db
      .select({ at: sql<string>`${messages.createdAt}::text`, role: messages.role })
      .from(messages)
      .where(and(said, eq(messages.id, id)));
    if (!place) throw new ClawpoolError('not_found', 'There is no such message in this conversation.');
    return sql`(${place.at}::timestamptz, ${place.role}, ${id})`;
  };
  if (through !== undefined) await placeOf(through);
  const order = sql`(${messages.createdAt}, ${messages.role}, ${messages.id})`;
  const from = before === undefined ? undefined : sql`${order} < ${await placeOf(before)}`;
  // First how long they are, which reads no text: a page is never more than it may be, whatever was said.
  const sizes = await db
    .select({ id: messages.id, bytes: sql<number>`octet_length(${messages.text})` })
    .from(messages)
    .where(and(said, from))
    .orderBy(desc(messages.createdAt), desc(messages.role), desc(messages.id))
    .limit(limit + 1);
  const ids = fitting(sizes.slice(0, limit));
  if (ids.length === 0) return { messages: [], more: false };
  const rows = await db
    .select()
    .from(messages)
    .where(and(said, inArray(messages.id, ids)))
    .orderBy(asc(messages.createdAt), asc(messages.role), asc(messages.id));
  return { messages: await withAttachments(db, organizationId, rows), more: sizes.length > ids.length };
}

/** The first ones that fit on a page, at least one. */
function fitting(sizes: readonly { id: string; bytes: number }[]): string[] {
  let bytes = 0;
  const tooMany = sizes.findIndex((message, index) => {
    bytes += message.bytes;
    return index > 0 && bytes > pageBytes;
  });
  return sizes.slice(0, tooMany === -1 ? sizes.length : tooMany).map(({ id }) => id);
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
