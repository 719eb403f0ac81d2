import type { TenantSample } from '@clawpool/contracts';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { tenantSamples } from '../store/schema/index.ts';

/** Of the last hours, in order. */
export async function listSamples(
  db: Queryable,
  { organizationId, id }: { organizationId: string; id: string },
  hours: number,
): Promise<TenantSample[]> {
  const rows = await db
    .select()
    .from(tenantSamples)
    .where(
      and(
        eq(tenantSamples.organizationId, organizationId),
        eq(tenantSamples.tenantId, id),
        sql`${tenantSamples.at} > now() - ${hours} * interval '1 hour'`,
      ),
    )
    .orderBy(asc(tenantSamples.at));
  return rows.map(({ organizationId: _, tenantId: __, at, ...sample }) => ({ at: at.toISOString(), ...sample }));
}
