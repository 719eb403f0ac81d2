import { and, eq, isNotNull, isNull, notInArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { assistants, conversations, tenants, turns } from '../store/schema/index.ts';

/** Whether a tenant is an organization’s admin assistant. */
export async function isAssistant(db: Queryable, tenantId: string): Promise<boolean> {
  const [row] = await db
    .select({ tenantId: assistants.tenantId })
    .from(assistants)
    .where(eq(assistants.tenantId, tenantId))
    .limit(1);
  return row !== undefined;
}

/** Null: there is none, or it is on its way out. */
export async function findAssistant(
  db: Queryable,
  organizationId: string,
): Promise<{ id: string; name: string } | null> {
  const [row] = await db
    .select({ id: tenants.id, name: tenants.name })
    .from(assistants)
    .innerJoin(tenants, and(eq(tenants.organizationId, assistants.organizationId), eq(tenants.id, assistants.tenantId)))
    .where(and(eq(assistants.organizationId, organizationId), notInArray(tenants.state, ['deleting', 'deleted'])));
  return row ?? null;
}

/** One at a time in an organization. */
export async function lockAssistant(tx: Transaction, organizationId: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['assistant', organizationId])}, 3))`,
  );
}

/** Instead of the one before, if there was one. */
export async function saveAssistant(tx: Transaction, organizationId: string, tenantId: string): Promise<void> {
  await tx
    .insert(assistants)
    .values({ organizationId, tenantId })
    .onConflictDoUpdate({ target: assistants.organizationId, set: { tenantId, createdAt: sql`now()` } });
}

/** Names of those whose turns a tenant works on just now: a call of its agent does not say for which of them it is. */
export async function listAsking(db: Queryable, organizationId: string, tenantId: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ name: conversations.callerName })
    .from(turns)
    .innerJoin(
      conversations,
      and(eq(conversations.organizationId, turns.organizationId), eq(conversations.id, turns.conversationId)),
    )
    .where(
      and(
        eq(turns.organizationId, organizationId),
        eq(turns.tenantId, tenantId),
        isNull(turns.finishedAt),
        isNotNull(turns.leaseOwner),
      ),
    )
    .orderBy(conversations.callerName);
  return rows.map(({ name }) => name);
}
