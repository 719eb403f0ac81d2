/** The pool as its operator sees it: hosts, room, warm slots, drift, limits, templates, load tests. */
import { z } from 'zod';
import { operationFailureReason, tenantResources } from './tenant.ts';

/** Room on a host. `total` is what the pool may use of it, overcommit included; `reserved` is the sum of the ledger's rows. */
const room = z.object({ total: z.number(), reserved: z.number() });

export const poolHost = z.object({
  id: z.string(),
  state: z.enum(['active', 'draining', 'unreachable']),
  driver: z.string(),
  isolates: z.boolean(),
  images: z.array(z.object({ id: z.string(), installed: z.boolean(), isDefault: z.boolean() })),
  cpus: room.describe('cores'),
  memoryMegabytes: room,
  diskMegabytes: z.object({ total: z.number(), free: z.number() }),
  tenants: z.int().describe('that have a runtime there'),
  warmSlots: z.int(),
  lastSeenAt: z.iso.datetime(),
});
export type PoolHost = z.infer<typeof poolHost>;

/** Booted gateways that belong to nobody yet, per tier and image. */
export const warmSlotGroup = z.object({
  tier: z.string(),
  image: z.string(),
  ready: z.int(),
  booting: z.int(),
  target: z.int(),
  /** What the target follows: starts per minute, smoothed. */
  demandPerMinute: z.number(),
  minimum: z.int(),
  maximum: z.int(),
  claims: z.int().describe('since Clawpool started'),
  misses: z.int().describe('starts that found no slot'),
});
export type WarmSlotGroup = z.infer<typeof warmSlotGroup>;

/** The ledger and reality differed. Most drifts are set right as they are found. */
export const drift = z.object({
  id: z.string(),
  kind: z.enum([
    /** A runtime that the database does not know of: it was adopted or removed. */
    'ghost_runtime',
    /** The database says running, the host says no. */
    'lost_runtime',
    /** A reservation without a tenant that needs it. */
    'leaked_reservation',
    /** A tenant with a runtime and without a reservation. */
    'missing_reservation',
    'overdue_operation',
    'clock_jump',
    'damaged_blob',
    'storage_full',
    'host_unreachable',
  ]),
  tenantId: z.string().nullable(),
  host: z.string().nullable(),
  detail: z.string(),
  action: z.enum(['adopted', 'removed', 'released', 'reserved', 'failed', 'restarted', 'noted']),
  at: z.iso.datetime(),
});
export type Drift = z.infer<typeof drift>;

/** What an organization may use; null is no limit. */
export const quotas = z.object({
  tenants: z.int().min(0).nullable(),
  runningTenants: z.int().min(0).nullable(),
  cpusPerTenant: z.number().min(0.1).nullable(),
  memoryMegabytesPerTenant: z.int().min(512).nullable(),
  diskMegabytesPerTenant: z.int().min(128).nullable(),
  totalCpus: z.number().min(0).nullable(),
  totalMemoryMegabytes: z.int().min(0).nullable(),
  totalDiskMegabytes: z.int().min(0).nullable(),
});
export type Quotas = z.infer<typeof quotas>;

export const templateName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/u, 'use 1 to 64 of a-z, 0-9 and -');

/** Defaults for new tenants; what is absent comes from the tier. */
export const configTemplateContent = z.object({
  description: z.string().max(500).default(''),
  tier: z.string().max(64).optional(),
  image: z.string().max(64).optional(),
  ...tenantResources.partial().shape,
  model: z.string().max(128).optional().describe('provider/model'),
  contextWindow: z.int().min(4_096).max(2_000_000).optional(),
  maxOutputTokens: z.int().min(256).max(1_000_000).optional(),
  idleMinutes: z.int().min(1).max(10_080).optional(),
  skills: z.array(z.string().max(64)).max(100).default([]),
  skillGroups: z.array(z.string().max(64)).max(20).default([]),
  /** Added to the agent's global layer. */
  instructions: z.string().max(8_000).default(''),
});
export type ConfigTemplateContent = z.infer<typeof configTemplateContent>;

export const configTemplate = z.object({
  name: templateName,
  version: z.int(),
  content: configTemplateContent,
  /** `default` comes with Clawpool and cannot be changed. */
  readOnly: z.boolean(),
  tenants: z.int().describe('that use it'),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type ConfigTemplate = z.infer<typeof configTemplate>;

export const loadTest = z.object({
  id: z.string(),
  state: z.enum(['creating', 'starting', 'finished', 'cleaning', 'cleaned']),
  count: z.int(),
  tier: z.string(),
  /** Requests accepted, and tenants that run by now. */
  accepted: z.int(),
  running: z.int(),
  failed: z.int(),
  /** Milliseconds of the create requests. Null until the first is answered. */
  requestMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
  /** Milliseconds from a tenant's request until it runs. */
  runningMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
  /** The single times behind these, ascending: how they are spread. */
  times: z.object({ requestMs: z.array(z.number()), runningMs: z.array(z.number()) }),
  /** Milliseconds until all that can run did. */
  allRunningMs: z.int().nullable(),
  failures: z.array(z.object({ tenant: z.string(), reason: operationFailureReason, message: z.string() })),
  /** `lt-` tenants of this test that still exist. */
  remaining: z.int(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type LoadTest = z.infer<typeof loadTest>;

/** One sample a minute (raw), thinned to one per ten minutes after a day. */
export const tenantSample = z.object({
  at: z.iso.datetime(),
  memoryBytes: z.int().nullable(),
  cpuPercent: z.number().nullable(),
  diskBytes: z.int().nullable(),
  processes: z.int().nullable(),
  turns: z.int().describe('that ended in the interval'),
});
export type TenantSample = z.infer<typeof tenantSample>;
