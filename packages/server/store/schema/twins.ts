import { boolean, foreignKey, integer, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { employees, organizations } from './organization.ts';
import { tenants } from './pool.ts';

/** A person's public twin: a tenant with a copy of their workspace, behind a link. */
export const twins = pgTable(
  'twins',
  {
    organizationId: organizationId().references(() => organizations.id),
    employeeId: text('employee_id').notNull(),
    tenantId: text('tenant_id').notNull(),
    /** Of the link; kept as it is, since its owner may look it up again. Null while it is off. */
    token: text('token'),
    active: boolean('active').notNull(),
    greeting: text('greeting').notNull().default(''),
    views: integer('views').notNull().default(0),
    messages: integer('messages').notNull().default(0),
    copiedAt: instant('copied_at').notNull().defaultNow(),
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.employeeId] }),
    unique('twin_token').on(t.token),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
  ],
);
