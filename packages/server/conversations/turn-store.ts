import { randomUUID } from 'node:crypto';
import type { AccessPath, Origin, Turn, TurnAct, TurnFailureReason, TurnFile, Verification } from '@clawpool/contracts';
import { and, asc, desc, eq, getTableColumns, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { ownerIsGone } from '../store/ownership.ts';
import { attachments, conversations, messages, type ReplyTo, tenants, turns } from '../store/schema/index.ts';

/** A turn, and how many of its conversation are before it. */
export type TurnRow = typeof turns.$inferSelect & { position: number };

/** For queries that begin with `from(turns)`. */
export const turnColumns = {
  ...getTableColumns(turns),
  position: sql<number>`(case when ${turns.finishedAt} is not null then 0 else (
    select count(*)::int from turns earlier
    where earlier.organization_id = ${turns.organizationId} and earlier.conversation_id = ${turns.conversationId}
      and earlier.finished_at is null and earlier.arrival < ${turns.arrival}) end)`,
};

/** A turn that this process holds, with what is needed to run it. */
export interface ClaimedTurn {
  organizationId: string;
  id: string;
  conversationId: string;
  tenantId: string;
  tenantName: string;
  attempts: number;
  /** The fencing number of this claim. */
  fence: number;
  stopRequested: boolean;
  /** A person has the session: the agent is silent. */
  takenOver: boolean;
  path: AccessPath;
  origin: Origin;
  verification: Verification;
  replyTo: ReplyTo | null;
  /** Tools the agent used in it before it was interrupted. */
  acts: readonly TurnAct[];
  /** It has been gone on with once. */
  resumed: boolean;
  /** The files of its tenant are those it was first asked with, or it was not asked yet. */
  sameFiles: boolean;
  /** Whoever signs in and whose conversation it is; null: nobody. */
  userId: string | null;
  callerKey: string;
  callerName: string;
  messageId: string;
  text: string;
  acceptedAt: Date;
  hasAttachments: boolean;
  /** Something was said in the conversation that the agent does not know. */
  hasUnknown: boolean;
  /** The tier wants a direct answer of the model while the runtime wakes. */
  fastPath: boolean;
  /** What its agent is made of, counted; the runtime that answers has to have it. */
  agentRevision: number;
}

/** A turn `t` that waits, is due, and has none before it in its conversation. */
const mayRun = sql`t.finished_at is null
  and (t.lease_expires_at is null or t.lease_expires_at < now())
  and (t.retry_at is null or t.retry_at <= now() or t.stop_requested_at is not null)
  and not exists (
    select 1 from turns earlier
    where earlier.organization_id = t.organization_id and earlier.conversation_id = t.conversation_id
      and earlier.finished_at is null and earlier.arrival < t.arrival)`;

/** `next`: whoever has waited longest. */
const oldest = sql`
    with next as (
      select t.organization_id, t.id from turns t where ${mayRun}
      order by t.arrival
      limit 1
      for update of t skip locked`;

/** `next`: the fairest choice. */
const fairest = (perTenant: number) => sql`
    with recursive open_in (organization_id) as (
      -- From one organization to the next by the index, however many turns wait.
      (select organization_id from turns where finished_at is null order by organization_id limit 1)
      union all
      select (
        select t.organization_id from turns t where t.finished_at is null and t.organization_id > o.organization_id
        order by t.organization_id limit 1)
      from open_in o where o.organization_id is not null
    ), running as materialized (
      select organization_id, tenant_id, count(*) as turns from turns
      where lease_owner is not null and finished_at is null and lease_expires_at >= now()
      group by organization_id, tenant_id
    ), shares as (
      select o.organization_id, level from open_in o cross join generate_series(1, ${perTenant}::int) as level
      where o.organization_id is not null
      order by coalesce((select sum(r.turns) from running r where r.organization_id = o.organization_id), 0), level
    ), next as (
      -- Share by share, in their order, until one has a turn: what is skipped are no more than the turns of tenants that are busy.
      select first.organization_id, first.id from shares s cross join lateral (
        select t.organization_id, t.id from turns t
        where t.organization_id = s.organization_id and ${mayRun}
          and (t.stop_requested_at is not null or not exists (
            select 1 from running r
            where r.organization_id = t.organization_id and r.tenant_id = t.tenant_id and r.turns >= s.level))
        order by t.arrival
        limit 1
        for update of t skip locked
      ) first
      limit 1`;

/**
 * The next turn that may run now: not leased, not before its time, the first unfinished one of its conversation, and of a tenant that has
 * less than `perTenant` running. Of those the organization's that has the fewest running, in it a tenant's that has the fewest, and of these
 * the oldest: whoever asks a lot waits, and nobody else does. One that is only to be stopped takes no place and waits for none.
 * Claiming it raises its fence, so that whoever held it before can write nothing any more. Processes that claim in the same instant do not
 * see each other's: then a tenant may have one more for each of them.
 *
 * @param perTenant null: whoever runs nothing has nothing to share, and takes the oldest, which takes PostgreSQL half the time
 */
export async function claimNextTurn(
  db: Queryable,
  { owner, leaseMs, perTenant }: { owner: string; leaseMs: number; perTenant: number | null },
): Promise<ClaimedTurn | null> {
  const { rows } = await db.execute<{
    organization_id: string;
    id: string;
    conversation_id: string;
    tenant_id: string;
    tenant_name: string;
    attempts: number;
    fence: number;
    stop_requested: boolean;
    taken_over: boolean;
    path: AccessPath;
    origin: Origin;
    verification: Verification;
    reply_to: ReplyTo | null;
    acts: TurnAct[];
    resumed: boolean;
    same_files: boolean;
    user_id: string | null;
    caller_key: string;
    caller_name: string;
    message_id: string;
    text: string;
    accepted_at: string;
    has_attachments: boolean;
    has_unknown: boolean;
    fast_path: boolean;
    agent_revision: number;
  }>(sql`
    ${perTenant === null ? oldest : fairest(perTenant)}
    ), claimed as (
      update turns t
      set lease_owner = ${owner}, lease_expires_at = now() + ${leaseMs} * interval '1 millisecond', fence = t.fence + 1
      from next where t.organization_id = next.organization_id and t.id = next.id
      returning t.*
    )
    select c.organization_id, c.id, c.conversation_id, c.tenant_id, n.name as tenant_name, c.attempts, c.fence,
      c.stop_requested_at is not null as stop_requested, coalesce(v.taken_over_until > now(), false) as taken_over, v.path, c.origin,
      c.verification, c.reply_to, c.acts, c.resumed, coalesce(c.files_epoch = n.files_epoch, true) as same_files, v.user_id,
      v.caller_key, v.caller_name, m.id as message_id, m.text, c.accepted_at, r.fast_path, n.agent_revision,
      exists (select 1 from attachments a where a.organization_id = m.organization_id and a.message_id = m.id) as has_attachments,
      exists (select 1 from messages u where u.organization_id = v.organization_id and u.conversation_id = v.id
        and not u.known_to_agent) as has_unknown
    from claimed c
    join conversations v on v.organization_id = c.organization_id and v.id = c.conversation_id
    join tenants n on n.organization_id = c.organization_id and n.id = c.tenant_id
    join tiers r on r.organization_id = n.organization_id and r.id = n.tier_id
    join messages m on m.organization_id = c.organization_id and m.turn_id = c.id and m.role = 'person'`);
  const row = rows[0];
  if (!row) return null;
  return {
    organizationId: row.organization_id,
    id: row.id,
    conversationId: row.conversation_id,
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    attempts: row.attempts,
    fence: row.fence,
    stopRequested: row.stop_requested,
    takenOver: row.taken_over,
    path: row.path,
    origin: row.origin,
    verification: row.verification,
    replyTo: row.reply_to,
    acts: row.acts,
    resumed: row.resumed,
    sameFiles: row.same_files,
    agentRevision: row.agent_revision,
    userId: row.user_id,
    callerKey: row.caller_key,
    callerName: row.caller_name,
    messageId: row.message_id,
    text: row.text,
    acceptedAt: new Date(row.accepted_at),
    hasAttachments: row.has_attachments,
    hasUnknown: row.has_unknown,
    fastPath: row.fast_path,
  };
}

/** False when the lease was lost: the caller must end what it does and write nothing. */
export async function renewLease(db: Queryable, turn: ClaimedTurn, leaseMs: number): Promise<boolean> {
  const rows = await db
    .update(turns)
    .set({ leaseExpiresAt: sql`now() + ${leaseMs} * interval '1 millisecond'` })
    .where(held(turn))
    .returning({ id: turns.id });
  return rows.length === 1;
}

/** Frees the leases of owners that are gone; `self` is never one of them. */
export async function releaseLeasesOfTheDead(db: Queryable, self: string): Promise<number> {
  const { rowCount } = await db.execute(sql`
    update turns set lease_owner = null, lease_expires_at = null
    where finished_at is null and ${ownerIsGone(sql`lease_owner`, self)}`);
  return rowCount ?? 0;
}

/** A step that is not the end. Each returns false when the turn is no longer the caller's. */
export async function moveTurn(
  tx: Transaction,
  turn: ClaimedTurn,
  step:
    | { to: 'waking' }
    /** It is asked, or gone on with: the tenant's files are what its transcript is in. */
    | { to: 'thinking'; resumed: boolean }
    /** Waits for `retryAt`, without a lease, and keeps its place in the conversation. */
    | { to: 'blocked' | 'queued'; reason: TurnFailureReason; message: string; hint: string; retryAt: Date },
): Promise<boolean> {
  const waits = 'retryAt' in step;
  const rows = await tx
    .update(turns)
    .set(
      waits
        ? {
            state: step.to,
            reason: step.reason,
            message: step.message,
            hint: step.hint,
            retryAt: step.retryAt,
            attempts: turn.attempts + 1,
            leaseOwner: null,
            leaseExpiresAt: null,
          }
        : {
            ...{ state: step.to, reason: null, message: null, hint: null, retryAt: null },
            ...(step.to === 'thinking' ? { resumed: step.resumed, filesEpoch: filesEpochNow(turn) } : {}),
          },
    )
    .where(held(turn))
    .returning({ id: turns.id });
  if (rows.length === 0) return false;
  await notify(tx, 'conversation_changed', changeOf(turn));
  return true;
}

/**
 * Notes that the agent used a tool in a turn, before it does. False: there is no such turn that runs, so nothing may be done for it.
 * What the runtime says of the turn's id may be wrong; it is checked against the tenant it comes from.
 */
export async function recordAct(db: Queryable, tenantId: string, turnId: string, act: TurnAct): Promise<boolean> {
  const rows = await db
    .update(turns)
    .set({ acts: sql`${turns.acts} || ${JSON.stringify([act])}::jsonb` })
    .where(and(eq(turns.tenantId, tenantId), eq(turns.id, turnId), isNull(turns.finishedAt)))
    .returning({ id: turns.id });
  return rows.length === 1;
}

/**
 * Asks for the end of a conversation's turns, or of one of them: whoever runs it breaks it off, and those that wait are claimed at once to be
 * ended. So each has one end, with everything that follows from it. What is over stays as it is. Returns how many there were.
 */
export async function stopTurns(
  tx: Transaction,
  of: { organizationId: string; conversationId: string; turnId?: string },
): Promise<number> {
  const stopped = await tx
    .update(turns)
    .set({ stopRequestedAt: sql`now()` })
    .where(
      and(
        eq(turns.organizationId, of.organizationId),
        eq(turns.conversationId, of.conversationId),
        of.turnId === undefined ? undefined : eq(turns.id, of.turnId),
        isNull(turns.finishedAt),
      ),
    )
    .returning({ id: turns.id });
  for (const { id: turnId } of stopped) await notify(tx, 'turn_stop_requested', { turnId });
  return stopped.length;
}

export interface TurnEnd {
  state: 'answered' | 'failed' | 'stopped' | 'handed_over';
  at: Date;
  firstTokenAt: Date | null;
  /** Null: there is none. */
  answer: { text: string; files: readonly TurnFile[]; quick: boolean } | null;
  failure: { reason: TurnFailureReason; message: string; hint: string } | null;
}

/**
 * The end of a turn and, where there is one, its answer: in one transaction, once. Null when the turn is no longer the caller's, and then
 * nothing was written.
 */
export async function finishTurn(
  tx: Transaction,
  turn: ClaimedTurn,
  end: TurnEnd,
): Promise<{ messageId: string | null; attachments: string[] } | null> {
  const { organizationId, conversationId } = turn;
  // A conversation is locked before its turns, by everybody: the other order would be a deadlock now and then.
  const key = and(eq(conversations.organizationId, organizationId), eq(conversations.id, conversationId));
  await tx.select({ one: sql`1` }).from(conversations).where(key).for('update');
  const rows = await tx
    .update(turns)
    .set({
      state: end.state,
      finishedAt: end.at,
      firstTokenAt: end.firstTokenAt,
      reason: end.failure?.reason ?? null,
      message: end.failure?.message ?? null,
      hint: end.failure?.hint ?? null,
      retryAt: null,
      leaseOwner: null,
      leaseExpiresAt: null,
    })
    .where(held(turn))
    .returning({ id: turns.id });
  if (rows.length === 0) return null;
  const answer = end.answer === null ? null : await storeAnswer(tx, turn, end.answer, end.at);
  // Said without the agent: a quick answer, and what a person who took the session over will answer.
  const unheard = end.state === 'handed_over' || end.answer?.quick === true;
  if (unheard) await tx.update(messages).set({ knownToAgent: false }).where(ofTurn(turn));
  await tx.update(conversations).set({ updatedAt: end.at }).where(key);
  await notify(tx, 'conversation_changed', changeOf(turn));
  return answer ?? { messageId: null, attachments: [] };
}

async function storeAnswer(
  tx: Transaction,
  { organizationId, conversationId, id: turnId, origin }: ClaimedTurn,
  { text, files, quick }: { text: string; files: readonly TurnFile[]; quick: boolean },
  at: Date,
): Promise<{ messageId: string; attachments: string[] }> {
  const messageId = randomUUID();
  await tx.insert(messages).values({
    ...{ organizationId, id: messageId, conversationId, turnId, origin, text, quick },
    role: 'agent',
    createdAt: at,
  });
  const rows = files.map((file) => ({ organizationId, conversationId, messageId, id: randomUUID(), ...file }));
  if (rows.length > 0) await tx.insert(attachments).values(rows);
  return { messageId, attachments: rows.map(({ id }) => id) };
}

/** The agent has been told of these. */
export async function markKnown(tx: Transaction, organizationId: string, messageIds: readonly string[]): Promise<void> {
  if (messageIds.length === 0) return;
  await tx
    .update(messages)
    .set({ knownToAgent: true })
    .where(and(eq(messages.organizationId, organizationId), inArray(messages.id, [...messageIds])));
}

export async function findTurn(
  db: Queryable,
  organizationId: string,
  conversationId: string,
  turnId: string,
): Promise<TurnRow | null> {
  const [row] = await db
    .select(turnColumns)
    .from(turns)
    .where(
      and(eq(turns.organizationId, organizationId), eq(turns.conversationId, conversationId), eq(turns.id, turnId)),
    );
  return row ?? null;
}

/** The turns that are not over, and the last one: what a page needs to show. In order of arrival. */
export async function listOpenAndLastTurn(
  db: Queryable,
  organizationId: string,
  conversationId: string,
): Promise<TurnRow[]> {
  const key = and(eq(turns.organizationId, organizationId), eq(turns.conversationId, conversationId));
  const open = await db
    .select(turnColumns)
    .from(turns)
    .where(and(key, isNull(turns.finishedAt)))
    .orderBy(asc(turns.arrival));
  const [last] = await db.select(turnColumns).from(turns).where(key).orderBy(desc(turns.arrival)).limit(1);
  return last && !open.some((turn) => turn.id === last.id) ? [last, ...open] : open;
}

export async function countTurns(db: Queryable, organizationId: string): Promise<{ waiting: number; running: number }> {
  const [row] = await db
    .select({
      waiting: sql<number>`count(*) filter (where ${turns.leaseOwner} is null)::int`,
      running: sql<number>`count(*) filter (where ${turns.leaseOwner} is not null)::int`,
    })
    .from(turns)
    .where(and(eq(turns.organizationId, organizationId), isNull(turns.finishedAt)));
  return row ?? { waiting: 0, running: 0 };
}

/** Turns of a tenant that can be woken, which waited for that, need wait no longer. Returns how many there were. */
export async function unblockTurns(db: Queryable, tenantId: string): Promise<number> {
  const { rowCount } = await db.execute(sql`
    update turns t set retry_at = null
    from tenants n
    where n.organization_id = t.organization_id and n.id = t.tenant_id
      and t.tenant_id = ${tenantId} and t.finished_at is null and t.state = 'blocked' and t.retry_at > now()
      and t.reason in ('capacity_unavailable', 'agent_stopped', 'agent_paused', 'agent_needs_attention')
      and n.state in ('running', 'hibernated', 'deleted')`);
  return rowCount ?? 0;
}

/** When the next waiting turn is due; null when none waits for a time. One that has long been due waits for a place, not for a time. */
export async function nextRetryAt(db: Queryable): Promise<Date | null> {
  const [row] = await db
    .select({ at: sql<Date | null>`min(${turns.retryAt})`.mapWith(turns.retryAt) })
    .from(turns)
    .where(
      and(isNull(turns.finishedAt), isNull(turns.leaseOwner), sql`${turns.retryAt} > now() - interval '1 second'`),
    );
  return row?.at ?? null;
}

export function toTurn(row: TurnRow): Turn {
  return {
    id: row.id,
    origin: row.origin,
    state: row.state,
    reason: row.reason as Turn['reason'],
    message: row.message,
    hint: row.hint,
    retryAt: row.retryAt?.toISOString() ?? null,
    position: row.position,
    acts: row.reason === 'interrupted_after_acting' ? row.acts : [],
    acceptedAt: row.acceptedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

const held = (turn: ClaimedTurn) =>
  and(
    eq(turns.organizationId, turn.organizationId),
    eq(turns.id, turn.id),
    eq(turns.fence, turn.fence),
    isNull(turns.finishedAt),
  );

const changeOf = (turn: ClaimedTurn) => ({
  organizationId: turn.organizationId,
  conversationId: turn.conversationId,
  turnId: turn.id,
});

const ofTurn = (turn: ClaimedTurn) =>
  and(eq(messages.organizationId, turn.organizationId), eq(messages.turnId, turn.id));

const filesEpochNow = ({ organizationId, tenantId }: ClaimedTurn) =>
  sql`(select ${tenants.filesEpoch} from ${tenants} where ${tenants.organizationId} = ${organizationId} and ${tenants.id} = ${tenantId})`;
