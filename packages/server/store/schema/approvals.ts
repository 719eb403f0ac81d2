import type {
  AccessKind,
  AccessRequestState,
  ApprovalStage,
  GrantEndCause,
  GrantMode,
  RequestOrigin,
  Risk,
} from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';
import { tenants } from './pool.ts';

/** Somebody asks that an agent may do more: a tool, a skill, a host. */
export const accessRequests = pgTable(
  'access_requests',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** Whose agent it is, and so who asks; kept as they were, since the person may go. */
    employeeId: text('employee_id').notNull(),
    employeeName: text('employee_name').notNull(),
    kind: text('kind').$type<AccessKind>().notNull(),
    /** A tool's name of the contracts, a skill's name, or a host's. */
    resource: text('resource').notNull(),
    reason: text('reason').notNull(),
    /** How long it is asked for; null: for good. */
    hours: integer('hours'),
    risk: text('risk').$type<Risk>().notNull(),
    state: text('state').$type<AccessRequestState>().notNull().default('pending'),
    stage: text('stage').$type<ApprovalStage>().notNull(),
    origin: text('origin').$type<RequestOrigin>().notNull(),
    /** The manager who agreed, where an admin has to as well. */
    agreedBy: text('agreed_by'),
    /** What they would grant, and their word: the admin decides with it before their eyes. */
    agreedMode: text('agreed_mode').$type<GrantMode>(),
    agreedHours: integer('agreed_hours'),
    agreedNote: text('agreed_note').notNull().default(''),
    decidedBy: text('decided_by'),
    decisionNote: text('decision_note').notNull().default(''),
    decidedAt: instant('decided_at'),
    /** When the admins were asked too; null: a manager has it alone so far. */
    adminsAskedAt: instant('admins_asked_at'),
    /** A request nobody decides ends then. */
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    uniqueIndex('one_pending_request_for_a_thing')
      .on(t.organizationId, t.tenantId, t.kind, t.resource)
      .where(sql`state = 'pending'`),
    index('requests_by_state').on(t.organizationId, t.state, t.createdAt),
    index('requests_by_employee').on(t.organizationId, t.employeeId, t.createdAt),
  ],
);

/** What an agent may do on top of its position, from when, and until when. Never deleted: it is the trail. */
export const grants = pgTable(
  'grants',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    employeeName: text('employee_name').notNull(),
    /** The request it came from. */
    requestId: text('request_id').notNull(),
    kind: text('kind').$type<AccessKind>().notNull(),
    resource: text('resource').notNull(),
    mode: text('mode').$type<GrantMode>().notNull(),
    grantedBy: text('granted_by').notNull(),
    /** Null where the mode is `permanent`; a grant for once that is not used ends then too. */
    expiresAt: instant('expires_at'),
    /** The turn that used a grant for once: it holds for that turn to its end. */
    usedByTurn: text('used_by_turn'),
    endedAt: instant('ended_at'),
    /** Why: it expired, it was used, somebody took it back, the agent is gone, its person has another position. */
    endedBecause: text('ended_because').$type<GrantEndCause>(),
    endedBy: text('ended_by'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    index('grants_by_tenant').on(t.organizationId, t.tenantId).where(sql`ended_at is null`),
    index('grants_that_end').on(t.expiresAt).where(sql`ended_at is null`),
    check('a_permanent_grant_does_not_expire', sql`(${t.mode} = 'permanent') = (${t.expiresAt} is null)`),
    check('an_end_has_a_reason', sql`(${t.endedAt} is null) = (${t.endedBecause} is null)`),
  ],
);
