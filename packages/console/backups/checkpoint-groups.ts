import type { Checkpoint } from '@clawpool/contracts';

/** What is known of one tenant's checkpoints from a list of everybody's. */
export interface CheckpointGroup {
  tenantId: string;
  tenantName: string;
  orphan: boolean;
  newest: Checkpoint;
}

/** One entry per tenant, in the order in which they are first met: a list that begins with the newest keeps doing so. */
export function groupByTenant(checkpoints: readonly Checkpoint[]): CheckpointGroup[] {
  return [...Map.groupBy(checkpoints, ({ tenantId }) => tenantId)].flatMap(([tenantId, [newest]]) =>
    newest ? [{ tenantId, tenantName: newest.tenantName, orphan: newest.orphan, newest }] : [],
  );
}

/** A name for what is made of a backup: that of a deleted tenant is free again, a living one's is not. At most 32 characters. */
export function nameForCopy({ tenantName, orphan }: Pick<Checkpoint, 'tenantName' | 'orphan'>): string {
  const suffix = orphan ? '' : '-copy';
  // Names of tenants that came with an employee may be longer, or not lower case.
  const base = tenantName
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32 - suffix.length)
    .replace(/-+$/, '');
  return base === '' ? 'restored' : base + suffix;
}
