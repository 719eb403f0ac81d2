import type { Me, Role } from '@clawpool/contracts';
import { and, asc, eq } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { departments, employees, members, organizations, positions, users } from '../store/schema/index.ts';
import type { Principal } from './principal.ts';

export interface PrincipalRecord {
  principal: Principal;
  mustChangePassword: boolean;
  email: string;
  organizationName: string;
  employee: Me['employee'];
}

/** Who a user is in their organization; in the oldest, should there be several. Null: in none. */
export async function findPrincipal(db: Queryable, userId: string): Promise<PrincipalRecord | null> {
  const [row] = await db
    .select({
      name: users.name,
      email: users.email,
      mustChangePassword: users.mustChangePassword,
      organizationId: organizations.id,
      organizationName: organizations.name,
      employeeId: members.employeeId,
      roles: members.roles,
      permissions: members.permissions,
      position: positions.name,
      department: departments.name,
    })
    .from(users)
    .innerJoin(members, eq(members.userId, users.id))
    .innerJoin(organizations, eq(organizations.id, members.organizationId))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, members.organizationId), eq(employees.id, members.employeeId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, members.organizationId), eq(positions.id, employees.positionId)),
    )
    .leftJoin(
      departments,
      and(eq(departments.organizationId, members.organizationId), eq(departments.id, employees.departmentId)),
    )
    .where(eq(users.id, userId))
    .orderBy(asc(organizations.createdAt), asc(organizations.id))
    .limit(1);
  if (!row) return null;
  const { name, organizationId, employeeId, position, department } = row;
  return {
    principal: { userId, name, organizationId, employeeId, roles: row.roles as Role[], permissions: row.permissions },
    mustChangePassword: row.mustChangePassword,
    email: row.email,
    organizationName: row.organizationName,
    employee: employeeId && position !== null && department !== null ? { id: employeeId, position, department } : null,
  };
}

/** The answer to "who is signed in". */
export function meOf({ principal, mustChangePassword, email, organizationName, employee }: PrincipalRecord): Me {
  return {
    userId: principal.userId,
    name: principal.name,
    email,
    roles: [...principal.roles],
    permissions: [...(principal.permissions ?? [])],
    organization: { id: principal.organizationId, name: organizationName },
    employee,
    mustChangePassword,
  };
}
