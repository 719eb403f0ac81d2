import { randomUUID } from 'node:crypto';
import { and, eq, inArray, isNull, like, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notification, notify } from '../../store/notifications.ts';
import { ownerIsGone } from '../../store/ownership.ts';
import { type OutboxContent, outbox, type ReplyTo, turns } from '../../store/schema/index.ts';
import { isStillTheirs } from './outbox.ts';
import type { Tries } from './retry.ts';

export type OutboxRow = typeof outbox.$inferSelect;

/** A row that this process holds. */
export interface ClaimedOutbound extends Tries {
  organizationId: string;
  id: string;
  accountId: string;
  chatId: string;
  content: OutboxContent;
  sentParts: string[];
  /** The fencing number of this claim. */
  fence: number;
}

/**
 * The first row of each chat that nobody works on, at most `limit`. Rows go in order of arrival; an answer that still grows holds back
 * only other answers, not what is told beside it.
 */
export async function claimOutbound(
  db: Queryable,
  { owner, leaseMs, limit }: { owner: string; leaseMs: number; limit: number },
): Promise<ClaimedOutbound[]> {
  const { rows } = await db.execute<{
    organization_id: string;
    id: string;
    account_id: string;
    chat_id: string;
    content: OutboxContent;
    sent_parts: string[];
    attempts: number;
    failures: number;
    failing_since: string | null;
    fence: number;
  }>(sql`
    with next as (
      select o.organization_id, o.id from outbox o
      where o.state = 'waiting'
        and (o.lease_expires_at is null or o.lease_expires_at < now())
        and (o.retry_at is null or o.retry_at <= now())
        and not exists (
          select 1 from outbox earlier
          where earlier.account_id = o.account_id and earlier.chat_id = o.chat_id and earlier.arrival < o.arrival
            and (earlier.state = 'waiting' or (earlier.state = 'streaming' and o.kind = 'reply')))
      order by o.arrival
      limit ${limit}
      for update of o skip locked
    )
    update outbox o
    set lease_owner = ${owner}, lease_expires_at = now() + ${leaseMs} * interval '1 millisecond', fence = o.fence + 1
    from next where o.organization_id = next.organization_id and o.id = next.id
    returning o.organization_id, o.id, o.account_id, o.chat_id, o.content, o.sent_parts, o.attempts, o.failures,
      o.failing_since, o.fence`);
  return rows.map((row) => ({
    ...{ organizationId: row.organization_id, id: row.id, accountId: row.account_id, chatId: row.chat_id },
    ...{
      content: row.content,
      sentParts: row.sent_parts,
      fence: row.fence,
      attempts: row.attempts,
      failures: row.failures,
    },
    failingSince: row.failing_since === null ? null : new Date(row.failing_since),
  }));
}

type Held = Pick<ClaimedOutbound, 'organizationId' | 'id' | 'fence'>;

export async function renewOutbound(db: Queryable, row: Held, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db
    .update(outbox)
    .set({ leaseExpiresAt: sql`now() + ${leaseMs} * interval '1 millisecond'` })
    .where(held(row));
  return rowCount === 1;
}

export async function releaseDeadOutbound(db: Queryable, self: string): Promise<void> {
  await db.execute(sql`
    update outbox set lease_owner = null, lease_expires_at = null
    where state in ('waiting', 'streaming') and ${ownerIsGone(sql`lease_owner`, self)}`);
}

/** What the platform shows of the row by now. */
export async function recordSentParts(db: Queryable, row: Held, sentParts: readonly string[]): Promise<boolean> {
  const { rowCount } = await db
    .update(outbox)
    .set({ sentParts: [...sentParts] })
    .where(held(row));
  return rowCount === 1;
}

/** What the row says, with the number of drafts that are to be replaced. */
export async function recordDrafts(db: Queryable, row: Held, content: OutboxContent): Promise<boolean> {
  const { rowCount } = await db.update(outbox).set({ content }).where(held(row));
  return rowCount === 1;
}

