import type { Me, Role } from '@clawpool/contracts';
import { and, asc, eq, isNotNull } from 'drizzle-orm';
import { defaultSignInSettings, needsSecondFactor } from '../identity/sign-in-policy.ts';
import type { Queryable } from '../store/database.ts';
import {
  departments,
  employees,
  members,
  organizations,
  positions,
  secondFactors,
  signInPolicies,
  users,
} from '../store/schema/index.ts';
import type { Principal } from './principal.ts';

export interface PrincipalRecord {
  principal: Principal;
  mustChangePassword: boolean;
  /** Their organization demands a second factor, and they have none. */
  mustSetUpSecondFactor: boolean;
  /** They are let in nowhere until an admin lets them in again. */
  suspended: boolean;
  email: string;
  organizationName: string;
  employee: Me['employee'];
}

/**
 * Who a user is in their organization; in the oldest, should there be several. Null: in none. `viaProvider`: an identity provider vouches
 * for them, so no password of ours is due, and a second factor only where the organization asks for it all the same.
 */
export async function findPrincipal(
  db: Queryable,
  userId: string,
  { viaProvider = false }: { viaProvider?: boolean } = {},
): Promise<PrincipalRecord | null> {
  const [row] = await db
    .select({
      name: users.name,
      email: users.email,
      mustChangePassword: users.mustChangePassword,
      organizationId: organizations.id,
      organizationName: organizations.name,
      employeeId: members.employeeId,
      active: employees.active,
      roles: members.roles,
      permissions: members.permissions,
      position: positions.name,
      department: departments.name,
      secondFactorSince: secondFactors.confirmedAt,
      secondFactorPolicy: signInPolicies.secondFactor,
      secondFactorAfterProvider: signInPolicies.secondFactorAfterProvider,
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
    .leftJoin(secondFactors, and(eq(secondFactors.userId, users.id), isNotNull(secondFactors.confirmedAt)))
    .leftJoin(signInPolicies, eq(signInPolicies.organizationId, members.organizationId))
    .where(eq(users.id, userId))
    .orderBy(asc(organizations.createdAt), asc(organizations.id))
    .limit(1);
  if (!row) return null;
  const { name, organizationId, employeeId, position, department } = row;
  return {
    principal: { userId, name, organizationId, employeeId, roles: row.roles as Role[], permissions: row.permissions },
    mustChangePassword: row.mustChangePassword && !viaProvider,
    mustSetUpSecondFactor:
      row.secondFactorSince === null &&
      (!viaProvider || row.secondFactorAfterProvider === true) &&
      needsSecondFactor(row.secondFactorPolicy ?? defaultSignInSettings.secondFactor, row.roles as Role[]),
    suspended: row.active === false,
    email: row.email,
    organizationName: row.organizationName,
    employee: employeeId && department !== null ? { id: employeeId, position: position ?? '', department } : null,
  };
}

/** The answer to "who is signed in". */
export function meOf(record: PrincipalRecord): Me {
  const { principal, mustChangePassword, mustSetUpSecondFactor, email, organizationName, employee } = record;
  return {
    userId: principal.userId,
    name: principal.name,
    email,
    roles: [...principal.roles],
    permissions: [...(principal.permissions ?? [])],
    organization: { id: principal.organizationId, name: organizationName },
    employee,
    mustChangePassword,
    mustSetUpSecondFactor,
  };
}
