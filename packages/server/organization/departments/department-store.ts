import type { Department, Removal } from '@clawpool/contracts';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';
import {
  departments,
  directoryPeople,
  employees,
  identityProviders,
  members,
  positions,
} from '../../store/schema/index.ts';
import { emptyRemoval, namesOf, providersNaming } from '../removal.ts';
import { below, childrenOf } from '../scope.ts';

/** By name. `scope` null: all; otherwise those of it, and one whose parent is outside comes without it. */
export async function listDepartments(
  db: Queryable,
  organizationId: string,
  scope: readonly string[] | null,
): Promise<Department[]> {
  const { rows } = await db.execute<CountedRow>(sql`
    select d.id, d.name, d.parent_id, d.source, coalesce(e.people, 0) as people, coalesce(e.agents, 0) as agents,
      coalesce(p.positions, 0) as positions
    from departments d
    left join (
      select e.department_id, count(*)::int as people, count(t.id)::int as agents from employees e
      left join tenants t on t.organization_id = e.organization_id and t.employee_id = e.id and t.state not in ('deleting', 'deleted')
      where e.organization_id = ${organizationId} group by 1) e on e.department_id = d.id
    left join (
      select department_id, count(*)::int as positions from positions
      where organization_id = ${organizationId} group by 1) p on p.department_id = d.id
    where d.organization_id = ${organizationId}
    order by d.name, d.id`);
  const children = childrenOf(rows.map(({ id, parent_id }) => ({ id, parentId: parent_id })));
  const people = new Map(rows.map((row) => [row.id, row.people]));
  const seen = scope === null ? null : new Set(scope);
  return rows
    .filter(({ id }) => seen === null || seen.has(id))
    .map(({ parent_id, people: direct, ...row }) => ({
      ...row,
      parentId: parent_id !== null && (seen === null || seen.has(parent_id)) ? parent_id : null,
      employees: direct,
      employeesBelow: below(row.id, children).reduce((sum, id) => sum + (people.get(id) ?? 0), 0),
    }));
}

interface CountedRow
  extends Record<string, unknown>,
    Pick<Department, 'id' | 'name' | 'source' | 'agents' | 'positions'> {
  parent_id: string | null;
  people: number;
}

/** What stands in the way of deleting a department, and where it goes when forced; see `removeDepartment` for the rule. */
export async function departmentRemoval(
  db: Queryable,
  organizationId: string,
  { id, name, parentId }: { id: string; name: string; parentId: string | null },
): Promise<Removal> {
  const directly = <T extends typeof employees | typeof positions>(table: T) =>
    db
      .select({ name: table.name })
      .from(table as typeof employees)
      .where(and(eq(table.organizationId, organizationId), eq(table.departmentId, id)))
      .orderBy(asc(table.name));
  const below = await db
    .select({ name: departments.name })
    .from(departments)
    .where(and(eq(departments.organizationId, organizationId), eq(departments.parentId, id)))
    .orderBy(asc(departments.name));
  const [people, ofIt] = [await directly(employees), await directly(positions)];
  const creating = await providersNaming(db, organizationId, eq(identityProviders.departmentId, id));
  const [parent] =
    parentId === null
      ? []
      : await db
          .select({ name: departments.name })
          .from(departments)
          .where(and(eq(departments.organizationId, organizationId), eq(departments.id, parentId)));
  const stuck = parentId === null && people.length + ofIt.length > 0;
  const managers = parentId === null ? [] : await managersOf(db, organizationId, id);
  const byGroup = managers.filter(({ isByGroup }) => isByGroup).map((manager) => manager.name);
  return {
    ...emptyRemoval,
    departments: namesOf(below),
    positions: namesOf(ofIt),
    employees: namesOf(people),
    managers: namesOf(managers),
    providers: namesOf(creating),
    movesTo: parent?.name ?? null,
    refusal: stuck
      ? `${name} is on top: the people and positions in it would be nowhere.`
      : byGroup.length > 0
        ? `Groups of a directory make people of ${name} managers, and would make them managers of ${parent?.name}: ${byGroup.join(', ')}. Take them out of the group, or change the mapping, first.`
        : null,
  };
}

/**
 * Who is directly in a department and has the role manager: it reaches the department and all below it. `isByGroup`: whoever takes it away
 * sees it come back with what their directory tells next.
 */
export async function managersOf(db: Queryable, organizationId: string, departmentId: string) {
  return db
    .select({
      ...{ id: employees.id, name: employees.name, userId: members.userId, roles: members.roles },
      isByGroup: sql<boolean>`(coalesce(${directoryPeople.grantedRoles} ? 'manager', false) or exists (
        select from scim_group_members gm
        join scim_groups g on g.organization_id = gm.organization_id and g.id = gm.group_id
        join directory_mappings dm on dm.organization_id = g.organization_id and dm.kind = 'group'
          and dm.key = lower(trim(g.display_name)) and dm.role = 'manager'
        where gm.organization_id = ${employees.organizationId} and gm.employee_id = ${employees.id}))`,
    })
    .from(employees)
    .innerJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .leftJoin(
      directoryPeople,
      and(eq(directoryPeople.organizationId, employees.organizationId), eq(directoryPeople.employeeId, employees.id)),
    )
    .where(
      and(
        eq(employees.organizationId, organizationId),
        eq(employees.departmentId, departmentId),
        sql`${members.roles} ? 'manager'`,
      ),
    )
    .orderBy(asc(employees.name));
}

/** Null: there is none in the organization. */
export async function findDepartmentRow(
  db: Queryable,
  organizationId: string,
  id: string,
): Promise<typeof departments.$inferSelect | null> {
  const [row] = await db
    .select()
    .from(departments)
    .where(and(eq(departments.organizationId, organizationId), eq(departments.id, id)));
  return row ?? null;
}
