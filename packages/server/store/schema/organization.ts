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
} from 'drizzle-orm/pg-core';
import { users } from './authentication.ts';
import { createdAt, organizationId } from './columns.ts';

export const organizations = pgTable('organizations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  timezone: text('timezone').notNull().default('UTC'),
  /** The organization that `--demo` seeds; the console offers its sign-ins. */
  sample: boolean('sample').notNull().default(false),
  createdAt: createdAt(),
});

export const departments = pgTable(
  'departments',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    parentId: text('parent_id'),
    name: text('name').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
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
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.id] }), check('tier_memory', sql`${t.memoryMegabytes} >= 512`)],
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
    positionId: text('position_id').notNull(),
    contactFor: jsonb('contact_for').$type<string[]>().notNull().default([]),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('employee_number').on(t.organizationId, t.number),
    unique('employee_email').on(t.organizationId, t.email),
    foreignKey({
      columns: [t.organizationId, t.departmentId],
      foreignColumns: [departments.organizationId, departments.id],
    }),
    foreignKey({ columns: [t.organizationId, t.positionId], foreignColumns: [positions.organizationId, positions.id] }),
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
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.userId] }),
    unique('one_user_per_employee').on(t.organizationId, t.employeeId),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
    index('members_by_user').on(t.userId),
  ],
);
