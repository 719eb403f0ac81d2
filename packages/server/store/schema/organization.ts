import type { DirectorySource, EmployeeImportChange, Permission } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  boolean,
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
import { users } from './authentication.ts';
import { createdAt, instant, organizationId } from './columns.ts';

/** Where a row comes from: whoever made it there changes it there. `externalId` is the directory's own name of it. */
const fromDirectory = () => ({
  source: text('source').$type<DirectorySource>().notNull().default('local'),
  externalId: text('external_id'),
});

export const organizations = pgTable('organizations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  timezone: text('timezone').notNull().default('UTC'),
  /** The organization that `--demo` seeds; the console offers its sign-ins. */
  sample: boolean('sample').notNull().default(false),
  /** Whether the global layer and those of positions change through a proposal that somebody else approves. */
  layerReview: boolean('layer_review').notNull().default(false),
  createdAt: createdAt(),
});

export const departments = pgTable(
  'departments',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    parentId: text('parent_id'),
    name: text('name').notNull(),
    ...fromDirectory(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    uniqueIndex('department_of_directory')
      .on(t.organizationId, t.source, t.externalId)
      .where(sql`external_id is not null`),
    foreignKey({ columns: [t.organizationId, t.parentId], foreignColumns: [t.organizationId, t.id] }),
    check('department_is_not_its_own_parent', sql`${t.parentId} is distinct from ${t.id}`),
  ],
);

/** A named runtime profile. `toolsCeiling` bounds what any position that uses the tier may allow. */
export const tiers = pgTable(
  'tiers',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    /** Null: the installation's driver. */
    driver: text('driver'),
    /** Null: the installation's default image. */
    image: text('image'),
    /** `provider/model`; null: the installation's active model. */
    model: text('model'),
    memoryMegabytes: integer('memory_megabytes').notNull(),
    /** Thousandths of a core. */
    cpuMillis: integer('cpu_millis').notNull(),
    pids: integer('pids').notNull(),
    diskMegabytes: integer('disk_megabytes').notNull(),
    toolsCeiling: jsonb('tools_ceiling').$type<string[]>().notNull(),
    /** Minutes without a turn after which the runtime hibernates. */
    idleMinutes: integer('idle_minutes').notNull(),
    alwaysOn: boolean('always_on').notNull().default(false),
    /** Answer directly with the model while the runtime wakes. */
    fastPath: boolean('fast_path').notNull().default(false),
    /** Minutes between two looks at HEARTBEAT.md; 0: never. */
    heartbeatMinutes: integer('heartbeat_minutes').notNull().default(30),
    /** Hosts that its tenants may reach by HTTPS: `api.example.com`, `*.example.com`. */
    egressHosts: jsonb('egress_hosts').$type<string[]>().notNull().default([]),
    description: text('description').notNull().default(''),
    /** Rises with every change. */
    version: integer('version').notNull().default(1),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    updatedBy: text('updated_by').notNull().default('Clawpool'),
    /** Deleted agents and load tests go on naming it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    /** A deleted tier gives its name free. */
    uniqueIndex('tier_name').on(t.organizationId, sql`lower(${t.name})`).where(sql`deleted_at is null`),
    check('tier_memory', sql`${t.memoryMegabytes} >= 512`),
  ],
);

export const positions = pgTable(
  'positions',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    departmentId: text('department_id').notNull(),
    tierId: text('tier_id').notNull(),
    name: text('name').notNull(),
    /** Tool names of the contracts; what the position allows before the tier's ceiling. */
    tools: jsonb('tools').$type<string[]>().notNull(),
    /** What people of this position are the right ones to ask about. */
    contactFor: jsonb('contact_for').$type<string[]>().notNull().default([]),
    /** Skills that agents of the position have, by name. */
    skills: jsonb('skills').$type<string[]>().notNull().default([]),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({
      columns: [t.organizationId, t.departmentId],
      foreignColumns: [departments.organizationId, departments.id],
    }),
    foreignKey({ columns: [t.organizationId, t.tierId], foreignColumns: [tiers.organizationId, tiers.id] }),
  ],
);

export const employees = pgTable(
  'employees',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    number: text('number').notNull(),
    name: text('name').notNull(),
    email: text('email').notNull(),
    departmentId: text('department_id').notNull(),
    /** Null: not decided yet; they have no agent of their own until they have one. */
    positionId: text('position_id'),
    contactFor: jsonb('contact_for').$type<string[]>().notNull().default([]),
    /** False: suspended. They cannot sign in, their agents answer nobody; everything is kept. */
    active: boolean('active').notNull().default(true),
    /** Who did, while they are: an admin's suspension (`local`) is only lifted by an admin, whatever a directory says. */
    suspendedBy: text('suspended_by').$type<DirectorySource>(),
    /** What they tell their agent about themselves: Markdown, for USER.md. */
    about: text('about').notNull().default(''),
    aboutVersion: integer('about_version').notNull().default(1),
    ...fromDirectory(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('employee_number').on(t.organizationId, t.number),
    unique('employee_email').on(t.organizationId, t.email),
    uniqueIndex('employee_of_directory')
      .on(t.organizationId, t.source, t.externalId)
      .where(sql`external_id is not null`),
    foreignKey({
      columns: [t.organizationId, t.departmentId],
      foreignColumns: [departments.organizationId, departments.id],
    }),
    foreignKey({ columns: [t.organizationId, t.positionId], foreignColumns: [positions.organizationId, positions.id] }),
    /** Few, and asked for with every message. */
    index('employees_suspended').on(t.organizationId, t.id).where(sql`not active`),
    check('employee_email_is_lower_case', sql`${t.email} = lower(${t.email})`),
  ],
);

/** What a user is in an organization. `employeeId` is null for people without an agent of their own. */
export const members = pgTable(
  'members',
  {
    organizationId: organizationId().references(() => organizations.id),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    employeeId: text('employee_id'),
    roles: jsonb('roles').$type<string[]>().notNull(),
    permissions: jsonb('permissions').$type<Permission[]>().notNull().default([]),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.userId] }),
    unique('one_user_per_employee').on(t.organizationId, t.employeeId),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
    index('members_by_user').on(t.userId),
  ],
);

/** A file of people that was taken in, with what it takes to undo it. */
export const employeeImports = pgTable(
  'employee_imports',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    fileName: text('file_name').notNull(),
    /** In the order in which they were made. */
    changes: jsonb('changes').$type<EmployeeImportChange[]>().notNull(),
    importedBy: text('imported_by').notNull(),
    undoneAt: instant('undone_at'),
    undoneBy: text('undone_by'),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.id] })],
);
