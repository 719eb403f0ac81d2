import { defaultCommandPatterns, type ToolName, type ToolPolicy } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { toolPolicies } from '../../store/schema/index.ts';

/** What holds where nobody has decided otherwise. */
const productPolicy: ToolPolicy = {
  blockedTools: [],
  commandPatterns: [...defaultCommandPatterns],
  version: 0,
  updatedAt: null,
  updatedBy: '',
};

/** The product's own where the organization has none. */
export async function findToolPolicy(db: Queryable, organizationId: string): Promise<ToolPolicy> {
  const [row] = await db.select().from(toolPolicies).where(eq(toolPolicies.organizationId, organizationId));
  return row ? toPolicy(row) : productPolicy;
}

/** The next version, if `expectedVersion` is the present one; null: it is not. */
export async function saveToolPolicy(
  tx: Transaction,
  policy: Pick<ToolPolicy, 'blockedTools' | 'commandPatterns' | 'updatedBy'> & { organizationId: string },
  expectedVersion: number,
): Promise<ToolPolicy | null> {
  const { organizationId, ...content } = policy;
  const [row] =
    expectedVersion === 0
      ? await tx.insert(toolPolicies).values(policy).onConflictDoNothing().returning()
      : await tx
          .update(toolPolicies)
          .set({ ...content, version: sql`${toolPolicies.version} + 1`, updatedAt: sql`now()` })
          .where(and(eq(toolPolicies.organizationId, organizationId), eq(toolPolicies.version, expectedVersion)))
          .returning();
  return row ? toPolicy(row) : null;
}

const toPolicy = ({ organizationId: _, blockedTools, updatedAt, ...row }: typeof toolPolicies.$inferSelect) => ({
  ...row,
  blockedTools: blockedTools as ToolName[],
  updatedAt: updatedAt.toISOString(),
});