export async function finishOutbound(db: Queryable, row: ClaimedOutbound, sentParts: readonly string[]): Promise<void> {
  await db
    .update(outbox)
    .set({
      ...{ state: 'sent', sentParts: [...sentParts], error: null, finishedAt: new Date() },
      ...{ retryAt: null, leaseOwner: null, leaseExpiresAt: null },
    })
    .where(and(held(row), eq(outbox.state, 'waiting')));
}

/** Gives a row back, to be tried at `retryAt`. Without `tries` nothing was tried. */
export async function postponeOutbound(
  db: Queryable,
  row: ClaimedOutbound,
  { retryAt, error, tries = { failingSince: null } }: { retryAt: Date; error: string; tries?: Partial<Tries> },
): Promise<void> {
  await db
    .update(outbox)
    .set({ ...tries, retryAt, error, leaseOwner: null, leaseExpiresAt: null })
    .where(held(row));
}

export async function buryOutbound(
  db: Queryable,
  row: ClaimedOutbound,
  { error, tries }: { error: string; tries: Tries },
): Promise<void> {
  await db
    .update(outbox)
    .set({
      ...{ state: 'dead', error, ...tries, finishedAt: new Date() },
      ...{ retryAt: null, leaseOwner: null, leaseExpiresAt: null },
    })
    .where(held(row));
}

/**
 * The chat is nobody's any more: what was to be said in it, or could be sent to it once more, is not. Whoever sends some of it has lost the row.
 */
export async function discardOutbound(
  tx: Transaction,
  { organizationId, accountId, chatId }: { organizationId: string; accountId: string; chatId: string },
): Promise<void> {
  await tx
    .update(outbox)
    .set({ state: 'discarded', finishedAt: sql`now()`, retryAt: null, leaseOwner: null, leaseExpiresAt: null })
    .where(
      and(
        eq(outbox.organizationId, organizationId),
        eq(outbox.accountId, accountId),
        eq(outbox.chatId, chatId),
        inArray(outbox.state, ['streaming', 'waiting', 'dead']),
      ),
    );
}

export async function nextOutboundDue(db: Queryable): Promise<Date | null> {
  const [row] = await db
    .select({ at: sql<Date | null>`min(${outbox.retryAt})`.mapWith(outbox.retryAt) })
    .from(outbox)
    .where(and(eq(outbox.state, 'waiting'), isNull(outbox.leaseOwner)));
  return row?.at ?? null;
}

/** Has the platform taken something of this account since then? Then it is there. */
export async function hasDeliveredSince(
  db: Queryable,
  { organizationId, accountId }: { organizationId: string; accountId: string },
  since: Date | null,
): Promise<boolean> {
  if (since === null) return false;
  const { rows } = await db.execute(sql`
    select from outbox where organization_id = ${organizationId} and account_id = ${accountId} and state = 'sent'
      and finished_at > ${since.toISOString()}::timestamptz limit 1`);
  return rows.length > 0;
}

/** Was something with a key that begins so put into the chat's outbox since then? */
export async function wasToldSince(
  db: Queryable,
  to: { organizationId: string; accountId: string; chatId: string },
  { keyPrefix, since }: { keyPrefix: string; since: Date },
): Promise<boolean> {
  const rows = await db
    .select({ id: outbox.id })
    .from(outbox)
    .where(
      and(
        eq(outbox.organizationId, to.organizationId),
        eq(outbox.accountId, to.accountId),
        eq(outbox.chatId, to.chatId),
        like(outbox.dedupeKey, `${keyPrefix}%`),
        sql`${outbox.createdAt} >= ${since.toISOString()}`,
      ),
    )
    .limit(1);
  return rows.length > 0;
}

/** The answer of a turn that is still to come, where a draft of it is shown. */
export async function findGrowing(tx: Transaction, organizationId: string, turnId: string): Promise<OutboxRow | null> {
  const [row] = await tx
    .select()
    .from(outbox)
    .where(and(eq(outbox.organizationId, organizationId), eq(outbox.turnId, turnId), eq(outbox.state, 'streaming')))
    .for('update');
  return row ?? null;
}

