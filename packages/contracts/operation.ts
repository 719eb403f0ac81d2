/** What is done to tenants: each has an id, a deadline, a phase and, when it fails, one reason out of a closed list. */
import { z } from 'zod';
import { operationFailureReason, tags, tenantName, tenantResources, tenantState, timetable } from './tenant.ts';

export const operationKind = z.enum([
  'create',
  'start',
  'stop',
  'restart',
  'hibernate',
  'wake',
  'pause',
  'resume',
  'reset',
  'rebuild',
  'resize',
  'backup',
  'restore',
  'clone',
  'migrate',
  'delete',
]);
export type OperationKind = z.infer<typeof operationKind>;

/**
 * Where an operation stands. It goes on with its phase after the process that ran it was killed.
 * A kind goes through some of these, in this order.
 */
export const operationPhase = z.enum([
  'waiting',
  'placing',
  'installing_image',
  'backing_up',
  'stopping',
  'copying_files',
  'restoring_files',
  'starting',
  'removing',
  'finished',
]);
export type OperationPhase = z.infer<typeof operationPhase>;

export const operationState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type OperationState = z.infer<typeof operationState>;

export const operation = z.object({
  id: z.string(),
  tenantId: z.string(),
  tenantName: z.string(),
  kind: operationKind,
  state: operationState,
  phase: operationPhase,
  reason: operationFailureReason.nullable(),
  message: z.string().nullable(),
  hint: z.string().nullable(),
  /** Who asked: a person's name, or what of Clawpool itself: `message`, `idle`, `timetable`, `expiry`, `always-on`, `batch`. */
  requestedBy: z.string(),
  batchId: z.string().nullable(),
  /** What it made: a checkpoint, a new tenant, how the runtime came about. */
  result: z
    .object({
      checkpointId: z.string().optional(),
      tenantId: z.string().optional(),
      startedBy: z.enum(['warm-slot', 'start']).optional(),
    })
    .nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  deadlineAt: z.iso.datetime(),
});
export type Operation = z.infer<typeof operation>;

/** Makes retries safe: the second request with the same token is answered with the first one's operation. */
const clientToken = z
  .string()
  .min(4)
  .max(128)
  .regex(/^[\x21-\x7e]+$/u, 'printable ASCII without spaces')
  .optional();

/** A checkpoint, or the newest one of a tenant (at or before a time); the tenant may be gone. */
export const checkpointReference = z.union([
  z.object({ checkpointId: z.string().max(64) }),
  z.object({ tenantId: z.string().max(64), at: z.iso.datetime().optional() }),
]);
export type CheckpointReference = z.infer<typeof checkpointReference>;

const expiry = {
  ttlHours: z.int().min(1).max(8760).nullable(),
  onExpiry: z.enum(['stop', 'delete']),
};

/** What makes a tenant. `name` alone is enough: everything else comes from the template and the tier. */
export const createTenantBody = z
  .object({
    clientToken,
    name: tenantName,
    tier: z.string().max(64).optional().describe('name or id; absent: the template’s, else the first tier'),
    configTemplate: z.string().max(64).optional(),
    employeeId: z.string().max(64).optional().describe('whose agent it is; absent: nobody’s in particular'),
    image: z.string().max(64).optional(),
    ...tenantResources.partial().shape,
    group: z.string().min(1).max(64).optional(),
    tags: tags.default({}),
    skills: z.array(z.string().max(64)).max(100).default([]),
    skillGroups: z.array(z.string().max(64)).max(20).default([]),
    ttlHours: expiry.ttlHours.default(null),
    onExpiry: expiry.onExpiry.default('stop'),
    timetable: timetable.nullable().default(null),
    preferredHost: z.string().max(64).optional(),
    restoreFrom: checkpointReference.optional(),
    cloneFrom: z.string().max(64).optional().describe('id or name of a tenant; its files as they are now'),
    /** False leaves it hibernated once its files are in place. */
    start: z.boolean().default(true),
  })
  .refine((body) => !(body.restoreFrom && body.cloneFrom), 'choose restoreFrom or cloneFrom, not both');
