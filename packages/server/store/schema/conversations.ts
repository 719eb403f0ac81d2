import type { AccessPath, Origin, TurnAct, TurnState, Verification } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { users } from './authentication.ts';
import { createdAt, instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';
import { tenants } from './pool.ts';

/** Where an answer is delivered: a chat of a connected account. */
export interface ReplyTo {
  accountId: string;
  chatId: string;
}

export const conversations = pgTable(
  'conversations',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** Whose conversation it is: the employee, or the admin who tests in the playground. Null: nobody who signs in. */
    userId: text('user_id').references(() => users.id),
    path: text('path').$type<AccessPath>().notNull(),
    /**
     * Who talks, across conversations: `user:<id>`, `key:<api key>:<user>`, `visitor:<twin>:<visitor>`, `schedule:<id>`,
     * `heartbeat`.
     */
    callerKey: text('caller_key').notNull(),
    callerName: text('caller_name').notNull().default(''),
    title: text('title').notNull().default(''),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    /** The next message of its caller begins a new one. */
    endedAt: instant('ended_at'),
    /** A person answers instead of the agent until then. */
    takenOverBy: text('taken_over_by').references(() => users.id),
    takenOverUntil: instant('taken_over_until'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    check('takeover_has_an_end', sql`(${t.takenOverBy} is null) = (${t.takenOverUntil} is null)`),
    index('conversations_by_user').on(t.organizationId, t.userId, t.updatedAt),
    index('conversations_by_caller').on(t.organizationId, t.tenantId, t.path, t.callerKey, t.createdAt),
    index('conversations_by_update').on(t.organizationId, t.updatedAt),
    index('conversations_taken_over').on(t.takenOverUntil).where(sql`taken_over_until is not null`),
  ],
);

/** One inbound message and everything it causes. The row is also the work: claimed with a lease and a fencing number. */
export const turns = pgTable(
  'turns',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    conversationId: text('conversation_id').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** By which way it came; what its answer goes back. */
    origin: text('origin').$type<Origin>().notNull().default('portal'),
    verification: text('verification').$type<Verification>().notNull().default('signed_in'),
    /** Where the answer goes beside the conversation itself; null: nowhere else. */
    replyTo: jsonb('reply_to').$type<ReplyTo>(),
    /** Tools the agent used in it, recorded before the runtime learns of the call. Not empty: it is not simply run again. */
    acts: jsonb('acts').$type<TurnAct[]>().notNull().default([]),
    /** The tenant's `filesEpoch` when it was first asked: with other files its transcript cannot be gone on with. */
    filesEpoch: integer('files_epoch'),
    /** It has been gone on with once after an interruption. */
    resumed: boolean('resumed').notNull().default(false),
    /** When the first word of the answer came. */
    firstTokenAt: instant('first_token_at'),
    /** Order of arrival; turns of one conversation run in this order. */
    arrival: bigserial('arrival', { mode: 'number' }).notNull(),
    state: text('state').$type<TurnState>().notNull().default('queued'),
    reason: text('reason'),
    message: text('message'),
    hint: text('hint'),
    /** Earliest time of the next attempt; null: now. */
    retryAt: instant('retry_at'),
    /** Failed attempts since it was accepted or retried by hand. */
    attempts: integer('attempts').notNull().default(0),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: instant('lease_expires_at'),
    /** Rises with every claim; a worker writes only while its number is still the row's. */
    fence: integer('fence').notNull().default(0),
    /** The person asked to stop; whoever holds the lease, or claims it next, ends the turn. */
    stopRequestedAt: instant('stop_requested_at'),
    acceptedAt: instant('accepted_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({
      columns: [t.organizationId, t.conversationId],
      foreignColumns: [conversations.organizationId, conversations.id],
    }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    check(
      'over_means_finished',
      sql`(${t.state} in ('answered', 'failed', 'stopped', 'handed_over')) = (${t.finishedAt} is not null)`,
    ),
    /** An organization's in the order of arrival: the next one is claimed by it. */
    index('turns_waiting').on(t.organizationId, t.arrival).where(sql`finished_at is null`),
    /** How many run is counted with every claim. */
    index('turns_running').on(t.organizationId, t.tenantId).where(sql`lease_owner is not null and finished_at is null`),
    index('turns_by_end').on(t.finishedAt),
    /** How many wait for a tenant is counted with every message. */
    index('turns_open_by_tenant').on(t.organizationId, t.tenantId).where(sql`finished_at is null`),
    index('turns_by_conversation').on(t.organizationId, t.conversationId, t.arrival),
  ],
);

/** Inbox and history. */
export const messages = pgTable(
  'messages',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    conversationId: text('conversation_id').notNull(),
    /** Null: said by a human or by the system. */
    turnId: text('turn_id'),
    role: text('role', { enum: ['person', 'agent', 'human', 'note'] }).notNull(),
    /** Who said it, where that is not the conversation's caller or its agent. */
    authorId: text('author_id'),
    author: text('author'),
    text: text('text').notNull(),
    origin: text('origin').$type<Origin>().notNull().default('portal'),
    /** A direct answer of the model while the agent was waking. */
    quick: boolean('quick').notNull().default(false),
    /** False: said without the agent, which has to be told with its next turn. */
    knownToAgent: boolean('known_to_agent').notNull().default(true),
    /** The channel's own id of an inbound message: the second arrival of the same message is the first one. */
    channelMessageId: text('channel_message_id'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('one_message_per_channel_message').on(t.organizationId, t.conversationId, t.channelMessageId),
    /** The answer to a turn exists once. */
    uniqueIndex('one_answer_per_turn').on(t.organizationId, t.turnId).where(sql`role = 'agent'`),
    foreignKey({ columns: [t.organizationId, t.turnId], foreignColumns: [turns.organizationId, turns.id] }),
    check('what_a_turn_says_has_a_turn', sql`${t.role} not in ('person', 'agent') or ${t.turnId} is not null`),
    foreignKey({
      columns: [t.organizationId, t.conversationId],
      foreignColumns: [conversations.organizationId, conversations.id],
    }),
    index('messages_by_turn').on(t.organizationId, t.turnId),
    index('messages_by_conversation').on(t.organizationId, t.conversationId, t.createdAt),
    index('messages_unknown_to_agent').on(t.organizationId, t.conversationId).where(sql`not known_to_agent`),
  ],
);

/** Files of messages. Their content is in the attachments' blob store, named by its hash. */
export const attachments = pgTable(
  'attachments',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    conversationId: text('conversation_id').notNull(),
    /** Null: uploaded and not sent yet. */
    messageId: text('message_id'),
    name: text('name').notNull(),
    mediaType: text('media_type').notNull(),
    bytes: integer('bytes').notNull(),
    blob: text('blob').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({
      columns: [t.organizationId, t.conversationId],
      foreignColumns: [conversations.organizationId, conversations.id],
    }),
    foreignKey({ columns: [t.organizationId, t.messageId], foreignColumns: [messages.organizationId, messages.id] }),
    index('attachments_by_message').on(t.organizationId, t.messageId),
    index('attachments_by_conversation').on(t.organizationId, t.conversationId),
    index('attachments_by_blob').on(t.blob),
    index('attachments_not_sent').on(t.createdAt).where(sql`message_id is null`),
  ],
);
