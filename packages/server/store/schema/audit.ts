import type { AuditEvent } from '@clawpool/contracts';
import { bigserial, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';

/** Append-only: a trigger refuses every update and delete (migration `append_only_audit`). */
export const auditEvents = pgTable(
  'audit_events',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    organizationId: organizationId().references(() => organizations.id),
    at: instant('at').notNull().defaultNow(),
    actorType: text('actor_type', { enum: ['person', 'agent', 'system'] }).notNull(),
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    action: text('action').notNull(),
    targetType: text('target_type'),
    targetId: text('target_id'),
    targetName: text('target_name'),
    outcome: text('outcome').$type<AuditEvent['outcome']>().notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    index('audit_events_by_organization').on(t.organizationId, t.id),
    index('audit_events_by_target').on(t.organizationId, t.targetId, t.id),
    index('audit_events_by_actor').on(t.organizationId, t.actorId, t.id),
  ],
);
