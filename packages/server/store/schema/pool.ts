import type {
  CheckpointCause,
  ConfigTemplateContent,
  Drift,
  OperationFailureReason,
  OperationKind,
  OperationPhase,
  OperationRequest,
  OperationState,
  Tags,
  TenantState,
  Timetable,
} from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  bigserial,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  real,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { employees, organizations, tiers } from './organization.ts';

/** Host uids for runtimes: one per tenant and per warm slot, never reused. Far above people's and system's, below the 2^31 some tools stop at. */
export const tenantUid = pgSequence('tenant_uid', { startWith: 2_000_000, maxValue: 2_000_000_000 });

/** Machines of the pool, by the name the host agent was started with. Rows of the installation, not of an organization. */
export const hosts = pgTable('hosts', {
  id: text('id').primaryKey(),
  state: text('state', { enum: ['active', 'draining', 'unreachable'] })
    .notNull()
    .default('active'),
  /** What the pool may hand out there, overcommit included: thousandths of a core, and megabytes. */
  cpuMillis: integer('cpu_millis').notNull(),
  memoryMegabytes: integer('memory_megabytes').notNull(),
  diskMegabytes: integer('disk_megabytes').notNull(),
  diskFreeMegabytes: integer('disk_free_megabytes').notNull(),
  lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
});

export const tenants = pgTable(
  'tenants',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    /** Null: nobody's in particular. */
    employeeId: text('employee_id'),
    tierId: text('tier_id').notNull(),
    uid: integer('uid').notNull().default(sql`nextval('tenant_uid')`),
    state: text('state').$type<TenantState>().notNull().default('hibernated'),
    stateSince: instant('state_since').notNull().defaultNow(),
    reason: text('reason').$type<OperationFailureReason>(),
    hint: text('hint'),
    /** The fencing number: rises with every start; whoever holds an older one can change nothing any more. */
    generation: integer('generation').notNull().default(0),
    lastActiveAt: instant('last_active_at'),
    /** When its HEARTBEAT.md was last looked at. */
    heartbeatAt: instant('heartbeat_at'),
    createdAt: createdAt(),
    deletedAt: instant('deleted_at'),

    group: text('group_name'),
    tags: jsonb('tags').$type<Tags>().notNull().default({}),
    skills: jsonb('skills').$type<string[]>().notNull().default([]),
    skillGroups: jsonb('skill_groups').$type<string[]>().notNull().default([]),
    configTemplate: text('config_template'),
    /** Null: the tier's. */
    image: text('image'),
    /** Null: the tier's. */
    cpuMillis: integer('cpu_millis'),
    memoryMegabytes: integer('memory_megabytes'),
    diskMegabytes: integer('disk_megabytes'),
    /** Of an agent without an employee: the tools it has of those its tier allows. Null: all of them. */
    tools: jsonb('tools').$type<string[]>(),
    expiresAt: instant('expires_at'),
    onExpiry: text('on_expiry', { enum: ['stop', 'delete'] })
      .notNull()
      .default('stop'),
    timetable: jsonb('timetable').$type<Timetable>(),
    /** The last start or stop of the timetable that was acted upon. */
    timetableDoneAt: instant('timetable_done_at'),

    /** The host that has its runtime, or had it last and keeps its files. */
    hostId: text('host_id').references(() => hosts.id),
    /** Rises whenever its files are replaced or begin a life on another host; see FilesSource in the contracts. */
    filesEpoch: integer('files_epoch').notNull().default(1),
    /** The newest checkpoint: what a restore begins with. */
    checkpointId: text('checkpoint_id'),
    /** Bytes of its files, at the last checkpoint. */
    diskBytes: bigint('disk_bytes', { mode: 'number' }),
    /** Rises whenever something its files or its configuration are made of has changed; see `markAgents`. */
    agentRevision: integer('agent_revision').notNull().default(1),
    /** Failed starts in a row, for the back-off. */
    startFailures: integer('start_failures').notNull().default(0),
    retryAt: instant('retry_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    /** Folders, sockets and limits on a host are named by the tenant alone. */
    unique('tenant_id_is_unique_in_the_installation').on(t.id),
    unique('tenant_uid_is_unique').on(t.uid),
    /** A deleted tenant gives its name and its person free. */
    uniqueIndex('tenant_name').on(t.organizationId, t.name).where(sql`state <> 'deleted'`),
    uniqueIndex('one_personal_tenant_per_employee').on(t.organizationId, t.employeeId).where(sql`state <> 'deleted'`),
    foreignKey({ columns: [t.organizationId, t.employeeId], foreignColumns: [employees.organizationId, employees.id] }),
    foreignKey({ columns: [t.organizationId, t.tierId], foreignColumns: [tiers.organizationId, tiers.id] }),
    foreignKey({
      name: 'newest_checkpoint',
      columns: [t.organizationId, t.checkpointId],
      foreignColumns: [checkpoints.organizationId as AnyPgColumn, checkpoints.id as AnyPgColumn],
    }),
    check('tenant_id_is_a_path_segment', sql`${t.id} ~ '^[a-z0-9][a-z0-9-]{0,39}$'`),
    check('tenant_id_is_no_slot', sql`${t.id} !~ '^slot-'`),
    check('deleted_has_a_time', sql`(${t.state} = 'deleted') = (${t.deletedAt} is not null)`),
    index('tenants_by_state').on(t.state),
    /** For the foreign key: retention removes checkpoints by the hundreds. */
    index('tenants_by_checkpoint').on(t.organizationId, t.checkpointId),
    index('tenants_by_group').on(t.organizationId, t.group),
    index('tenants_by_tag').using('gin', t.tags),
    index('tenants_that_expire').on(t.expiresAt).where(sql`expires_at is not null and state <> 'deleted'`),
  ],
);

