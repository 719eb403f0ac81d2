import { z } from 'zod';

/**
 * What a tenant is. What is being done to it meanwhile is its operation (`operation.ts`): a tenant that is being stopped is
 * `running` until it has stopped.
 * - `queued`: accepted; the controller has not begun with it
 * - `pending`: no host has room for it now; it is placed as soon as one has
 * - `creating`: it has a place and its runtime is being started
 * - `running`: its gateway answers
 * - `hibernated`: its files are checkpointed and its memory is free; the next message wakes it
 * - `stopped`: a person or its timetable stopped it; a message does not wake it, `start` does
 * - `paused`: its runtime is frozen in memory; messages wait until it is resumed
 * - `migrating`: its files and runtime are on their way to another host
 * - `restoring`: its files are being put back from a checkpoint
 * - `deleting`, `deleted`: a deleted tenant keeps its row and its id, its backups stay restorable
 * - `failed`: its runtime could not start; `reason` and `hint` say why. The next message or `start` tries again
 * - `requires_attention`: going on by itself could lose data; only a person's operation leads out of it
 */
export const tenantState = z.enum([
  'queued',
  'pending',
  'creating',
  'running',
  'hibernated',
  'stopped',
  'paused',
  'migrating',
  'restoring',
  'deleting',
  'deleted',
  'failed',
  'requires_attention',
]);
export type TenantState = z.infer<typeof tenantState>;

/** Why a runtime could not start, or ended by itself. A closed list: the console has a text for each. */
export const runtimeFailureReason = z.enum([
  'image_missing',
  'driver_unavailable',
  'configuration_invalid',
  'storage_full',
  'memory_limit',
  'start_timeout',
  'exited',
  /** The tenant's files in the blob store do not have their hashes any more; nothing was started. */
  'checkpoint_damaged',
]);
export type RuntimeFailureReason = z.infer<typeof runtimeFailureReason>;

/** Why an operation failed: a runtime's reasons and the control plane's own. A closed list, with one hint each. */
export const operationFailureReason = z.enum([
  ...runtimeFailureReason.options,
  'capacity_unavailable',
  'quota_exceeded',
  'deadline_exceeded',
  'backup_failed',
  'checkpoint_missing',
  'host_unreachable',
  /** Another operation, or a newer runtime, took the tenant over. */
  'superseded',
  'cancelled',
  /** The driver of the tenant's tier cannot do this. */
  'not_supported',
  'system_error',
]);
export type OperationFailureReason = z.infer<typeof operationFailureReason>;

/** A DNS label of at most 32 characters. */
export const tenantName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/u, 'use 1 to 32 of a-z, 0-9 and -, neither first nor last a hyphen')
  .describe('1 to 32 of a-z, 0-9 and -; no hyphen at either end');

/** At most 20; keys have no colon, since `key:value` is how one is written on a command line. */
export const tags = z
  .record(
    z
      .string()
      .min(1)
      .max(50)
      .regex(/^[^:,=\s]+$/u),
    z.string().max(100),
  )
  .refine((value) => Object.keys(value).length <= 20, 'at most 20 tags');
export type Tags = z.infer<typeof tags>;

export const timezone = z
  .string()
  .refine((name) => Intl.supportedValuesOf('timeZone').includes(name) || name === 'UTC', 'an IANA time zone');

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/u, 'HH:MM');

/** Office hours: started at `start`, stopped at `stop`, on these days, in this time zone. A stop before the start is the next day's. */
export const timetable = z.object({
  start: clockTime,
  stop: clockTime,
  timezone: timezone.default('UTC'),
  days: z
    .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
    .min(1)
    .default(['mon', 'tue', 'wed', 'thu', 'fri']),
});
export type Timetable = z.infer<typeof timetable>;

/** What a tenant may use. Everything absent comes from its configuration template, then from its tier. */
export const tenantResources = z.object({
  cpus: z.number().min(0.1).max(64).describe('CPU cores, may be fractional'),
  memoryMegabytes: z.int().min(512).max(262_144),
  diskMegabytes: z.int().min(128).max(1_048_576),
});
export type TenantResources = z.infer<typeof tenantResources>;

/** Of the runtime as the host sees it: `none` has no runtime, `stale` has not been heard of for two minutes. */
export const runtimeHealth = z.enum(['up', 'down', 'paused', 'stale', 'none']);
/** Of the OpenClaw gateway in it: does it answer? */
export const gatewayHealth = z.enum(['ready', 'unreachable', 'unknown', 'none']);

export const tenant = z.object({
  id: z.string(),
  name: z.string(),
  /** Null: a tenant without a person, made by an operator, for a team or for a load test. */
  owner: z
    .object({ employeeId: z.string(), name: z.string(), position: z.string(), department: z.string() })
    .nullable(),
  group: z.string().nullable(),
  tags,
  tier: z.string(),
  driver: z.string().describe('runtime driver of the tier on this host'),
  image: z.string().describe('for example openclaw-2026.6.35'),
  configTemplate: z.string().nullable(),
  host: z.string().nullable().describe('the host that has its runtime, or had it last'),
  state: tenantState,
  stateSince: z.iso.datetime(),
  reason: operationFailureReason.nullable(),
  hint: z.string().nullable(),
  /** What is being done to it now. */
  operation: z.object({ id: z.string(), kind: z.string(), phase: z.string(), deadlineAt: z.iso.datetime() }).nullable(),
  health: runtimeHealth,
  gateway: gatewayHealth,
  /** How the host reaches its gateway; a tenant has no network, so this is a socket. Null while it has no runtime. */
  address: z.string().nullable(),
  port: z.int().nullable().describe('of the gateway, inside the runtime'),
  memoryBytes: z.int().nullable().describe('resident memory of the runtime; null when it does not run'),
  memoryLimitBytes: z.int(),
  cpus: z.number(),
  cpuPercent: z.number().nullable().describe('of one core, lately; null when it does not run'),
  diskBytes: z.int().nullable().describe('of its files, at the last checkpoint'),
  diskLimitBytes: z.int(),
  alwaysOn: z.boolean(),
  expiresAt: z.iso.datetime().nullable(),
  onExpiry: z.enum(['stop', 'delete']),
  timetable: timetable.nullable(),
  skills: z.array(z.string()),
  skillGroups: z.array(z.string()),
  createdAt: z.iso.datetime(),
  lastActiveAt: z.iso.datetime().nullable(),
  lastCheckpointAt: z.iso.datetime().nullable(),
});
export type Tenant = z.infer<typeof tenant>;
