import { randomUUID } from 'node:crypto';
import { type AccessPath, ClawpoolError } from '@clawpool/contracts';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { isAssistant } from '../assistant/assistant-store.ts';
import type { Transaction } from '../store/database.ts';
import { conversations } from '../store/schema/index.ts';
import type { ConversationRow } from './conversation-store.ts';

/** Who talks to a tenant, by which path. */
export interface Caller {
  organizationId: string;
  tenantId: string;
  path: AccessPath;
  /** `user:<id>`, `key:<api key>:<user>`, `visitor:<twin>:<visitor>`, `schedule:<id>` or `heartbeat`. */
  callerKey: string;
  callerName: string;
  /** Null: nobody who signs in. */
  userId: string | null;
}

/**
 * The caller's newest conversation with the tenant on that path that has not ended; a new one when there is none, or when a fresh one is
 * asked for. Two that ask at once get the same one. Error: `not_allowed`, on any path but `admin` to the admin assistant.
 */
export async function openConversation(
  tx: Transaction,
  caller: Caller,
  { fresh = false }: { fresh?: boolean } = {},
): Promise<ConversationRow> {
  const { organizationId, tenantId, path, callerKey } = caller;
  if (!fresh) {
    const lock = JSON.stringify([organizationId, tenantId, path, callerKey]);
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 1))`);
    const [open] = await tx
      .select()
      .from(conversations)
      .where(
        and(
          eq(conversations.organizationId, organizationId),
          eq(conversations.tenantId, tenantId),
          eq(conversations.path, path),
          eq(conversations.callerKey, callerKey),
          isNull(conversations.endedAt),
        ),
      )
      .orderBy(desc(conversations.createdAt))
      .limit(1);
    if (open) return open;
  }
  // Whatever a rule, a team, a schedule or an API key says of its tenant: what the admin assistant looks up is for admins.
  if (path !== 'admin' && (await isAssistant(tx, tenantId))) {
    throw new ClawpoolError(
      'not_allowed',
      'This agent is the admin assistant: it answers administrators only.',
      'An admin finds it in the portal.',
    );
  }
  const [row] = await tx
    .insert(conversations)
    // Not the transaction's time: of two in one transaction, or in two that overlap, the later one is the newer.
    .values({ ...caller, id: randomUUID(), createdAt: sql`clock_timestamp()` })
    .returning();
  if (!row) throw new Error('insert returned nothing');
  return row;
}
