import type { InboundMessage } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notification } from '../../store/notifications.ts';
import { ownerIsGone } from '../../store/ownership.ts';
import { inbox } from '../../store/schema/index.ts';
import { groupWaitMs, type Tries } from './retry.ts';

/** A message of a platform, for the inbox of its account. */
export interface NewInboxRow {
  organizationId: string;
  accountId: string;
  id: string;
  message: InboundMessage;
}

/**
 * One statement for any number of messages: the ones that are known already, and those of accounts that are gone, are left out.
 * Returns the ids of the rows that are new.
 */
export async function insertInboxRows(db: Queryable, rows: readonly NewInboxRow[]): Promise<string[]> {
  const column = <T>(of: (row: NewInboxRow) => T) => sql.param(rows.map(of));
  const result = await db.execute<{ id: string }>(sql`
    with arrived as (
      insert into inbox (organization_id, id, account_id, platform_message_id, chat_id, sequence, message, retry_at)
      select a.organization_id, n.id, a.id, n.platform_message_id, n.chat_id, n.sequence, n.message,
        case when n.message ? 'groupId' then now() + ${groupWaitMs} * interval '1 millisecond' end
      from unnest(
        ${column((row) => row.organizationId)}::text[], ${column((row) => row.accountId)}::text[], ${column((row) => row.id)}::text[],
        ${column((row) => row.message.platformMessageId)}::text[], ${column((row) => row.message.chatId)}::text[],
        ${column((row) => row.message.sequence)}::bigint[], ${column((row) => JSON.stringify(row.message))}::jsonb[]
      ) with ordinality n(organization_id, account_id, id, platform_message_id, chat_id, sequence, message, place)
      join channel_accounts a on a.organization_id = n.organization_id and a.id = n.account_id
      order by n.place
      on conflict do nothing
      returning id
    )
    select id, ${notification('inbox_received', {})} from arrived`);
  return result.rows.map(({ id }) => id);
}

/** The row is another process's now: nothing of what was done for it is committed. */
export class LeaseLost extends Error {}

/** A row that this process holds. */
export interface ClaimedInbound extends Tries {
  organizationId: string;
  id: string;
  accountId: string;
  chatId: string;
  message: InboundMessage;
  /** The fencing number of this claim. */
  fence: number;
  /** What was noted when it was looked at before. */
  error: string | null;
  receivedAt: Date;
}

/**
 * The first waiting row of each chat that nobody works on, at most `limit`: not leased, not before its time. A row that waits for its time
 * holds back those of its chat behind it.
 */
export async function claimInbound(
  db: Queryable,
  { owner, leaseMs, limit }: { owner: string; leaseMs: number; limit: number },
): Promise<ClaimedInbound[]> {
  const { rows } = await db.execute<{
    organization_id: string;
    id: string;
    account_id: string;
    chat_id: string;
    message: InboundMessage;
    attempts: number;
    failures: number;
    failing_since: string | null;
    fence: number;
    error: string | null;
    received_at: string;
  }>(sql`
    with next as (
      select i.organization_id, i.id from inbox i
      where i.state = 'waiting'
        and (i.lease_expires_at is null or i.lease_expires_at < now())
        and (i.retry_at is null or i.retry_at <= now())
        and not exists (
          select 1 from inbox other
          where other.state = 'waiting' and other.account_id = i.account_id and other.chat_id = i.chat_id
            and ((other.sequence, other.arrival) < (i.sequence, i.arrival) or (other.id <> i.id and other.lease_expires_at >= now())))
      order by i.arrival
      limit ${limit}
      for update of i skip locked
    )
    update inbox i
    set lease_owner = ${owner}, lease_expires_at = now() + ${leaseMs} * interval '1 millisecond', fence = i.fence + 1
    from next where i.organization_id = next.organization_id and i.id = next.id
    returning i.organization_id, i.id, i.account_id, i.chat_id, i.message, i.attempts, i.failures,
      i.failing_since, i.fence, i.error, i.received_at`);
  return rows.map((row) => ({
    ...{ organizationId: row.organization_id, id: row.id, accountId: row.account_id, chatId: row.chat_id },
    ...{ message: row.message, fence: row.fence, error: row.error, attempts: row.attempts, failures: row.failures },
    failingSince: row.failing_since === null ? null : new Date(row.failing_since),
    receivedAt: new Date(row.received_at),
  }));
}

