import type { AgentSettings, CommandPattern, LayerChangeCause, ProposalState } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
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
    updatedBy: text('updated_by').notNull().default(''),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.scope, t.ownerId] }),
    check('global_layer_has_no_owner', sql`(${t.scope} = 'global') = (${t.ownerId} = '')`),
  ],
);

/** Every text a layer ever had, the newest included. */
export const layerVersions = pgTable(
  'layer_versions',
  {
    organizationId: organizationId().references(() => organizations.id),
    scope: text('scope', { enum: ['global', 'position', 'personal'] }).notNull(),
    ownerId: text('owner_id').notNull(),
    version: integer('version').notNull(),
    content: text('content').notNull(),
    cause: text('cause').$type<LayerChangeCause>().notNull(),
    note: text('note').notNull().default(''),
    author: text('author').notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.scope, t.ownerId, t.version] })],
);

/** A change of a layer that is not everybody's yet: drafted, reviewed, tried by some, then by all. */
export const layerProposals = pgTable(
  'layer_proposals',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    scope: text('scope', { enum: ['global', 'position', 'personal'] }).notNull(),
    ownerId: text('owner_id').notNull(),
    /** The layer's version that it changes; 0: the layer was empty. */
    baseVersion: integer('base_version').notNull(),
    content: text('content').notNull(),
    note: text('note').notNull().default(''),
    state: text('state').$type<ProposalState>().notNull().default('draft'),
    /** Rises with every change of the proposal itself. */
    revision: integer('revision').notNull().default(1),
    authorId: text('author_id').notNull(),
    author: text('author').notNull(),
    reviewer: text('reviewer'),
    reviewNote: text('review_note').notNull().default(''),
    /** Of the affected tenants, while its state is `canary`: 1 to 99. */
    canaryPercent: integer('canary_percent'),
    /** Tenants up to this place try it; see `placeOf`. */
    canaryUpTo: bigint('canary_up_to', { mode: 'number' }),
    publishedVersion: integer('published_version'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    decidedAt: instant('decided_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    uniqueIndex('one_canary_per_layer').on(t.organizationId, t.scope, t.ownerId).where(sql`state = 'canary'`),
    index('proposals_by_layer').on(t.organizationId, t.scope, t.ownerId, t.updatedAt),
    check(
      'canary_percent',
      sql`(${t.state} = 'canary') = (${t.canaryPercent} is not null)
      and (${t.canaryPercent} is null) = (${t.canaryUpTo} is null)`,
    ),
  ],
);

/** Model and conversation settings that are narrower than the tier's. `ownerId` is '' for the organization. */
export const agentSettings = pgTable(
  'agent_settings',
  {
    organizationId: organizationId().references(() => organizations.id),
    scope: text('scope', { enum: ['organization', 'position', 'employee'] }).notNull(),
    ownerId: text('owner_id').notNull(),
    settings: jsonb('settings').$type<Partial<AgentSettings>>().notNull(),
    version: integer('version').notNull().default(1),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    updatedBy: text('updated_by').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.scope, t.ownerId] }),
    check('organization_settings_have_no_owner', sql`(${t.scope} = 'organization') = (${t.ownerId} = '')`),
  ],
);

/** What no agent of the organization may do, whatever its position allows. Absent: `defaultToolPolicy`. */
export const toolPolicies = pgTable('tool_policies', {
  organizationId: organizationId()
    .primaryKey()
    .references(() => organizations.id),
  blockedTools: jsonb('blocked_tools').$type<string[]>().notNull(),
  commandPatterns: jsonb('command_patterns').$type<CommandPattern[]>().notNull(),
  version: integer('version').notNull().default(1),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  updatedBy: text('updated_by').notNull(),
});

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