/** What is done to tenants. The row is the work: claimed with a lease and a fencing number, gone on with after a kill. */
export const operations = pgTable(
  'operations',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    kind: text('kind').$type<OperationKind>().notNull(),
    state: text('state').$type<OperationState>().notNull().default('queued'),
    phase: text('phase').$type<OperationPhase>().notNull().default('waiting'),
    /** What was asked, and what the phases so far found out. */
    request: jsonb('request').$type<OperationRequest | { kind: 'create'; start: boolean }>().notNull(),
    progress: jsonb('progress').$type<Record<string, unknown>>().notNull().default({}),
    clientToken: text('client_token'),
    requestedBy: text('requested_by').notNull(),
    batchId: text('batch_id'),
    reason: text('reason').$type<OperationFailureReason>(),
    message: text('message'),
    hint: text('hint'),
    result: jsonb('result').$type<{
      checkpointId?: string;
      tenantId?: string;
      startedBy?: 'warm-slot' | 'start';
    }>(),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: instant('lease_expires_at'),
    /** Rises with every claim and when the reaper takes it away; an executor writes only while its number is still the row's. */
    fence: integer('fence').notNull().default(0),
    /** Earliest time of the next attempt; null: now. */
    retryAt: instant('retry_at'),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    deadlineAt: instant('deadline_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('operation_id_is_unique_in_the_installation').on(t.id),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    foreignKey({ columns: [t.organizationId, t.batchId], foreignColumns: [batches.organizationId, batches.id] }),
    /** Two never work on one tenant. */
    uniqueIndex('one_open_operation_per_tenant').on(t.organizationId, t.tenantId).where(sql`finished_at is null`),
    uniqueIndex('operation_by_client_token').on(t.organizationId, t.clientToken),
    check(
      'finished_means_over',
      sql`(${t.state} in ('succeeded', 'failed', 'cancelled')) = (${t.finishedAt} is not null)`,
    ),
    check('failed_has_a_reason', sql`(${t.state} <> 'failed') or (${t.reason} is not null)`),
    index('operations_waiting').on(t.createdAt).where(sql`finished_at is null`),
    index('operations_by_tenant').on(t.organizationId, t.tenantId, t.createdAt),
    index('operations_by_end').on(t.finishedAt),
    index('operations_by_batch').on(t.organizationId, t.batchId),
  ],
);

/** One operation for many tenants: `pending` holds the tenants whose operation has not been made yet. */
export const batches = pgTable(
  'batches',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    request: jsonb('request').$type<OperationRequest>().notNull(),
    pending: jsonb('pending').$type<string[]>().notNull(),
    total: integer('total').notNull(),
    /** Of tenants for which no operation could be made, for example because they are gone. */
    refused: integer('refused').notNull().default(0),
    requestedBy: text('requested_by').notNull(),
    createdAt: createdAt(),
    /** Called back: what had not begun by then does not begin any more. */
    cancelledAt: instant('cancelled_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    index('batches_open').on(t.createdAt).where(sql`finished_at is null`),
  ],
);

/**
 * The ledger: what each tenant's runtime, or a warm slot, holds of a host. A row is there from before the runtime is started until it
 * is gone; deleting the row is the release, which therefore happens once. `ownerId` is a tenant's id or a slot's.
 */
export const reservations = pgTable(
  'reservations',
  {
    ownerId: text('owner_id').primaryKey(),
    hostId: text('host_id')
      .notNull()
      .references(() => hosts.id),
    organizationId: organizationId().references(() => organizations.id),
    kind: text('kind', { enum: ['tenant', 'slot'] }).notNull(),
    generation: integer('generation').notNull(),
    cpuMillis: integer('cpu_millis').notNull(),
    memoryMegabytes: integer('memory_megabytes').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    index('reservations_by_host').on(t.hostId),
    check('reservation_is_something', sql`${t.cpuMillis} > 0 and ${t.memoryMegabytes} > 0`),
  ],
);

