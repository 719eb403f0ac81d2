import type { ApiSession } from '@clawpool/contracts';
import { and, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import { stopTurns } from '../conversations/turn-store.ts';
import type { Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { conversations, messages, modelCalls, tenants, turns } from '../store/schema/index.ts';
import { callerKeyOf, userOfCaller } from './api-key.ts';

/** The session that a message of this caller was accepted in under the idempotency key, ended ones too; null: in none. */
export async function findSessionOfMessage(
  tx: Transaction,
  caller: { organizationId: string; tenantId: string; callerKey: string },
  idempotencyKey: string,
): Promise<string | null> {
  const [row] = await tx
    .select({ id: conversations.id })
    .from(conversations)
    .innerJoin(
      messages,
      and(eq(messages.organizationId, conversations.organizationId), eq(messages.conversationId, conversations.id)),
    )
    .where(
      and(
        eq(conversations.organizationId, caller.organizationId),
        eq(conversations.tenantId, caller.tenantId),
        eq(conversations.path, 'api'),
        eq(conversations.callerKey, caller.callerKey),
        eq(messages.channelMessageId, idempotencyKey),
      ),
    )
    .limit(1);
  return row?.id ?? null;
}

export type ApiSessionRow = Pick<
  typeof conversations.$inferSelect,
  'id' | 'tenantId' | 'callerKey' | 'callerName' | 'title' | 'createdAt' | 'updatedAt' | 'endedAt'
>;

const sessionColumns = {
  id: conversations.id,
  tenantId: conversations.tenantId,
  callerKey: conversations.callerKey,
  callerName: conversations.callerName,
  title: conversations.title,
  createdAt: conversations.createdAt,
  updatedAt: conversations.updatedAt,
  endedAt: conversations.endedAt,
};

const ofKey = (organizationId: string, keyId: string) =>
  and(
    eq(conversations.organizationId, organizationId),
    eq(conversations.path, 'api'),
    sql`starts_with(${conversations.callerKey}, ${callerKeyOf(keyId, '')})`,
  );

/** Null: it does not exist, or another key's. */
export async function findSession(
  db: Queryable,
  organizationId: string,
  keyId: string,
  sessionId: string,
): Promise<ApiSessionRow | null> {
  const [row] = await db
    .select(sessionColumns)
    .from(conversations)
    .where(and(ofKey(organizationId, keyId), eq(conversations.id, sessionId)));
  return row ?? null;
}

/** Of one key with one tenant, the latest first; `before`: only those that were last used earlier. */
export async function listSessions(
  db: Queryable,
  { organizationId, keyId, tenantId }: { organizationId: string; keyId: string; tenantId: string },
  { limit, before }: { limit: number; before?: Date | undefined },
): Promise<ApiSessionRow[]> {
  return db
    .select(sessionColumns)
    .from(conversations)
    .where(
      and(
        ofKey(organizationId, keyId),
        eq(conversations.tenantId, tenantId),
        before ? lt(conversations.updatedAt, before) : undefined,
      ),
    )
    .orderBy(desc(conversations.updatedAt), desc(conversations.id))
    .limit(limit);
}

/** The session of a turn of this key with this tenant; null: there is none. */
export async function findSessionOfTurn(
  db: Queryable,
  { organizationId, keyId, tenantId }: { organizationId: string; keyId: string; tenantId: string },
  turnId: string,
): Promise<string | null> {
  const [row] = await db
    .select({ id: conversations.id })
    .from(turns)
    .innerJoin(
      conversations,
      and(eq(conversations.organizationId, turns.organizationId), eq(conversations.id, turns.conversationId)),
    )
    .where(and(ofKey(organizationId, keyId), eq(conversations.tenantId, tenantId), eq(turns.id, turnId)));
  return row?.id ?? null;
}

/** Whether one turn of a session is all there is. */
export async function isFirstTurn(tx: Transaction, organizationId: string, sessionId: string): Promise<boolean> {
  const ofSession = and(eq(turns.organizationId, organizationId), eq(turns.conversationId, sessionId));
  return (await tx.select({ id: turns.id }).from(turns).where(ofSession).limit(2)).length === 1;
}

/** Ends a session and stops what runs in it. False: it had ended before. */
export async function endSession(tx: Transaction, organizationId: string, sessionId: string): Promise<boolean> {
  const ended = await tx
    .update(conversations)
    .set({ endedAt: sql`now()`, updatedAt: sql`now()`, takenOverBy: null, takenOverUntil: null })
    .where(
      and(
        eq(conversations.organizationId, organizationId),
        eq(conversations.id, sessionId),
        isNull(conversations.endedAt),
      ),
    )
    .returning({ id: conversations.id });
  if (ended.length === 0) return false;
  await stopTurns(tx, { organizationId, conversationId: sessionId });
  await notify(tx, 'conversation_changed', { organizationId, conversationId: sessionId, turnId: null });
  return true;
}

export interface TurnUsage {
  /** Cached ones included. */
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
}

/** What the model calls of a turn took; a turn id alone is not believed. */
export async function usageOfTurn(
  db: Queryable,
  { organizationId, tenantId, turnId }: { organizationId: string; tenantId: string; turnId: string },
): Promise<TurnUsage> {
  const [row] = await db
    .select({
      inputTokens: sql<number>`coalesce(sum(${modelCalls.inputTokens}), 0)::int`,
      cachedInputTokens: sql<number>`coalesce(sum(${modelCalls.cachedInputTokens}), 0)::int`,
      outputTokens: sql<number>`coalesce(sum(${modelCalls.outputTokens}), 0)::int`,
    })
    .from(modelCalls)
    .where(
      and(
        eq(modelCalls.organizationId, organizationId),
        eq(modelCalls.tenantId, tenantId),
        eq(modelCalls.turnId, turnId),
      ),
    );
  return row ?? { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };
}

/** A tenant that an API client names as its model. */
export interface ApiModel {
  id: string;
  name: string;
  createdAt: Date;
}

export async function listModels(
  db: Queryable,
  organizationId: string,
  tenantIds: readonly string[],
): Promise<ApiModel[]> {
  if (tenantIds.length === 0) return [];
  return db
    .select({ id: tenants.id, name: tenants.name, createdAt: tenants.createdAt })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), inArray(tenants.id, [...tenantIds])))
    .orderBy(tenants.name);
}

export const toApiSession = (row: ApiSessionRow, keyId: string): ApiSession => ({
  id: row.id,
  tenantId: row.tenantId,
  user: userOfCaller(row.callerKey, keyId) ?? '',
  title: row.title,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});
