import { and, asc, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { channelAccounts } from '../../store/schema/index.ts';

export type ChannelAccountRow = typeof channelAccounts.$inferSelect;

/** A row with what is counted of it. */
export interface CountedAccount {
  row: ChannelAccountRow;
  bindings: number;
  receivedLastDay: number;
}

export async function listAccounts(
  db: Queryable,
  organizationId: string,
  accountId?: string,
): Promise<CountedAccount[]> {
  const rows = await db
    .select({
      row: channelAccounts,
      bindings: sql<number>`(select count(*)::int from channel_bindings b
        where b.organization_id = channel_accounts.organization_id and b.account_id = channel_accounts.id)`,
      receivedLastDay: sql<number>`(select count(*)::int from inbox i
        where i.organization_id = channel_accounts.organization_id and i.account_id = channel_accounts.id
          and i.received_at > now() - interval '1 day')`,
    })
    .from(channelAccounts)
    .where(
      and(
        eq(channelAccounts.organizationId, organizationId),
        accountId === undefined ? undefined : eq(channelAccounts.id, accountId),
      ),
    )
    .orderBy(asc(channelAccounts.createdAt), asc(channelAccounts.id));
  return rows;
}

export async function findAccount(
  db: Queryable,
  organizationId: string,
  accountId: string,
): Promise<ChannelAccountRow | null> {
  const [row] = await db
    .select()
    .from(channelAccounts)
    .where(and(eq(channelAccounts.organizationId, organizationId), eq(channelAccounts.id, accountId)));
  return row ?? null;
}

/** By its id alone, as webhook addresses name it. */
export async function findAccountAnywhere(db: Queryable, accountId: string): Promise<ChannelAccountRow | null> {
  const [row] = await db.select().from(channelAccounts).where(eq(channelAccounts.id, accountId));
  return row ?? null;
}

/** Of all organizations. */
export async function listEnabledAccounts(db: Queryable): Promise<{ id: string; version: number }[]> {
  return db
    .select({ id: channelAccounts.id, version: channelAccounts.version })
    .from(channelAccounts)
    .where(eq(channelAccounts.enabled, true));
}

export async function insertAccount(tx: Transaction, account: typeof channelAccounts.$inferInsert): Promise<void> {
  await tx.insert(channelAccounts).values(account);
  await notify(tx, 'channel_account_changed', { organizationId: account.organizationId, accountId: account.id });
}

/** With a new version: every process makes its connection anew. False: there is no such account. */
export async function updateAccount(
  tx: Transaction,
  organizationId: string,
  accountId: string,
  change: Partial<
    Pick<ChannelAccountRow, 'name' | 'enabled' | 'mode' | 'sealedSecret' | 'accountName' | 'pairingLink'>
  >,
): Promise<boolean> {
  const { rowCount } = await tx
    .update(channelAccounts)
    // What was wrong was wrong with what has just been changed; if it still is, it is told again.
    .set({ ...change, trouble: null, version: sql`${channelAccounts.version} + 1` })
    .where(and(eq(channelAccounts.organizationId, organizationId), eq(channelAccounts.id, accountId)));
  await notify(tx, 'channel_account_changed', { organizationId, accountId });
  return rowCount === 1;
}

/** With its pairings, and what waits in its inbox and outbox. */
export async function deleteAccount(tx: Transaction, organizationId: string, accountId: string): Promise<void> {
  await tx
    .delete(channelAccounts)
    .where(and(eq(channelAccounts.organizationId, organizationId), eq(channelAccounts.id, accountId)));
  await notify(tx, 'channel_account_changed', { organizationId, accountId });
}

/** What the platform said last; null: all is well. Of an account that has been changed meanwhile nothing is noted. */
export async function noteTrouble(
  db: Queryable,
  { id, version }: { id: string; version: number },
  trouble: string | null,
): Promise<void> {
  await db
    .update(channelAccounts)
    .set({ trouble })
    .where(
      and(
        eq(channelAccounts.id, id),
        eq(channelAccounts.version, version),
        sql`${channelAccounts.trouble} is distinct from ${trouble}`,
      ),
    );
}
