import { and, desc, eq, gte, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import {
  attachments,
  conversations,
  messages,
  personNotifications,
  tenants,
  turns,
  users,
} from '../../store/schema/index.ts';
import { type ConversationView, conversationColumns, type MessageRow } from '../conversation-store.ts';
import { forgetDelivered } from '../delivery/forget-conversation.ts';
import { type TurnRow, turnColumns } from '../turn-store.ts';

/** Whose history it is. */
export interface HistoryOwner {
  organizationId: string;
  userId: string;
}

const pageSize = 50;

/** A page of a person's conversations in which something was said, the latest first; those updated before `before`. */
export async function pageOfConversations(
  db: Queryable,
  owner: HistoryOwner,
  before: Date | null,
): Promise<{ rows: ConversationView[]; more: boolean }> {
  const own = and(isOwn(owner), ne(conversations.title, ''));
  const latest = await viewOf(db, and(own, before ? lt(conversations.updatedAt, before) : undefined))
    .orderBy(desc(conversations.updatedAt), desc(conversations.id))
    .limit(pageSize + 1);
  const last = latest[pageSize - 1];
  const next = latest[pageSize];
  if (!last || !next) return { rows: latest, more: false };
  // The next page begins before a millisecond, so all of one millisecond are on one page.
  const from = last.updatedAt;
  if (next.updatedAt < from) return { rows: latest.slice(0, pageSize), more: true };
  const until = new Date(from.getTime() + 1);
  const together = await viewOf(
    db,
    and(own, gte(conversations.updatedAt, from), lt(conversations.updatedAt, until)),
  ).orderBy(desc(conversations.updatedAt), desc(conversations.id));
  const rows = [...latest.filter(({ updatedAt }) => updatedAt > from), ...together];
  const rest = await db
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(own, lt(conversations.updatedAt, from)))
    .limit(1);
  return { rows, more: rest.length > 0 };
}

const isOwn = ({ organizationId, userId }: HistoryOwner) =>
  and(eq(conversations.organizationId, organizationId), eq(conversations.userId, userId));

function viewOf(db: Queryable, where: SQL | undefined) {
  return db
    .select(conversationColumns)
    .from(conversations)
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, conversations.organizationId), eq(tenants.id, conversations.tenantId)),
    )
    .leftJoin(users, eq(users.id, conversations.takenOverBy))
    .where(where)
    .$dynamic();
}

/** Where a text was said in a person's own conversations, in any case, newest first; at most 50 places. */
export async function searchMessages(
  db: Queryable,
  { organizationId, userId }: HistoryOwner,
  text: string,
): Promise<{ message: MessageRow; conversation: ConversationView }[]> {
  // First the person's conversations, by their index, then what was said in each: never everybody's messages.
  const own = db.$with('own').as(
    db
      .select({ id: sql<string>`${conversations.id}`.as('own_id') })
      .from(conversations)
      .where(isOwn({ organizationId, userId }))
      .orderBy(desc(conversations.updatedAt))
      .limit(maxSearched),
  );
  return db
    .with(own)
    .select({ message: messages, conversation: conversationColumns })
    .from(own)
    .innerJoin(messages, and(eq(messages.organizationId, organizationId), eq(messages.conversationId, own.id)))
    .innerJoin(conversations, and(eq(conversations.organizationId, organizationId), eq(conversations.id, own.id)))
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, conversations.organizationId), eq(tenants.id, conversations.tenantId)),
    )
    .leftJoin(users, eq(users.id, conversations.takenOverBy))
    .where(sql`${messages.text} ilike ${`%${literal(text)}%`}`)
    .orderBy(desc(messages.createdAt), desc(messages.id))
    .limit(50);
}

/** A person's latest conversations that are searched; far more than one has. */
const maxSearched = 5_000;

/** `%` and `_` mean themselves. */
const literal = (text: string) => text.replace(/[\\%_]/g, '\\$&');

/** The person's conversation, locked until the transaction's end; null: they have none of that id. */
export async function lockOwnConversation(
  tx: Transaction,
  owner: HistoryOwner,
  id: string,
): Promise<typeof conversations.$inferSelect | null> {
  const [row] = await tx
    .select()
    .from(conversations)
    .where(and(isOwn(owner), eq(conversations.id, id)))
    .for('update');
  return row ?? null;
}

export async function setTitle(tx: Transaction, organizationId: string, id: string, title: string): Promise<void> {
  await tx
    .update(conversations)
    .set({ title })
    .where(and(eq(conversations.organizationId, organizationId), eq(conversations.id, id)));
}

/** With everything in it, and all that was said of it elsewhere. */
export async function deleteConversation(
  tx: Transaction,
  organizationId: string,
  id: string,
): Promise<{ messages: number; blobs: string[] }> {
  const files = await tx
    .delete(attachments)
    .where(and(eq(attachments.organizationId, organizationId), eq(attachments.conversationId, id)))
    .returning({ blob: attachments.blob });
  const said = await tx
    .delete(messages)
    .where(and(eq(messages.organizationId, organizationId), eq(messages.conversationId, id)));
  await forgetDelivered(tx, organizationId, id);
  await tx
    .delete(personNotifications)
    .where(and(eq(personNotifications.organizationId, organizationId), eq(personNotifications.conversationId, id)));
  await tx.delete(turns).where(and(eq(turns.organizationId, organizationId), eq(turns.conversationId, id)));
  await tx.delete(conversations).where(and(eq(conversations.organizationId, organizationId), eq(conversations.id, id)));
  return { messages: said.rowCount ?? 0, blobs: files.map(({ blob }) => blob) };
}

const chunkSize = 500;

/** All messages in the order they were said, some at a time, each with how its turn ended. */
export async function* readMessages(
  db: Queryable,
  organizationId: string,
  conversationId: string,
): AsyncGenerator<{ message: MessageRow; turnState: TurnRow['state'] | null }[]> {
  let after: { at: string; id: string } | null = null;
  for (;;) {
    const rows: { message: MessageRow; turnState: TurnRow['state'] | null; at: string }[] = await db
      // The database's own time: ours has no microseconds.
      .select({ message: messages, turnState: turns.state, at: sql<string>`${messages.createdAt}::text` })
      .from(messages)
      .leftJoin(turns, and(eq(turns.organizationId, messages.organizationId), eq(turns.id, messages.turnId)))
      .where(
        and(
          eq(messages.organizationId, organizationId),
          eq(messages.conversationId, conversationId),
          after ? sql`(${messages.createdAt}, ${messages.id}) > (${after.at}::timestamptz, ${after.id})` : undefined,
        ),
      )
      .orderBy(messages.createdAt, messages.id)
      .limit(chunkSize);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < chunkSize) return;
    after = { at: last.at, id: last.message.id };
  }
}

/** All turns in the order of arrival, some at a time. */
export async function* readTurns(
  db: Queryable,
  organizationId: string,
  conversationId: string,
): AsyncGenerator<TurnRow[]> {
  let after = 0;
  for (;;) {
    const rows: TurnRow[] = await db
      .select(turnColumns)
      .from(turns)
      .where(
        and(
          eq(turns.organizationId, organizationId),
          eq(turns.conversationId, conversationId),
          sql`${turns.arrival} > ${after}`,
        ),
      )
      .orderBy(turns.arrival)
      .limit(chunkSize);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < chunkSize) return;
    after = last.arrival;
  }
}
