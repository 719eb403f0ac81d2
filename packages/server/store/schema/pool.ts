import type { TenantState } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, pgSequence, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { employees, organizations, tiers } from './organization.ts';

/** Host uids for runtimes: one per tenant, never reused. Far above people's and system's, below the 2^31 some tools stop at. */
export const tenantUid = pgSequence('tenant_uid', { startWith: 2_000_000, maxValue: 2_000_000_000 });

export const tenants = pgTable(
  'tenants',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    employeeId: text('employee_id').notNull(),
    tierId: text('tier_id').notNull(),
    uid: integer('uid').notNull().default(sql`nextval('tenant_uid')`),
    state: text('state').$type<TenantState>().notNull().default('hibernated'),
    stateSince: instant('state_since').notNull().defaultNow(),
    reason: text('reason'),
    hint: text('hint'),
    /** The fencing number: rises with every start; whoever holds an older one can change nothing any more. */
    generation: integer('generation').notNull().default(0),
    lastActiveAt: instant('last_active_at'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    /** Folders, sockets and limits on a host are named by the tenant alone. */
    unique('tenant_id_is_unique_in_the_installation').on(t.id),
    unique('tenant_uid_is_unique').on(t.uid),
    unique('tenant_name').on(t.organizationId, t.name),
    unique('one_personal_tenant_per_employee').on(t.organizationId, t.employeeId),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
    foreignKey({ columns: [t.organizationId, t.tierId], foreignColumns: [tiers.organizationId, tiers.id] }),
    check('tenant_id_is_a_path_segment', sql`${t.id} ~ '^[a-z0-9][a-z0-9-]{0,39}$'`),
    index('tenants_by_state').on(t.state),
  ],
);
