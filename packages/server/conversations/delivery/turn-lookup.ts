import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';
import { conversations, turns } from '../../store/schema/index.ts';
import type { Caller } from '../open-conversation.ts';

export interface FoundTurn {
  id: string;
  conversationId: string;
}

/** A turn of one of the person's own conversations. */
export async function findTurnOfUser(
  db: Queryable,
  { organizationId, userId }: { organizationId: string; userId: string },
  turnId: string,
): Promise<FoundTurn | null> {
  const [row] = await db
    .select({ id: turns.id, conversationId: turns.conversationId })
    .from(turns)
    .innerJoin(conversations, ofConversation)
    .where(and(eq(turns.organizationId, organizationId), eq(turns.id, turnId), eq(conversations.userId, userId)));
  return row ?? null;
}

/** The turn of the caller that runs, or that runs next. */
export async function findOpenTurn(
  db: Queryable,
  { organizationId, tenantId, path, callerKey }: Caller,
): Promise<FoundTurn | null> {
  const [row] = await db
    .select({ id: turns.id, conversationId: turns.conversationId })
    .from(turns)
    .innerJoin(conversations, ofConversation)
    .where(
      and(
        eq(turns.organizationId, organizationId),
        eq(turns.tenantId, tenantId),
        isNull(turns.finishedAt),
        isNull(turns.stopRequestedAt),
        eq(conversations.path, path),
        eq(conversations.callerKey, callerKey),
      ),
    )
    .orderBy(asc(turns.arrival))
    .limit(1);
  return row ?? null;
}

/** The turn of a conversation that all others wait for; null: none does. */
export async function nextToEnd(db: Queryable, organizationId: string, conversationId: string): Promise<string | null> {
  const [row] = await db
    .select({ id: turns.id })
    .from(turns)
    .where(
      and(eq(turns.organizationId, organizationId), eq(turns.conversationId, conversationId), isNull(turns.finishedAt)),
    )
    .orderBy(asc(turns.arrival))
    .limit(1);
  return row?.id ?? null;
}

const ofConversation = and(
  eq(conversations.organizationId, turns.organizationId),
  eq(conversations.id, turns.conversationId),
);