/** An immutable snapshot of a tenant's files; its content is in the blob store, below `root`. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    /** No foreign key: backups outlive their tenant, and imported ones have none. */
    tenantId: text('tenant_id').notNull(),
    tenantName: text('tenant_name').notNull(),
    /** The tenant's fencing numbers when it was taken. */
    generation: integer('generation').notNull(),
    filesEpoch: integer('files_epoch').notNull(),
    cause: text('cause').$type<CheckpointCause>().notNull(),
    backup: boolean('backup').notNull().default(false),
    pinned: boolean('pinned').notNull().default(false),
    note: text('note').notNull().default(''),
    image: text('image').notNull(),
    root: text('root').notNull(),
    files: integer('files').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    storedBytes: bigint('stored_bytes', { mode: 'number' }).notNull(),
    /** What could not be read, and so is not in it. */
    skipped: integer('skipped').notNull().default(0),
    tookMs: integer('took_ms').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    unique('checkpoint_id_is_unique_in_the_installation').on(t.id),
    check('checkpoint_root_is_a_hash', sql`${t.root} ~ '^[0-9a-f]{64}$'`),
    index('checkpoints_by_tenant').on(t.organizationId, t.tenantId, t.createdAt),
    index('checkpoints_by_age').on(t.organizationId, t.createdAt),
  ],
);

/** How long an organization's checkpoints are kept; no row: the defaults. */
export const retentions = pgTable('retentions', {
  organizationId: organizationId()
    .primaryKey()
    .references(() => organizations.id),
  days: integer('days').notNull(),
  backupsPerTenant: integer('backups_per_tenant').notNull(),
  checkpointsPerTenant: integer('checkpoints_per_tenant').notNull(),
  backupEveryHours: integer('backup_every_hours').notNull(),
});

/** What an organization may use; no row, or null: no limit. */
export const quotas = pgTable('quotas', {
  organizationId: organizationId()
    .primaryKey()
    .references(() => organizations.id),
  tenants: integer('tenants'),
  runningTenants: integer('running_tenants'),
  cpuMillisPerTenant: integer('cpu_millis_per_tenant'),
  memoryMegabytesPerTenant: integer('memory_megabytes_per_tenant'),
  diskMegabytesPerTenant: integer('disk_megabytes_per_tenant'),
  totalCpuMillis: integer('total_cpu_millis'),
  totalMemoryMegabytes: integer('total_memory_megabytes'),
  totalDiskMegabytes: integer('total_disk_megabytes'),
});

/** Immutable versions; the newest is the one in use. `default` is part of the code and has no row. */
export const configTemplates = pgTable(
  'config_templates',
  {
    organizationId: organizationId().references(() => organizations.id),
    name: text('name').notNull(),
    version: integer('version').notNull(),
    content: jsonb('content').$type<ConfigTemplateContent>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.name, t.version] })],
);

/** Bounds of a tier's warm slots; no row: the defaults. */
export const warmSlotBounds = pgTable(
  'warm_slot_bounds',
  {
    organizationId: organizationId().references(() => organizations.id),
    tierId: text('tier_id').notNull(),
    minimum: integer('minimum').notNull(),
    maximum: integer('maximum').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.tierId] }),
    foreignKey({ columns: [t.organizationId, t.tierId], foreignColumns: [tiers.organizationId, tiers.id] }),
    check('warm_slot_bounds_in_order', sql`0 <= ${t.minimum} and ${t.minimum} <= ${t.maximum}`),
  ],
);

/** Where ledger and reality differed, and what was done about it. Of the installation. */
export const drifts = pgTable(
  'drifts',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    at: instant('at').notNull().defaultNow(),
    kind: text('kind').$type<Drift['kind']>().notNull(),
    /** Null where it is not about an organization's tenant. */
    organizationId: text('organization_id').references(() => organizations.id),
    tenantId: text('tenant_id'),
    hostId: text('host_id'),
    detail: text('detail').notNull(),
    action: text('action').$type<Drift['action']>().notNull(),
  },
  (t) => [index('drifts_by_time').on(t.at)],
);

export const tenantSamples = pgTable(
  'tenant_samples',
  {
    organizationId: organizationId().references(() => organizations.id),
    tenantId: text('tenant_id').notNull(),
    at: instant('at').notNull(),
    memoryBytes: bigint('memory_bytes', { mode: 'number' }),
    cpuPercent: real('cpu_percent'),
    diskBytes: bigint('disk_bytes', { mode: 'number' }),
    processes: integer('processes'),
    turns: integer('turns').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.tenantId, t.at] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    index('tenant_samples_by_time').on(t.at),
  ],
);

export const loadTests = pgTable(
  'load_tests',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    count: integer('count').notNull(),
    tierId: text('tier_id').notNull(),
    /** One entry per create request, in order: its tenant (null: refused), milliseconds, and why it was refused. */
    requests: jsonb('requests')
      .$type<{ tenantId: string | null; ms: number; reason?: OperationFailureReason; message?: string }[]>()
      .notNull()
      .default([]),
    startedBy: text('started_by').notNull(),
    startedAt: instant('started_at').notNull().defaultNow(),
    /** When all that could run did, or the last one had failed. */
    finishedAt: instant('finished_at'),
    cleanedAt: instant('cleaned_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({ columns: [t.organizationId, t.tierId], foreignColumns: [tiers.organizationId, tiers.id] }),
  ],
);
