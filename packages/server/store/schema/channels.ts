import type { ChannelName, ChannelSettings, InboundMessage } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
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
import { employees, organizations } from './organization.ts';

/** Bots that an organization has connected. Secrets are sealed with the installation's key. */
export const channelAccounts = pgTable(
  'channel_accounts',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    channel: text('channel').$type<ChannelName>().notNull(),
    name: text('name').notNull(),
    accountName: text('account_name').notNull(),
    pairingLink: text('pairing_link'),
    settings: jsonb('settings').$type<ChannelSettings>().notNull(),
    sealedSecret: text('sealed_secret').notNull(),
    sealedWebhookSecret: text('sealed_webhook_secret').notNull(),
    mode: text('mode', { enum: ['webhook', 'polling'] }).notNull(),
    enabled: boolean('enabled').notNull().default(true),
    /** What the platform said last, while something is wrong. */
    trouble: text('trouble'),
    lastReceivedAt: instant('last_received_at'),
    /** Rises with every change: whoever holds a connection of an older one makes it anew. */
    version: integer('version').notNull().default(1),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    /** Webhook addresses name the account alone. */
    unique('channel_account_id_is_unique_in_the_installation').on(t.id),
    unique('one_account_per_bot').on(t.organizationId, t.channel, t.accountName),
  ],
);

/** A platform's user who is an employee. */
export const channelBindings = pgTable(
  'channel_bindings',
  {
    organizationId: organizationId().references(() => organizations.id),
    accountId: text('account_id').notNull(),
    platformUserId: text('platform_user_id').notNull(),
    chatId: text('chat_id').notNull(),
    displayName: text('display_name').notNull(),
    employeeId: text('employee_id').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    preferred: boolean('preferred').notNull().default(false),
    pairedAt: instant('paired_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.accountId, t.platformUserId] }),
    unique('one_pairing_per_employee_and_account').on(t.organizationId, t.accountId, t.employeeId),
    uniqueIndex('one_preferred_channel').on(t.organizationId, t.employeeId).where(sql`preferred`),
    foreignKey({
      columns: [t.organizationId, t.accountId],
      foreignColumns: [channelAccounts.organizationId, channelAccounts.id],
    }).onDelete('cascade'),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
  ],
);

/** Open pairings, one per employee and account. Only the token's hash is kept. */
export const pairings = pgTable(
  'pairings',
  {
    organizationId: organizationId().references(() => organizations.id),
    accountId: text('account_id').notNull(),
    employeeId: text('employee_id').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    tokenHash: text('token_hash').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.accountId, t.employeeId] }),
    unique('pairing_token').on(t.organizationId, t.accountId, t.tokenHash),
    foreignKey({
      columns: [t.organizationId, t.accountId],
      foreignColumns: [channelAccounts.organizationId, channelAccounts.id],
    }).onDelete('cascade'),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
  ],
);

