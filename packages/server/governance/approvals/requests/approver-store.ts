import type { Permission, Role } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { scopeOf } from '../../../organization/department-store.ts';
import type { Principal } from '../../../organization/principal.ts';
import type { Queryable } from '../../../store/database.ts';
import type { Decider } from './access-request.ts';

/** Somebody who can be asked. */
export interface Approver {
  userId: string;
  /** Null: has no place in the organization, and so no channel. */
  employeeId: string | null;
}

/** Whose request it is, and where they work: null where they are gone. */
interface Asker {
  employeeId: string;
  departmentId: string | null;
}

/** The managers of the nearest department upwards that has one beside the asker. */
export async function findManagersOf(
  db: Queryable,
  organizationId: string,
  { employeeId, departmentId }: Asker,
): Promise<Approver[]> {
  const { rows } = await db.execute<{ user_id: string; employee_id: string; depth: number }>(sql`
    with recursive upwards as (
      select id, parent_id, 0 as depth from departments where organization_id = ${organizationId} and id = ${departmentId}
      union all
      select d.id, d.parent_id, u.depth + 1 from departments d join upwards u on u.parent_id = d.id
      where d.organization_id = ${organizationId} and u.depth < 100)
    select m.user_id, m.employee_id, u.depth from upwards u
    join employees e on e.organization_id = ${organizationId} and e.department_id = u.id and e.active
    join members m on m.organization_id = e.organization_id and m.employee_id = e.id
    where m.roles ? 'manager' and e.id <> ${employeeId}
    order by u.depth, e.id`);
  const nearest = rows[0]?.depth;
  return rows.filter(({ depth }) => depth === nearest).map(toApprover);
}

export async function findAdminsFor(
  db: Queryable,
  organizationId: string,
  { employeeId }: Pick<Asker, 'employeeId'>,
): Promise<Approver[]> {
  const { rows } = await db.execute<{ user_id: string; employee_id: string | null }>(sql`
    select m.user_id, m.employee_id from members m
    left join employees e on e.organization_id = m.organization_id and e.id = m.employee_id
    where m.organization_id = ${organizationId} and m.roles ? 'admin' and coalesce(e.active, true)
      and m.employee_id is distinct from ${employeeId}
    order by m.user_id`);
  return rows.map(toApprover);
}

/** The user that an employee signs in as; null: nobody does. */
export async function findUserOf(db: Queryable, organizationId: string, employeeId: string): Promise<string | null> {
  const { rows } = await db.execute<{ user_id: string }>(
    sql`select user_id from members where organization_id = ${organizationId} and employee_id = ${employeeId}`,
  );
  return rows[0]?.user_id ?? null;
}

/** A member of the organization with all that they are there; null: not one, or suspended. For whoever writes in a chat. */
export async function findMember(db: Queryable, organizationId: string, userId: string): Promise<Principal | null> {
  const { rows } = await db.execute<{
    name: string;
    employee_id: string | null;
    roles: Role[];
    permissions: Permission[];
  }>(sql`
    select u.name, m.employee_id, m.roles, m.permissions from members m join users u on u.id = m.user_id
    left join employees e on e.organization_id = m.organization_id and e.id = m.employee_id
    where m.organization_id = ${organizationId} and m.user_id = ${userId} and coalesce(e.active, true)`);
  const [row] = rows;
  if (!row) return null;
  const { name, employee_id: employeeId, roles, permissions } = row;
  return { userId, organizationId, name, employeeId, roles, permissions };
}

/** What the principal may decide, by the department of whoever asks. */
export async function createDeciders(
  db: Queryable,
  principal: Principal,
): Promise<(departmentId: string | null) => Decider> {
  const { roles, employeeId } = principal;
  // What they see as an auditor, say, is more than what they decide.
  const managed = roles.includes('manager') ? await scopeOf(db, { ...principal, roles: ['manager'] }) : [];
  return (departmentId) => ({
    employeeId,
    isAdmin: roles.includes('admin'),
    isManagerOfIt: departmentId !== null && (managed?.includes(departmentId) ?? false),
  });
}

const toApprover = ({ user_id, employee_id }: { user_id: string; employee_id: string | null }): Approver => ({
  userId: user_id,
  employeeId: employee_id,
});
