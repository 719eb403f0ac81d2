import type { Assignment } from '@clawpool/contracts';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { assignments, employees, tenants } from '../../store/schema/index.ts';

/** Tenants that are shared, by name. `departmentIds` null: with employees of all departments; otherwise only with those of some. */
export async function listAssignments(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
): Promise<Assignment[]> {
  const rows = await db
    .select({
      tenantId: tenants.id,
      tenantName: tenants.name,
      employee: { id: employees.id, name: employees.name },
    })
    .from(assignments)
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, assignments.organizationId), eq(tenants.id, assignments.tenantId)),
    )
    .innerJoin(
      employees,
      and(eq(employees.organizationId, assignments.organizationId), eq(employees.id, assignments.employeeId)),
    )
    .where(
      and(
        eq(assignments.organizationId, organizationId),
        sql`${tenants.state} <> 'deleted'`,
        departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
      ),
    )
    .orderBy(asc(tenants.name), asc(employees.name), asc(employees.id));
  const found = new Map<string, Assignment>();
  for (const { tenantId, tenantName, employee } of rows) {
    const assignment = found.get(tenantId) ?? { tenantId, tenantName, employees: [] };
    assignment.employees.push(employee);
    found.set(tenantId, assignment);
  }
  return [...found.values()];
}

/** False: they shared it already. */
export async function insertAssignment(
  tx: Transaction,
  row: Pick<typeof assignments.$inferInsert, 'organizationId' | 'tenantId' | 'employeeId'>,
): Promise<boolean> {
  const rows = await tx.insert(assignments).values(row).onConflictDoNothing().returning({ id: assignments.tenantId });
  return rows.length > 0;
}

/** False: they did not share it. */
export async function deleteAssignment(
  tx: Transaction,
  { organizationId, tenantId, employeeId }: { organizationId: string; tenantId: string; employeeId: string },
): Promise<boolean> {
  const rows = await tx
    .delete(assignments)
    .where(
      and(
        eq(assignments.organizationId, organizationId),
        eq(assignments.tenantId, tenantId),
        eq(assignments.employeeId, employeeId),
      ),
    )
    .returning({ id: assignments.tenantId });
  return rows.length > 0;
}
