import { randomUUID } from 'node:crypto';
import {
  type Attachment,
  attachmentLimits,
  backpressure,
  ClawpoolError,
  type Message,
  maxMessageLength,
  type Origin,
  type Turn,
  type Verification,
} from '@clawpool/contracts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { notification } from '../store/notifications.ts';
import { type ReplyTo, turns } from '../store/schema/index.ts';
import { linkAttachments } from './attachment-store.ts';
import { findByChannelMessageId } from './conversation-store.ts';
import { titleOf } from './turn.ts';

/** A message on its way into a conversation. Who may send it has been decided. */
export interface Inbound {
  organizationId: string;
  conversationId: string;
  origin: Origin;
  verification: Verification;
  /** The sender's own id of the message: the same id in the same conversation is the same message. */
  channelMessageId: string;
  /** May be empty when there are attachments. */
  text: string;
  /** Ids of attachments of this conversation that are not sent yet. */
  attachments?: readonly string[];
  /** Where the answer goes beside the conversation; null or absent: nowhere. */
  replyTo?: ReplyTo | null;
  at: Date;
}

export interface Accepted {
  message: Message;
  turn: Turn;
  /** It had been accepted before. */
  known: boolean;
}

/**
 * Stores an inbound message and its turn: with the commit it is accepted, and will be answered once. The conversation row is locked
 * meanwhile, so that turns are numbered in the order in which they commit. In a session that a person has taken over, the turn is
 * over at once: that person answers.
 *
 * @returns null: there is no such conversation, or it has ended
 * @throws ClawpoolError `not_allowed` (whose agent it is, or who writes, is suspended), `too_large`, `invalid_request` (nothing in it, unknown attachments), `too_many_requests` (see `backpressure`)
 */
export async function acceptMessage(tx: Transaction, inbound: Inbound): Promise<Accepted | null> {
  const { organizationId, conversationId, origin, verification, channelMessageId, at } = inbound;
  const text = inbound.text.replaceAll('\0', '');
  const conversation = await lockConversation(tx, organizationId, conversationId);
  if (!conversation || conversation.ended) return null;
  const known = await findByChannelMessageId(tx, organizationId, conversationId, channelMessageId);
  if (known) return { ...known, known: true };
  refuseUnusable(text, inbound.attachments ?? []);
  const { tenantId, takenOver } = conversation;
  refuseOneMore(conversation);

  const messageId = randomUUID();
  const turnId = randomUUID();
  const title = titleOf(text === '' ? 'Attachment' : text);
  const iso = at.toISOString();
  // One statement, since the person waits for every round trip.
  const { rows } = await tx.execute<{ position: number }>(sql`
    with before as (
      select count(*)::int as position from turns
      where organization_id = ${organizationId} and conversation_id = ${conversationId} and finished_at is null
    ), accepted as (
      insert into turns (organization_id, id, conversation_id, tenant_id, origin, verification, reply_to, state, accepted_at, finished_at)
      values (${organizationId}, ${turnId}, ${conversationId}, ${tenantId}, ${origin}, ${verification},
        ${inbound.replyTo ? JSON.stringify(inbound.replyTo) : null}::jsonb, ${takenOver ? 'handed_over' : 'queued'}, ${iso},
        ${takenOver ? iso : null}::timestamptz)
      returning id
    ), stored as (
      insert into messages (organization_id, id, conversation_id, turn_id, role, text, origin, known_to_agent, channel_message_id, created_at)
      values (${organizationId}, ${messageId}, ${conversationId}, ${turnId}, 'person', ${text}, ${origin}, ${!takenOver}, ${channelMessageId}, ${iso})
    ), named as (
      update conversations set updated_at = ${iso}, title = case title when '' then ${title} else title end
      where organization_id = ${organizationId} and id = ${conversationId}
    )
    select ${takenOver ? sql`null` : notification('turn_accepted', {})},
      ${notification('conversation_changed', { organizationId, conversationId, turnId })}, (select position from before) as position
    from accepted`);
  const sent = await linkAttachments(tx, { organizationId, conversationId, messageId, ids: inbound.attachments ?? [] });
  return {
    message: messageOf({ id: messageId, turnId, text, origin, attachments: sent, at: iso }),
    turn: {
      ...newTurn,
      id: turnId,
      origin,
      state: takenOver ? 'handed_over' : 'queued',
      position: takenOver ? 0 : (rows[0]?.position ?? 0),
      acceptedAt: iso,
      finishedAt: takenOver ? iso : null,
    },
    known: false,
  };
}

/**
 * Locks a conversation in which a turn that is there already is to run again. What holds for a message holds for it; one that is not over
 * has its place among those that wait.
 *
 * @returns false: there is no such conversation, or it has ended
 * @throws ClawpoolError `not_allowed`, `too_many_requests`, as `acceptMessage` does
 */
export async function lockForRetry(
  tx: Transaction,
  { organizationId, conversationId, turnId }: { organizationId: string; conversationId: string; turnId: string },
): Promise<boolean> {
  const conversation = await lockConversation(tx, organizationId, conversationId);
  if (!conversation || conversation.ended) return false;
  const key = and(eq(turns.organizationId, organizationId), eq(turns.id, turnId));
  const own = await tx.$count(turns, and(key, isNull(turns.finishedAt)));
  const { waitingForTenant, waitingInOrganization } = conversation;
  refuseOneMore({
    ...conversation,
    waitingForTenant: waitingForTenant - own,
    waitingInOrganization: waitingInOrganization - own,
  });
  return true;
}

