import { z } from 'zod';

/**
 * - `hibernated`: has files but no runtime; the next message wakes it
 * - `creating`: its runtime is being started
 * - `running`: its gateway answers
 * - `stopping`: its runtime is being ended in order
 * - `failed`: its runtime could not start; `reason` and `hint` say why and what happens next
 */
export const tenantState = z.enum(['hibernated', 'creating', 'running', 'stopping', 'failed']);
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
]);
export type RuntimeFailureReason = z.infer<typeof runtimeFailureReason>;

export const tenant = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.object({ employeeId: z.string(), name: z.string(), position: z.string(), department: z.string() }),
  tier: z.string(),
  driver: z.string().describe('runtime driver of the tier on this host'),
  image: z.string().describe('for example openclaw-2026.6.35'),
  state: tenantState,
  stateSince: z.iso.datetime(),
  reason: runtimeFailureReason.nullable(),
  hint: z.string().nullable(),
  memoryBytes: z.int().nullable().describe('resident memory of the runtime; null when it does not run'),
  memoryLimitBytes: z.int(),
  cpus: z.number(),
  lastActiveAt: z.iso.datetime().nullable(),
});
export type Tenant = z.infer<typeof tenant>;
