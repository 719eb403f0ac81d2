import { type Attachment, ClawpoolError } from '@clawpool/contracts';
import { and, asc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { attachments } from '../store/schema/index.ts';

export type AttachmentRow = typeof attachments.$inferSelect;

export async function insertAttachment(tx: Queryable, row: typeof attachments.$inferInsert): Promise<AttachmentRow> {
  const [stored] = await tx.insert(attachments).values(row).returning();
  if (!stored) throw new Error('insert returned nothing');
  return stored;
}

export async function findAttachment(db: Queryable, organizationId: string, id: string): Promise<AttachmentRow | null> {
  const [row] = await db
    .select()
    .from(attachments)
    .where(and(eq(attachments.organizationId, organizationId), eq(attachments.id, id)));
  return row ?? null;
}

/** Makes uploaded files the message's, in the order in which they are named. Error: `invalid_request` when one cannot be sent. */
export async function linkAttachments(
  tx: Transaction,
  of: { organizationId: string; conversationId: string; messageId: string; ids: readonly string[] },
): Promise<Attachment[]> {
  if (of.ids.length === 0) return [];
  const rows = await tx
    .update(attachments)
    .set({ messageId: of.messageId })
    .where(
      and(
        eq(attachments.organizationId, of.organizationId),
        eq(attachments.conversationId, of.conversationId),
        inArray(attachments.id, [...of.ids]),
        isNull(attachments.messageId),
      ),
    )
    .returning();
  if (rows.length !== new Set(of.ids).size) {
    throw new ClawpoolError(
      'invalid_request',
      'An attachment of the message is not there any more.',
      'Attach the file again; what is not sent within a day is removed.',
    );
  }
  return of.ids.flatMap((id) => rows.filter((row) => row.id === id)).map(toAttachment);
}

export async function listAttachmentsOf(
  db: Queryable,
  organizationId: string,
  messageIds: readonly string[],
): Promise<Map<string, AttachmentRow[]>> {
  const found = new Map<string, AttachmentRow[]>();
  if (messageIds.length === 0) return found;
  const rows = await db
    .select()
    .from(attachments)
    .where(and(eq(attachments.organizationId, organizationId), inArray(attachments.messageId, [...messageIds])))
    .orderBy(asc(attachments.createdAt), asc(attachments.id));
  for (const row of rows) {
    const key = row.messageId ?? '';
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return found;
}

/** Removes uploads that nobody sent. Returns their blobs. */
export async function removeUnsent(tx: Transaction, before: Date): Promise<string[]> {
  const rows = await tx
    .delete(attachments)
    .where(and(isNull(attachments.messageId), lt(attachments.createdAt, before)))
    .returning({ blob: attachments.blob });
  return rows.map(({ blob }) => blob);
}

/** Those of the blobs that no attachment names. */
export async function unnamedOf(db: Queryable, blobs: readonly string[]): Promise<string[]> {
  if (blobs.length === 0) return [];
  const named = await db
    .select({ blob: attachments.blob })
    .from(attachments)
    .where(sql`${attachments.blob} = any(${sql.param([...blobs])})`);
  return [...new Set(blobs)].filter((blob) => !named.some((row) => row.blob === blob));
}

export const toAttachment = ({ id, name, mediaType, bytes }: AttachmentRow): Attachment => ({
  id,
  name,
  mediaType,
  bytes,
});
