import { sql } from 'drizzle-orm';
import { check, foreignKey, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { employees, organizations, tiers } from './organization.ts';
import { tenants } from './pool.ts';

/** The narrowest rule decides. `ownerId` is an employee's id, a position's, or '' for the organization. */
export const routingRules = pgTable(
  'routing_rules',
  {
    organizationId: organizationId().references(() => organizations.id),
    scope: text('scope', { enum: ['employee', 'position', 'organization'] }).notNull(),
    ownerId: text('owner_id').notNull(),
    tierId: text('tier_id'),
    tenantId: text('tenant_id'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    updatedBy: text('updated_by').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.scope, t.ownerId] }),
    foreignKey({ columns: [t.organizationId, t.tierId], foreignColumns: [tiers.organizationId, tiers.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    check('a_rule_names_a_tier_or_a_tenant', sql`num_nonnulls(${t.tierId}, ${t.tenantId}) = 1`),
    check('organization_rule_has_no_owner', sql`(${t.scope} = 'organization') = (${t.ownerId} = '')`),
  ],
);

/** Which employees share a tenant that is nobody's own. */
export const assignments = pgTable(
  'assignments',
  {
    organizationId: organizationId().references(() => organizations.id),
    tenantId: text('tenant_id').notNull(),
    employeeId: text('employee_id').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.tenantId, t.employeeId] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
    index('assignments_by_employee').on(t.organizationId, t.employeeId),
  ],
);