export type CreateTenantBody = z.infer<typeof createTenantBody>;

/** What can be changed without touching the runtime. Absent: as it is. */
export const changeTenantBody = z.object({
  name: tenantName.optional(),
  group: z.string().min(1).max(64).nullable().optional(),
  tags: tags.optional(),
  skills: z.array(z.string().max(64)).max(100).optional(),
  skillGroups: z.array(z.string().max(64)).max(20).optional(),
  ttlHours: expiry.ttlHours.optional().describe('from now; null: it does not expire'),
  onExpiry: expiry.onExpiry.optional(),
  timetable: timetable.nullable().optional(),
});

const plain = <const K extends OperationKind>(kind: K) => z.object({ kind: z.literal(kind), clientToken });

/** Of what backs up first: a backup that cannot be taken must not keep the tenant from what would mend it. */
const skipBackup = z.boolean().optional().describe('true: without a backup of the files as they are');

/** What can be asked for one existing tenant. */
export const operationRequest = z.discriminatedUnion('kind', [
  plain('start'),
  plain('stop'),
  plain('restart'),
  plain('hibernate'),
  plain('wake'),
  plain('pause'),
  plain('resume'),
  /** Puts the runtime's own state back to new; workspace, memory and conversations stay. */
  plain('reset').extend({ skipBackup }),
  plain('rebuild').extend({
    image: z.string().max(64).optional().describe('absent: the tier’s'),
    configTemplate: z.string().max(64).nullable().optional(),
    skipBackup,
  }),
  /** CPU and memory change at once, without a restart. */
  plain('resize').extend(tenantResources.partial().shape),
  plain('backup').extend({ note: z.string().max(200).default(''), pinned: z.boolean().default(false) }),
  /** Replaces the tenant's files; they are backed up first. */
  plain('restore').extend({ from: checkpointReference, skipBackup }),
  plain('clone').extend({ name: tenantName, start: z.boolean().default(true) }),
  plain('migrate').extend({ host: z.string().max(64) }),
  plain('delete').extend({
    /** False also removes its checkpoints and backups: nothing can be restored then. */
    keepData: z.boolean().default(true),
    skipBackup: z.boolean().default(false),
  }),
]);
export type OperationRequest = z.infer<typeof operationRequest>;

/** Which tenants; every given part has to fit. */
export const tenantFilter = z.object({
  tag: z
    .string()
    .max(151)
    .regex(/^[^:]+:.*$/u, 'key:value')
    .optional(),
  group: z.string().max(64).optional(),
  state: tenantState.optional(),
  tier: z.string().max(64).optional(),
});

/** An operation for many tenants, worked off in the background. Exactly one of `ids` and `filter`. */
export const batchBody = z
  .object({
    operation: z.discriminatedUnion('kind', [
      plain('start'),
      plain('stop'),
      plain('restart'),
      plain('hibernate'),
      plain('wake'),
      plain('backup').extend({ note: z.string().max(200).default(''), pinned: z.boolean().default(false) }),
      plain('rebuild').extend({ image: z.string().max(64).optional(), skipBackup }),
      plain('delete').extend({ keepData: z.boolean().default(true), skipBackup: z.boolean().default(false) }),
    ]),
    ids: z.array(z.string().max(64)).min(1).max(100_000).optional(),
    filter: tenantFilter.optional(),
  })
  .refine((body) => (body.ids === undefined) !== (body.filter === undefined), 'give either ids or a filter');
export type BatchBody = z.infer<typeof batchBody>;

export const batch = z.object({
  id: z.string(),
  kind: operationKind,
  state: z.enum(['running', 'finished']),
  total: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int().describe('called back before they began'),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  cancelledAt: z.iso.datetime().nullable().describe('since then nothing more of it begins'),
  finishedAt: z.iso.datetime().nullable(),
});
export type Batch = z.infer<typeof batch>;
