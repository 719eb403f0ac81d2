import type { MyProfile } from '@clawpool/contracts';
import { and, eq, notInArray } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { departments, employees, positions, tenants, tiers } from '../store/schema/index.ts';

export async function findProfile(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<(Omit<MyProfile, 'manager'> & { departmentId: string }) | null> {
  const [row] = await db
    .select({
      name: employees.name,
      email: employees.email,
      number: employees.number,
      position: positions.name,
      departmentId: employees.departmentId,
      department: departments.name,
      own: employees.contactFor,
      ofPosition: positions.contactFor,
      tenantId: tenants.id,
      tenantName: tenants.name,
      tier: tiers.name,
      about: employees.about,
      aboutVersion: employees.aboutVersion,
    })
    .from(employees)
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .leftJoin(
      tenants,
      and(
        eq(tenants.organizationId, employees.organizationId),
        eq(tenants.employeeId, employees.id),
        notInArray(tenants.state, ['deleting', 'deleted']),
      ),
    )
    .leftJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  if (!row) return null;
  const { own, ofPosition, tenantId, tenantName, tier, ...profile } = row;
  return {
    ...profile,
    contactFor: [...new Set([...own, ...(ofPosition ?? [])])],
    agent: tenantId === null ? null : { tenantId, name: tenantName ?? '', tier: tier ?? '' },
  };
}

export async function findNameOf(
  db: Queryable,
  organizationId: string,
  employeeId: string | null,
): Promise<string | null> {
  if (employeeId === null) return null;
  const [row] = await db
    .select({ name: employees.name })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  return row?.name ?? null;
}

/** Null: it has another version by now. */
export async function saveAbout(
  tx: Transaction,
  organizationId: string,
  employeeId: string,
  { about, expectedVersion }: { about: string; expectedVersion: number },
): Promise<{ about: string; aboutVersion: number } | null> {
  const [row] = await tx
    .update(employees)
    .set({ about, aboutVersion: expectedVersion + 1 })
    .where(
      and(
        eq(employees.organizationId, organizationId),
        eq(employees.id, employeeId),
        eq(employees.aboutVersion, expectedVersion),
      ),
    )
    .returning({ about: employees.about, aboutVersion: employees.aboutVersion });
  return row ?? null;
}
