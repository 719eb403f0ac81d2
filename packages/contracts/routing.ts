import { z } from 'zod';

/**
 * Where messages go, from the narrowest rule to the widest: the employee's own, the position's, the organization's. A rule names a tier
 * (the employee's own tenant runs in it) or a tenant that answers instead. Without any rule the position's own tier counts.
 */
export const routingScope = z.enum(['employee', 'position', 'organization']);
export type RoutingScope = z.infer<typeof routingScope>;

export const routingTarget = z.discriminatedUnion('type', [
  z.object({ type: z.literal('tier'), tierId: z.string().min(1).max(64) }),
  z.object({ type: z.literal('tenant'), tenantId: z.string().min(1).max(64) }),
]);
export type RoutingTarget = z.infer<typeof routingTarget>;

export const routingRule = z.object({
  scope: routingScope,
  ownerId: z.string().describe('the employee’s or position’s id; empty for the organization'),
  ownerName: z.string(),
  target: routingTarget,
  targetName: z.string(),
  /** Employees whose messages it decides now. */
  affects: z.number().int(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type RoutingRule = z.infer<typeof routingRule>;

export const routingStep = z.object({
  step: z.enum(['employee', 'position', 'organization', 'position_tier', 'assignment', 'tier', 'tenant', 'always_on']),
  /** Did this one decide? */
  decided: z.boolean(),
  /** What was found, in one sentence. */
  detail: z.string(),
});
export type RoutingStep = z.infer<typeof routingStep>;

/** Why a message would go where. */
export const resolution = z.object({
  employee: z.object({ id: z.string(), name: z.string(), position: z.string(), department: z.string() }),
  /** Null: nobody answers; the last step says why. */
  tenant: z.object({ id: z.string(), name: z.string(), state: z.string(), team: z.boolean() }).nullable(),
  tier: z.object({ id: z.string(), name: z.string(), alwaysOn: z.boolean() }).nullable(),
  session: z.string().nullable().describe('the session it would belong to'),
  steps: z.array(routingStep),
});
export type Resolution = z.infer<typeof resolution>;

/** A team tenant and the employees it is shared by. */
export const assignment = z.object({
  tenantId: z.string(),
  tenantName: z.string(),
  employees: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type Assignment = z.infer<typeof assignment>;
