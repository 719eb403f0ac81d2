import type { AgentDefinition } from '@clawpool/contracts';
import { and, eq, or } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { layers } from '../store/schema/index.ts';

export interface Layer {
  scope: 'global' | 'position' | 'personal';
  /** '' for the global layer, else the position's or the employee's id. */
  ownerId: string;
  content: string;
}

/** The three SOUL sources of an agent; a layer nobody wrote, and one of nobody's, is empty. */
export async function findLayers(
  db: Queryable,
  organizationId: string,
  { positionId, employeeId }: { positionId: string | null; employeeId: string | null },
): Promise<AgentDefinition['layers']> {
  const rows = await db
    .select({ scope: layers.scope, content: layers.content })
    .from(layers)
    .where(
      and(
        eq(layers.organizationId, organizationId),
        or(
          eq(layers.scope, 'global'),
          positionId === null ? undefined : and(eq(layers.scope, 'position'), eq(layers.ownerId, positionId)),
          employeeId === null ? undefined : and(eq(layers.scope, 'personal'), eq(layers.ownerId, employeeId)),
        ),
      ),
    );
  const of = (scope: Layer['scope']) => rows.find((row) => row.scope === scope)?.content ?? '';
  return { global: of('global'), position: of('position'), personal: of('personal') };
}

export async function insertLayers(tx: Transaction, organizationId: string, written: readonly Layer[]): Promise<void> {
  await tx.insert(layers).values(written.map((layer) => ({ organizationId, ...layer })));
}
