import type { TurnState } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  bigserial,
  check,
  foreignKey,
  index,
  integer,
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

export const conversations = pgTable(
  'conversations',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** Whose conversation it is: the employee, or the admin who tests in the playground. */
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    path: text('path', { enum: ['emp', 'pgnd'] }).notNull(),
    title: text('title').notNull().default(''),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    index('conversations_by_user').on(t.organizationId, t.userId, t.updatedAt),
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
      sql`(${t.state} in ('answered', 'failed', 'stopped')) = (${t.finishedAt} is not null)`,
    ),
    index('turns_waiting').on(t.arrival).where(sql`finished_at is null`),
    index('turns_by_end').on(t.finishedAt),
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
    turnId: text('turn_id').notNull(),
    role: text('role', { enum: ['person', 'agent'] }).notNull(),
    text: text('text').notNull(),
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
    index('messages_by_conversation').on(t.organizationId, t.conversationId, t.createdAt),
  ],
);
