import { randomUUID } from 'node:crypto';
import { and, desc, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { channelBindings, conversations, outbox, type ReplyTo, turns } from '../../store/schema/index.ts';

/** One message on its way to a platform. */
export interface Outbound {
  organizationId: string;
  to: ReplyTo;
  kind: 'reply' | 'human' | 'note' | 'notification';
  /** The same key to the same chat again is the same message. */
  dedupeKey: string;
  text: string;
  attachments?: readonly string[];
  buttons?: readonly { label: string; value: string }[];
  /** Said instead of them where the platform has none. */
  withoutButtons?: string;
  conversationId?: string;
  turnId?: string;
}

/** Commits with the change that causes it; delivered in order, until it is taken. */
export async function enqueueOutbound(tx: Transaction, message: Outbound): Promise<void> {
  const { organizationId, to, kind, dedupeKey, text, conversationId = null, turnId = null } = message;
  await tx
    .insert(outbox)
    .values({
      ...{ organizationId, id: randomUUID(), kind, dedupeKey, conversationId, turnId },
      ...{ accountId: to.accountId, chatId: to.chatId },
      content: {
        ...{ text, attachments: [...(message.attachments ?? [])], buttons: [...(message.buttons ?? [])] },
        ...(message.withoutButtons === undefined ? {} : { withoutButtons: message.withoutButtons }),
      },
    })
    .onConflictDoNothing();
  await notify(tx, 'outbox_ready', {});
}

/** Where the caller of a conversation last wrote from; null: not from a channel, or from a chat that is not theirs any more. */
export async function lastReplyTo(
  tx: Transaction,
  organizationId: string,
  conversationId: string,
): Promise<ReplyTo | null> {
  const [row] = await tx
    .select({ replyTo: turns.replyTo, origin: turns.origin })
    .from(turns)
    .where(and(eq(turns.organizationId, organizationId), eq(turns.conversationId, conversationId)))
    .orderBy(desc(turns.arrival))
    .limit(1);
  if (!row?.replyTo) return null;
  return (await isStillTheirs(tx, { organizationId, conversationId, to: row.replyTo })) ? row.replyTo : null;
}

/**
 * Is the chat paired with the person whose conversation it is? It stays so until the end of the transaction: whoever disconnects the chat
 * waits for it, and discards what it has put into the outbox. To be asked before rows of the outbox are locked.
 */
export async function isStillTheirs(
  tx: Transaction,
  { organizationId, conversationId, to }: { organizationId: string; conversationId: string; to: ReplyTo },
): Promise<boolean> {
  const rows = await tx
    .select({ chatId: channelBindings.chatId })
    .from(channelBindings)
    .innerJoin(
      conversations,
      and(
        eq(conversations.organizationId, channelBindings.organizationId),
        eq(conversations.userId, channelBindings.userId),
      ),
    )
    .where(
      and(
        eq(conversations.organizationId, organizationId),
        eq(conversations.id, conversationId),
        eq(channelBindings.accountId, to.accountId),
        eq(channelBindings.chatId, to.chatId),
      ),
    )
    .for('key share', { of: channelBindings });
  return rows.length > 0;
}
