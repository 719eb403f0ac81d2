import type { Notification, ScheduleTiming } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { boolean, foreignKey, index, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { users } from './authentication.ts';
import { createdAt, instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';
import { tenants } from './pool.ts';

export const schedules = pgTable(
  'schedules',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    name: text('name').notNull(),
    prompt: text('prompt').notNull(),
    timing: jsonb('timing').$type<ScheduleTiming>().notNull(),
    missedRuns: text('missed_runs', { enum: ['skip', 'once', 'all'] }).notNull(),
    deliverTo: text('deliver_to', { enum: ['preferred', 'portal'] }).notNull(),
    enabled: boolean('enabled').notNull().default(true),
    createdByType: text('created_by_type', { enum: ['person', 'agent', 'api'] }).notNull(),
    createdByName: text('created_by_name').notNull(),
    /** Null: it will not run again. */
    nextRunAt: instant('next_run_at'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    index('schedules_by_tenant').on(t.organizationId, t.tenantId),
    index('schedules_due').on(t.nextRunAt).where(sql`enabled and next_run_at is not null`),
  ],
);

/** One row for every time a schedule was due; made in the transaction that moves the schedule on. */
export const scheduleRuns = pgTable(
  'schedule_runs',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    scheduleId: text('schedule_id').notNull(),
    dueAt: instant('due_at').notNull(),
    state: text('state', { enum: ['running', 'answered', 'failed', 'missed'] }).notNull(),
    conversationId: text('conversation_id'),
    turnId: text('turn_id'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('a_time_is_due_once').on(t.organizationId, t.scheduleId, t.dueAt),
    foreignKey({
      columns: [t.organizationId, t.scheduleId],
      foreignColumns: [schedules.organizationId, schedules.id],
    }).onDelete('cascade'),
    index('schedule_runs_by_turn').on(t.organizationId, t.turnId),
  ],
);

export const personNotifications = pgTable(
  'person_notifications',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    kind: text('kind').$type<Notification['kind']>().notNull(),
    title: text('title').notNull(),
    text: text('text').notNull(),
    conversationId: text('conversation_id'),
    /** The same key again is the same notification. */
    dedupeKey: text('dedupe_key').notNull(),
    readAt: instant('read_at'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('a_person_is_told_once').on(t.organizationId, t.userId, t.dedupeKey),
    index('person_notifications_by_user').on(t.organizationId, t.userId, t.createdAt),
  ],
);