export async function renewInbound(db: Queryable, row: ClaimedInbound, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db
    .update(inbox)
    .set({ leaseExpiresAt: sql`now() + ${leaseMs} * interval '1 millisecond'` })
    .where(held(row));
  return rowCount === 1;
}

export async function releaseDeadInbound(db: Queryable, self: string): Promise<void> {
  await db.execute(sql`
    update inbox set lease_owner = null, lease_expires_at = null
    where state = 'waiting' and ${ownerIsGone(sql`lease_owner`, self)}`);
}

export type InboundOutcome = 'turn' | 'paired' | 'not_paired' | 'command' | 'ignored';

/** Ends a row, in the transaction of what became of it. False: it is somebody else's, and nothing may be committed. */
export async function finishInbound(
  tx: Transaction,
  row: ClaimedInbound,
  end: { outcome: InboundOutcome; turnId?: string; note?: string },
): Promise<boolean> {
  const { rowCount } = await tx
    .update(inbox)
    .set({
      state: 'done',
      outcome: end.outcome,
      turnId: end.turnId ?? null,
      ...(end.note === undefined ? {} : { error: end.note }),
      ...{ retryAt: null, leaseOwner: null, leaseExpiresAt: null, finishedAt: new Date() },
    })
    .where(held(row));
  return rowCount === 1;
}

/** Gives a row back, to be tried at `retryAt`. Without `tries` nothing was tried. */
export async function postponeInbound(
  tx: Queryable,
  row: ClaimedInbound,
  { retryAt, error, tries = { failingSince: null } }: { retryAt: Date; error: string; tries?: Partial<Tries> },
): Promise<boolean> {
  const { rowCount } = await tx
    .update(inbox)
    .set({ ...tries, retryAt, error, leaseOwner: null, leaseExpiresAt: null })
    .where(held(row));
  return rowCount === 1;
}

export async function buryInbound(
  tx: Transaction,
  row: ClaimedInbound,
  { error, tries }: { error: string; tries: Tries },
): Promise<boolean> {
  const { rowCount } = await tx
    .update(inbox)
    .set({
      ...{ state: 'dead', error, ...tries, finishedAt: new Date() },
      ...{ retryAt: null, leaseOwner: null, leaseExpiresAt: null },
    })
    .where(held(row));
  return rowCount === 1;
}

/** When the next row is due; null: none waits for a time. One that has long been due waits for another row of its chat, not for a time. */
export async function nextInboundDue(db: Queryable): Promise<Date | null> {
  const [row] = await db
    .select({ at: sql<Date | null>`min(${inbox.retryAt})`.mapWith(inbox.retryAt) })
    .from(inbox)
    .where(
      and(
        eq(inbox.state, 'waiting'),
        sql`${inbox.leaseOwner} is null`,
        sql`${inbox.retryAt} > now() - interval '1 second'`,
      ),
    );
  return row?.at ?? null;
}

/** Did a row of the chat that ended after `since` carry this note? */
export async function wasNotedSince(
  db: Queryable,
  row: ClaimedInbound,
  { note, since }: { note: string; since: Date },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from inbox
    where organization_id = ${row.organizationId} and account_id = ${row.accountId} and chat_id = ${row.chatId}
      and state = 'done' and error = ${note} and finished_at >= ${since.toISOString()} limit 1`);
  return rows.length > 0;
}

/** How many rows of the chat came since then and ended with this note. */
export async function countNotedSince(
  db: Queryable,
  row: ClaimedInbound,
  { note, since }: { note: string; since: Date },
): Promise<number> {
  return db.$count(
    inbox,
    and(
      eq(inbox.organizationId, row.organizationId),
      eq(inbox.accountId, row.accountId),
      eq(inbox.chatId, row.chatId),
      eq(inbox.error, note),
      sql`${inbox.receivedAt} >= ${since.toISOString()}`,
    ),
  );
}

/** The row while it is the claim's. */
const held = (row: ClaimedInbound) =>
  and(
    eq(inbox.organizationId, row.organizationId),
    eq(inbox.id, row.id),
    eq(inbox.fence, row.fence),
    eq(inbox.state, 'waiting'),
  );
