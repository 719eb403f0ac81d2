import type { Employee, Role } from '@clawpool/contracts';
import { and, asc, eq, inArray, notInArray } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { departments, employees, members, positions, tenants } from '../store/schema/index.ts';

/** By employee number. `departmentIds` null: of all departments. */
export async function listEmployees(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
): Promise<Employee[]> {
  const rows = await db
    .select({
      id: employees.id,
      number: employees.number,
      name: employees.name,
      email: employees.email,
      departmentId: employees.departmentId,
      department: departments.name,
      positionId: employees.positionId,
      position: positions.name,
      roles: members.roles,
      permissions: members.permissions,
      active: employees.active,
      source: employees.source,
      contactFor: employees.contactFor,
      tenantId: tenants.id,
      lastActiveAt: tenants.lastActiveAt,
    })
    .from(employees)
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .leftJoin(
      tenants,
      and(
        eq(tenants.organizationId, employees.organizationId),
        eq(tenants.employeeId, employees.id),
        notInArray(tenants.state, ['deleting', 'deleted']),
      ),
    )
    .where(
      and(
        eq(employees.organizationId, organizationId),
        departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
      ),
    )
    .orderBy(asc(employees.number));
  return rows.map((row) => ({
    ...row,
    roles: (row.roles ?? []) as Role[],
    permissions: row.permissions ?? [],
    lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
  }));
}
