import type { Employee, Role } from '@clawpool/contracts';
import { and, asc, eq, ilike, inArray, isNotNull, isNull, notInArray, or } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { departments, employees, members, positions, tenants } from '../store/schema/index.ts';

export interface EmployeeQuery {
  /** Null: of all departments. */
  departmentIds: readonly string[] | null;
  /** In name, e-mail and number, in any case. */
  search?: string | undefined;
  positionId?: string | undefined;
  with?: 'agent' | 'no_agent' | 'no_position' | 'suspended' | undefined;
  employeeId?: string | undefined;
}

/** By employee number. */
export async function listEmployees(
  db: Queryable,
  organizationId: string,
  query: EmployeeQuery,
  { limit, offset }: { limit: number; offset: number },
): Promise<Employee[]> {
  const rows = await selectEmployees(db)
    .where(matches(organizationId, query))
    .orderBy(asc(employees.number), asc(employees.id))
    .limit(limit)
    .offset(offset);
  return rows.map((row) => ({
    ...row,
    roles: (row.roles ?? []) as Role[],
    permissions: row.permissions ?? [],
    lastActiveAt: row.lastActiveAt?.toISOString() ?? null,
  }));
}

/** How many there are, whatever the page. */
export async function countEmployees(db: Queryable, organizationId: string, query: EmployeeQuery): Promise<number> {
  const found = db
    .select({ id: employees.id })
    .from(employees)
    .leftJoin(tenants, ownAgent)
    .where(matches(organizationId, query))
    .as('found');
  return db.$count(found);
}

/** Their own agent, unless it is on its way out. */
const ownAgent = and(
  eq(tenants.organizationId, employees.organizationId),
  eq(tenants.employeeId, employees.id),
  notInArray(tenants.state, ['deleting', 'deleted']),
);

function selectEmployees(db: Queryable) {
  return db
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
    .leftJoin(tenants, ownAgent)
    .$dynamic();
}

function matches(organizationId: string, query: EmployeeQuery) {
  const { departmentIds, search, positionId, employeeId } = query;
  // `%` and `_` mean themselves.
  const part = `%${(search ?? '').trim().replace(/[\\%_]/g, '\\$&')}%`;
  return and(
    eq(employees.organizationId, organizationId),
    departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
    positionId === undefined ? undefined : eq(employees.positionId, positionId),
    employeeId === undefined ? undefined : eq(employees.id, employeeId),
    part === '%%' ? undefined : or(...[employees.name, employees.email, employees.number].map((c) => ilike(c, part))),
    query.with === 'agent' ? isNotNull(tenants.id) : undefined,
    query.with === 'no_agent' ? isNull(tenants.id) : undefined,
    query.with === 'no_position' ? and(isNull(employees.positionId), eq(employees.active, true)) : undefined,
    query.with === 'suspended' ? eq(employees.active, false) : undefined,
  );
}
