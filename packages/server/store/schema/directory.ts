import type {
  DirectoryCounts,
  DirectoryRunConflict,
  DirectoryRunState,
  DirectorySource,
  DirectoryVendor,
  Role,
  ScimUserDocument,
} from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { employees, organizations, positions } from './organization.ts';

/** Where departments and people come from besides the console. No row: everything as it is by default. */
export const directorySettings = pgTable('directory_settings', {
  organizationId: organizationId()
    .primaryKey()
    .references(() => organizations.id),
  /** Parts a SCIM client's `department` into a path. */
  departmentDelimiter: text('department_delimiter').notNull().default(' / '),
  /** What a SCIM client's DELETE of a person does. */
  scimDelete: text('scim_delete', { enum: ['suspend', 'remove'] })
    .notNull()
    .default('suspend'),
});

/** What a directory's title or group becomes here. A person whose title has a mapping does not ask their groups. */
export const directoryMappings = pgTable(
  'directory_mappings',
  {
    organizationId: organizationId().references(() => organizations.id),
    kind: text('kind', { enum: ['title', 'group'] }).notNull(),
    /** Of a title or a group's display name, in lower case: directories do not care about case. */
    key: text('key').notNull(),
    name: text('name').notNull(),
    positionId: text('position_id'),
    /** Only of groups. */
    role: text('role').$type<Role>(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.kind, t.key] }),
    foreignKey({
      columns: [t.organizationId, t.positionId],
      foreignColumns: [positions.organizationId, positions.id],
    }).onDelete('cascade'),
    check('directory_mapping_says_something', sql`${t.positionId} is not null or ${t.role} is not null`),
    check('directory_title_is_no_role', sql`${t.kind} = 'group' or ${t.role} is null`),
    check('directory_mapping_never_makes_operators', sql`${t.role} is distinct from 'operator'`),
  ],
);

/** What a directory said of a person, and what it did to them. */
export const directoryPeople = pgTable(
  'directory_people',
  {
    organizationId: organizationId().references(() => organizations.id),
    employeeId: text('employee_id').notNull(),
    source: text('source').$type<DirectorySource>().notNull(),
    title: text('title'),
    /** Roles they have from groups and from nothing else: taken away with the group. */
    grantedRoles: jsonb('granted_roles').$type<Role[]>().notNull().default([]),
    /** SCIM: the client's unique name of them, in lower case. */
    userName: text('user_name'),
    /** SCIM: what the client sent and is served again. */
    document: jsonb('document').$type<ScimUserDocument>(),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.employeeId] }),
    foreignKey({
      columns: [t.organizationId, t.employeeId],
      foreignColumns: [employees.organizationId, employees.id],
    }).onDelete('cascade'),
    unique('scim_user_name').on(t.organizationId, t.userName),
    check('scim_people_have_a_document', sql`(${t.source} = 'scim') = (${t.document} is not null)`),
    check('scim_people_have_a_user_name', sql`(${t.source} = 'scim') = (${t.userName} is not null)`),
  ],
);

/** Tokens of SCIM clients: 256 random bits, so a plain SHA-256 of each is enough. */
export const scimTokens = pgTable(
  'scim_tokens',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    hash: text('hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: createdAt(),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.id] }), unique('scim_token_hash').on(t.hash)],
);

export const scimGroups = pgTable(
  'scim_groups',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    displayName: text('display_name').notNull(),
    externalId: text('external_id'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    uniqueIndex('scim_group_name').on(t.organizationId, sql`lower(${t.displayName})`),
  ],
);

export const scimGroupMembers = pgTable(
  'scim_group_members',
  {
    organizationId: organizationId().references(() => organizations.id),
    groupId: text('group_id').notNull(),
    employeeId: text('employee_id').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.groupId, t.employeeId] }),
    foreignKey({
      columns: [t.organizationId, t.groupId],
      foreignColumns: [scimGroups.organizationId, scimGroups.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.organizationId, t.employeeId],
      foreignColumns: [directoryPeople.organizationId, directoryPeople.employeeId],
    }).onDelete('cascade'),
    index('scim_groups_of_a_person').on(t.organizationId, t.employeeId),
  ],
);

/** A platform whose people are read; one of each vendor. */
export const directorySources = pgTable(
  'directory_sources',
  {
    organizationId: organizationId().references(() => organizations.id),
    vendor: text('vendor').$type<DirectoryVendor>().notNull(),
    baseUrl: text('base_url').notNull(),
    appId: text('app_id').notNull(),
    sealedSecret: text('sealed_secret').notNull(),
    /** Hours between two runs; 0: only when somebody asks. */
    everyHours: integer('every_hours').notNull(),
    /** A run that would suspend more than this share of the people, and at least five, stops and asks. */
    suspendPercent: integer('suspend_percent').notNull(),
    nextRunAt: instant('next_run_at'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.vendor] }),
    index('directory_sources_due').on(t.nextRunAt).where(sql`next_run_at is not null`),
    check('directory_suspend_percent', sql`${t.suspendPercent} between 0 and 100`),
    check('directory_every_hours', sql`${t.everyHours} between 0 and 168`),
  ],
);

/** One run of a source. The row is the work: it is claimed with a lease, and every write names its fence. */
export const directoryRuns = pgTable(
  'directory_runs',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    vendor: text('vendor').$type<DirectoryVendor>().notNull(),
    /** Null: the timetable. */
    startedBy: text('started_by'),
    state: text('state').$type<DirectoryRunState>().notNull().default('waiting'),
    /** So many suspensions were seen and agreed to; null: nobody was asked. */
    agreedSuspensions: integer('agreed_suspensions'),
    counts: jsonb('counts').$type<DirectoryCounts>().notNull(),
    conflicts: jsonb('conflicts').$type<DirectoryRunConflict[]>().notNull().default([]),
    message: text('message'),
    hint: text('hint'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: instant('lease_expires_at'),
    fence: integer('fence').notNull().default(0),
    createdAt: createdAt(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({
      columns: [t.organizationId, t.vendor],
      foreignColumns: [directorySources.organizationId, directorySources.vendor],
    }).onDelete('cascade'),
    uniqueIndex('one_directory_run_at_a_time')
      .on(t.organizationId, t.vendor)
      .where(sql`state in ('waiting', 'running')`),
    index('directory_runs_of_a_source').on(t.organizationId, t.vendor, t.createdAt),
  ],
);
