import { z } from 'zod';

/** `allowed`: it was done. `refused`: a rule forbade it. `failed`: it was allowed and went wrong. */
export const auditOutcome = z.enum(['allowed', 'refused', 'failed']);

export const auditActor = z.enum(['person', 'agent', 'system']);

export const auditEvent = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.object({ type: auditActor, id: z.string(), name: z.string() }),
  action: z.string().describe('noun.verb, for example sign_in.succeeded, tool.refused, tenant.started'),
  target: z.object({ type: z.string(), id: z.string(), name: z.string() }).nullable(),
  outcome: auditOutcome,
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEvent = z.infer<typeof auditEvent>;
/** An event before it has a number and a time. */
export type NewAuditEvent = Omit<AuditEvent, 'id' | 'at'>;
