import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';

/** The SOUL sources. `ownerId` is '' for the global layer, a position's id, or an employee's id. */
export const layers = pgTable(
  'layers',
  {
    organizationId: organizationId().references(() => organizations.id),
    scope: text('scope', { enum: ['global', 'position', 'personal'] }).notNull(),
    ownerId: text('owner_id').notNull(),
    content: text('content').notNull(),
    version: integer('version').notNull().default(1),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.scope, t.ownerId] }),
    check('global_layer_has_no_owner', sql`(${t.scope} = 'global') = (${t.ownerId} = '')`),
  ],
);
