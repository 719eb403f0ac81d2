import { foreignKey, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { createdAt, organizationId } from './columns.ts';
import { organizations } from './organization.ts';
import { tenants } from './pool.ts';

/** The tenant that is an organization's admin assistant: it answers admins only, and may look things up in the control plane. */
export const assistants = pgTable(
  'assistants',
  {
    organizationId: organizationId().references(() => organizations.id),
    tenantId: text('tenant_id').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId] }),
    unique('assistant_tenant').on(t.tenantId),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
  ],
);