/** The key of a turn's answer. A turn that a person has run again is answered again, under another key. */
export async function replyKey(
  tx: Transaction,
  { organizationId, id, fence }: { organizationId: string; id: string; fence: number },
): Promise<string> {
  const key = `turn:${id}`;
  const used = await tx.$count(
    outbox,
    and(eq(outbox.organizationId, organizationId), eq(outbox.turnId, id), eq(outbox.dedupeKey, key)),
  );
  return used === 0 ? key : `${key}:${fence}`;
}

/**
 * The growing answer is whole: from now on it is delivered like anything else. Whoever shows drafts of it keeps the lease until the
 * draft that is on its way has arrived.
 */
export async function finishGrowing(tx: Transaction, row: OutboxRow, content: OutboxContent): Promise<void> {
  await tx
    .update(outbox)
    .set({ state: 'waiting', content })
    .where(and(eq(outbox.organizationId, row.organizationId), eq(outbox.id, row.id)));
  await notify(tx, 'outbox_ready', {});
}

/**
 * From now on drafts of a turn's answer are shown, by `owner`. `later`: something else is on its way to the chat, and a draft would be before
 * it. Null: the answer is whole already.
 */
export async function beginGrowing(
  tx: Transaction,
  of: { organizationId: string; turnId: string; fence: number; conversationId: string; to: ReplyTo },
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<OutboxRow | 'later' | null> {
  const { organizationId, turnId, conversationId, to } = of;
  // The end of the turn waits for this transaction, or this one for it.
  const [running] = await tx
    .select({ id: turns.id })
    .from(turns)
    .where(
      and(
        eq(turns.organizationId, organizationId),
        eq(turns.id, turnId),
        eq(turns.fence, of.fence),
        isNull(turns.finishedAt),
      ),
    )
    .for('share');
  if (!running || !(await isStillTheirs(tx, { organizationId, conversationId, to }))) return null;
  const lease = { leaseOwner: owner, leaseExpiresAt: sql`now() + ${leaseMs} * interval '1 millisecond'` };
  const begun = await findGrowing(tx, organizationId, turnId);
  if (begun) {
    const [row] = await tx
      .update(outbox)
      .set({ ...lease, fence: begun.fence + 1 })
      .where(and(eq(outbox.organizationId, organizationId), eq(outbox.id, begun.id)))
      .returning();
    return row ?? null;
  }
  const before = and(
    eq(outbox.organizationId, organizationId),
    eq(outbox.accountId, to.accountId),
    eq(outbox.chatId, to.chatId),
    inArray(outbox.state, ['waiting', 'streaming']),
  );
  if ((await tx.$count(outbox, before)) > 0) return 'later';
  const dedupeKey = await replyKey(tx, { organizationId, id: turnId, fence: of.fence });
  const [row] = await tx
    .insert(outbox)
    .values({
      ...{ organizationId, id: randomUUID(), kind: 'reply', dedupeKey, conversationId, turnId, state: 'streaming' },
      ...{ accountId: to.accountId, chatId: to.chatId, fence: 1, ...lease },
      content: { text: '', attachments: [], buttons: [], growing: true },
    })
    .onConflictDoNothing()
    .returning();
  return row ?? null;
}

/** Nothing of it was shown, and there is nothing to say. */
export async function removeGrowing(tx: Transaction, row: OutboxRow): Promise<void> {
  await tx.delete(outbox).where(and(eq(outbox.organizationId, row.organizationId), eq(outbox.id, row.id)));
}

/** Whoever has shown drafts of it is done. */
export async function releaseGrowing(db: Queryable, row: Held): Promise<void> {
  await db.execute(sql`
    with free as (
      update outbox set lease_owner = null, lease_expires_at = null
      where organization_id = ${row.organizationId} and id = ${row.id} and fence = ${row.fence}
        and state in ('waiting', 'streaming')
      returning 1
    ) select ${notification('outbox_ready', {})} from free`);
}

/** The row while it is the claim's. */
const held = (row: Held) =>
  and(
    eq(outbox.organizationId, row.organizationId),
    eq(outbox.id, row.id),
    eq(outbox.fence, row.fence),
    sql`${outbox.state} in ('waiting', 'streaming')`,
  );