function refuseOneMore({ suspended, waitingForTenant, waitingInOrganization }: LockedConversation): void {
  if (suspended) throw isSuspended();
  if (!isRoom(waitingForTenant, waitingInOrganization)) throw tooMuchWaits(waitingForTenant);
}

/** Whether one more message for a tenant may wait; whoever cannot refuse a message holds it back until then. */
export async function hasRoom(db: Queryable, organizationId: string, tenantId: string): Promise<boolean> {
  const [row] = await db
    .select({ tenant: waitingFor(organizationId, tenantId), organization: waitingIn(organizationId) })
    .from(sql`(select 1) as one`);
  return row ? isRoom(row.tenant, row.organization) : true;
}

const isRoom = (forTenant: number, inOrganization: number) =>
  forTenant < backpressure.perTenant && inOrganization < backpressure.perOrganization;

const waitingFor = (organizationId: string, tenantId: string) =>
  sql<number>`(select count(*)::int from turns where organization_id = ${organizationId} and tenant_id = ${tenantId} and finished_at is null)`;

const waitingIn = (organizationId: string) =>
  sql<number>`(select count(*)::int from turns where organization_id = ${organizationId} and finished_at is null)`;

const tooMuchWaits = (waiting: number) =>
  new ClawpoolError(
    'too_many_requests',
    waiting >= backpressure.perTenant
      ? `${waiting} messages wait for this agent already.`
      : 'Too many messages wait in the whole organization.',
    'Send it again when some of them have been answered.',
  );

const isSuspended = () =>
  new ClawpoolError(
    'not_allowed',
    'This agent does not answer: its owner, or whoever writes, is suspended.',
    'An admin of the organization can let them in again.',
  );

function refuseUnusable(text: string, attachments: readonly string[]): void {
  if (text.length > maxMessageLength) {
    throw new ClawpoolError(
      'too_large',
      `The message has ${text.length} characters; ${maxMessageLength} are allowed.`,
      'Shorten it, or send it in parts.',
    );
  }
  if (text === '' && attachments.length === 0) {
    throw new ClawpoolError(
      'invalid_request',
      'There is nothing in the message.',
      'Write something, or attach a file.',
    );
  }
  if (attachments.length > attachmentLimits.perMessage) {
    throw new ClawpoolError('invalid_request', `A message has at most ${attachmentLimits.perMessage} attachments.`);
  }
}

const newTurn = { reason: null, message: null, hint: null, retryAt: null, acts: [] } satisfies Partial<Turn>;

const messageOf = (said: {
  id: string;
  turnId: string;
  text: string;
  origin: Origin;
  attachments: Attachment[];
  at: string;
}): Message => ({ ...said, role: 'person', author: null, quick: false });

interface LockedConversation {
  tenantId: string;
  ended: boolean;
  takenOver: boolean;
  suspended: boolean;
  waitingForTenant: number;
  waitingInOrganization: number;
}

async function lockConversation(
  tx: Transaction,
  organizationId: string,
  conversationId: string,
): Promise<LockedConversation | null> {
  const { rows } = await tx.execute<{
    tenant_id: string;
    ended: boolean;
    taken_over: boolean;
    suspended: boolean;
    for_tenant: number;
    in_organization: number;
  }>(sql`
    select tenant_id, ended_at is not null as ended, coalesce(taken_over_until > now(), false) as taken_over,
      ${concernsSuspended} as suspended,
      (select count(*)::int from turns t
        where t.organization_id = c.organization_id and t.tenant_id = c.tenant_id and t.finished_at is null) as for_tenant,
      ${waitingIn(organizationId)} as in_organization
    from conversations c where organization_id = ${organizationId} and id = ${conversationId}
    for update of c`);
  const [row] = rows;
  return row
    ? {
        tenantId: row.tenant_id,
        ended: row.ended,
        takenOver: row.taken_over,
        suspended: row.suspended,
        waitingForTenant: row.for_tenant,
        waitingInOrganization: row.in_organization,
      }
    : null;
}

/** Of a conversation `c`: its caller, the owner of its agent, or the person whose twin it is. Few are suspended, so they are looked through. */
export const concernsSuspended = sql`exists (
  select from employees e where e.organization_id = c.organization_id and not e.active and (
    exists (select from tenants t where t.organization_id = e.organization_id and t.id = c.tenant_id and t.employee_id = e.id)
    or exists (select from twins w where w.organization_id = e.organization_id and w.tenant_id = c.tenant_id and w.employee_id = e.id)
    or exists (select from members m where m.organization_id = e.organization_id and m.user_id = c.user_id and m.employee_id = e.id)))`;

/** How many turns of a conversation are not over. */
export async function countOpenTurns(db: Queryable, organizationId: string, conversationId: string): Promise<number> {
  return db.$count(
    turns,
    and(
      eq(turns.organizationId, organizationId),
      eq(turns.conversationId, conversationId),
      sql`${turns.finishedAt} is null`,
    ),
  );
}
