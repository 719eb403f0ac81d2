import { and, eq, inArray, or, sql } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { inbox, outbox, turns } from '../../store/schema/index.ts';

/**
 * What platforms brought for a conversation, and what went or was to go to them, goes with it. Of a message that was brought stays that it was,
 * without a word of it: the platform may bring it again. To be called while the turns are there.
 */
export async function forgetDelivered(tx: Transaction, organizationId: string, conversationId: string): Promise<void> {
  const itsTurns = tx
    .select({ id: turns.id })
    .from(turns)
    .where(and(eq(turns.organizationId, organizationId), eq(turns.conversationId, conversationId)));
  await tx
    .delete(outbox)
    .where(
      and(
        eq(outbox.organizationId, organizationId),
        or(eq(outbox.conversationId, conversationId), inArray(outbox.turnId, itsTurns)),
      ),
    );
  const nothing = JSON.stringify({ text: '', attachments: [] });
  await tx
    .update(inbox)
    .set({ message: sql`(${inbox.message} - 'quote' - 'forwardedFrom') || ${nothing}::jsonb` })
    .where(and(eq(inbox.organizationId, organizationId), inArray(inbox.turnId, itsTurns)));
}
