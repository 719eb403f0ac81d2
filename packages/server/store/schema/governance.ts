import { sql } from 'drizzle-orm';
import { check, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
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

/** The newest version of each skill; a skill is one SKILL.md. */
export const skills = pgTable(
  'skills',
  {
    organizationId: organizationId().references(() => organizations.id),
    name: text('name').notNull(),
    description: text('description').notNull(),
    content: text('content').notNull(),
    version: integer('version').notNull().default(1),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    updatedBy: text('updated_by').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.name] }),
    check('skill_is_no_larger_than_256_kib', sql`octet_length(${t.content}) <= 262144`),
  ],
);

export const skillGroups = pgTable(
  'skill_groups',
  {
    organizationId: organizationId().references(() => organizations.id),
    name: text('name').notNull(),
    description: text('description').notNull(),
    skills: jsonb('skills').$type<string[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.name] })],
);