/** What platforms brought, before it is a turn. Committed before the platform is acknowledged; the row is the work. */
export const inbox = pgTable(
  'inbox',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    arrival: bigserial('arrival', { mode: 'number' }).notNull(),
    accountId: text('account_id').notNull(),
    platformMessageId: text('platform_message_id').notNull(),
    /** Messages of one chat are taken one at a time, in this order. */
    chatId: text('chat_id').notNull(),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    message: jsonb('message').$type<InboundMessage>().notNull(),
    state: text('state', { enum: ['waiting', 'done', 'dead', 'discarded'] })
      .notNull()
      .default('waiting'),
    attempts: integer('attempts').notNull().default(0),
    /** Those of them that the platform was there for; after so many the row is dead. */
    failures: integer('failures').notNull().default(0),
    /** Since when no attempt was successful. */
    failingSince: instant('failing_since'),
    retryAt: instant('retry_at'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: instant('lease_expires_at'),
    fence: integer('fence').notNull().default(0),
    error: text('error'),
    /** What became of it: `turn`, `paired`, `not_paired`, `command`, `ignored`. */
    outcome: text('outcome'),
    turnId: text('turn_id'),
    receivedAt: instant('received_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    /** The same message again is the first one. */
    unique('one_row_per_platform_message').on(t.organizationId, t.accountId, t.platformMessageId),
    foreignKey({
      columns: [t.organizationId, t.accountId],
      foreignColumns: [channelAccounts.organizationId, channelAccounts.id],
    }).onDelete('cascade'),
    index('inbox_waiting').on(t.accountId, t.chatId, t.sequence, t.arrival).where(sql`state = 'waiting'`),
    index('inbox_dead').on(t.organizationId, t.finishedAt).where(sql`state = 'dead'`),
    index('inbox_done').on(t.finishedAt).where(sql`state = 'done'`),
    index('inbox_by_turn').on(t.organizationId, t.turnId).where(sql`turn_id is not null`),
    index('inbox_by_account').on(t.organizationId, t.accountId, t.receivedAt),
  ],
);

/** What one outbox row says. */
export interface OutboxContent {
  text: string;
  /** Ids of attachments, in the organization. */
  attachments: string[];
  buttons: { label: string; value: string }[];
  /** Said instead where the platform has no buttons; absent: that the portal has them. */
  withoutButtons?: string;
  /** Drafts of it have been shown, and perhaps one more is on its way. */
  growing?: true;
  /** How many of `sentParts` were drafts when it was whole: the whole text replaces them. Counted with the first delivery. */
  drafts?: number;
}

/**
 * What goes to platforms: in order per chat, one at a time, again and again until it is taken or given up. `streaming` rows are an answer
 * that grows: whoever runs the turn shows drafts of it, and its end makes them `waiting`.
 */
export const outbox = pgTable(
  'outbox',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    arrival: bigserial('arrival', { mode: 'number' }).notNull(),
    accountId: text('account_id').notNull(),
    chatId: text('chat_id').notNull(),
    kind: text('kind', { enum: ['reply', 'human', 'note', 'notification'] }).notNull(),
    /** The same key again is the same message: `turn:<id>`, `waking:<tenant>:<generation>`, … */
    dedupeKey: text('dedupe_key').notNull(),
    conversationId: text('conversation_id'),
    turnId: text('turn_id'),
    content: jsonb('content').$type<OutboxContent>().notNull(),
    state: text('state', { enum: ['streaming', 'waiting', 'sent', 'dead', 'discarded'] })
      .notNull()
      .default('waiting'),
    /** Ids of the platform's messages that show it so far, part by part; the first may be a draft. */
    sentParts: jsonb('sent_parts').$type<string[]>().notNull().default([]),
    attempts: integer('attempts').notNull().default(0),
    /** Those of them that the platform was there for; after so many the row is dead. */
    failures: integer('failures').notNull().default(0),
    /** Since when no attempt was successful. */
    failingSince: instant('failing_since'),
    retryAt: instant('retry_at'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: instant('lease_expires_at'),
    fence: integer('fence').notNull().default(0),
    error: text('error'),
    createdAt: createdAt(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('one_row_per_outbound_message').on(t.organizationId, t.accountId, t.chatId, t.dedupeKey),
    foreignKey({
      columns: [t.organizationId, t.accountId],
      foreignColumns: [channelAccounts.organizationId, channelAccounts.id],
    }).onDelete('cascade'),
    index('outbox_waiting').on(t.accountId, t.chatId, t.arrival).where(sql`state in ('waiting', 'streaming')`),
    index('outbox_dead').on(t.organizationId, t.finishedAt).where(sql`state = 'dead'`),
    index('outbox_done').on(t.finishedAt).where(sql`state in ('sent', 'discarded')`),
    index('outbox_by_turn').on(t.organizationId, t.turnId),
    index('outbox_by_conversation').on(t.organizationId, t.conversationId).where(sql`conversation_id is not null`),
  ],
);
