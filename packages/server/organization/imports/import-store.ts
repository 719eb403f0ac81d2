import type { EmployeeImport, EmployeeImportChange, Role } from '@clawpool/contracts';
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { departments, employeeImports, employees, members, positions } from '../../store/schema/index.ts';
import { refuseAboveOneself } from '../people/standing.ts';
import type { Principal } from '../principal.ts';
import type { ImportFacts } from './import-plan.ts';

/** What files are compared with, and made of. */
export async function findImportFacts(db: Queryable, principal: Principal): Promise<ImportFacts> {
  const { organizationId } = principal;
  const people = await db
    .select({
      id: employees.id,
      name: employees.name,
      email: employees.email,
      number: employees.number,
      departmentId: employees.departmentId,
      positionId: employees.positionId,
      contactFor: employees.contactFor,
      source: employees.source,
      roles: members.roles,
      permissions: members.permissions,
    })
    .from(employees)
    .leftJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .where(eq(employees.organizationId, organizationId))
    .orderBy(asc(employees.number), asc(employees.id));
  return {
    people: people.map(({ permissions, ...row }) => {
      const person = { ...row, roles: (row.roles ?? []) as Role[], permissions: permissions ?? [] };
      return { ...person, above: isAbove(principal, person) };
    }),
    departments: await db
      .select({ id: departments.id, name: departments.name, parentId: departments.parentId })
      .from(departments)
      .where(eq(departments.organizationId, organizationId)),
    positions: await db
      .select({ id: positions.id, name: positions.name })
      .from(positions)
      .where(eq(positions.organizationId, organizationId)),
  };
}

function isAbove(principal: Principal, person: Parameters<typeof refuseAboveOneself>[1]): boolean {
  try {
    refuseAboveOneself(principal, person);
    return false;
  } catch {
    return true;
  }
}

type ImportRecord = typeof employeeImports.$inferSelect;

export async function insertImport(
  tx: Transaction,
  row: Pick<ImportRecord, 'organizationId' | 'id' | 'fileName' | 'changes' | 'importedBy'>,
): Promise<EmployeeImport> {
  const [made] = await tx.insert(employeeImports).values(row).returning();
  if (!made) throw new Error('an import that was just made is gone');
  return toImport(made);
}

/** Newest first, at most 100. */
export async function listImports(db: Queryable, organizationId: string): Promise<EmployeeImport[]> {
  const rows = await db
    .select()
    .from(employeeImports)
    .where(eq(employeeImports.organizationId, organizationId))
    .orderBy(desc(employeeImports.createdAt), desc(employeeImports.id))
    .limit(100);
  return rows.map(toImport);
}

/** Null: there is none in the organization. */
export async function lockImport(tx: Transaction, organizationId: string, id: string): Promise<ImportRecord | null> {
  const [row] = await tx
    .select()
    .from(employeeImports)
    .where(and(eq(employeeImports.organizationId, organizationId), eq(employeeImports.id, id)))
    .for('update');
  return row ?? null;
}

export async function markUndone(
  tx: Transaction,
  organizationId: string,
  id: string,
  undoneBy: string,
): Promise<EmployeeImport> {
  const [row] = await tx
    .update(employeeImports)
    .set({ undoneBy, undoneAt: sql`now()` })
    .where(and(eq(employeeImports.organizationId, organizationId), eq(employeeImports.id, id)))
    .returning();
  if (!row) throw new Error('an import that was just found is gone');
  return toImport(row);
}

/** Names of people, of those that an import made, who have used what they were given: signed in, been paired, or written to their agent. */
export async function findInUse(
  tx: Transaction,
  organizationId: string,
  employeeIds: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.execute<{ name: string }>(sql`
    select e.name from employees e join members m on m.organization_id = e.organization_id and m.employee_id = e.id
    where e.organization_id = ${organizationId} and e.id = any(${sql.param([...employeeIds])}::text[])
      and (exists (select from conversations c where c.organization_id = e.organization_id and c.user_id = m.user_id)
        or exists (select from channel_bindings b where b.organization_id = e.organization_id and b.employee_id = e.id)
        or exists (select from sessions s where s.user_id = m.user_id)
        or exists (select from audit_events a where a.organization_id = e.organization_id and a.actor_id = m.user_id))
    order by e.name`);
  return rows.map(({ name }) => name);
}

/** When these people were made, in milliseconds, by id. */
export async function findCreatedAt(
  tx: Transaction,
  organizationId: string,
  employeeIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx
    .select({ id: employees.id, createdAt: employees.createdAt })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), inArray(employees.id, [...employeeIds])));
  return new Map(rows.map(({ id, createdAt }) => [id, createdAt.getTime()]));
}

/** How many departments, positions and people there are in each; those that are not there are left out. */
export async function findContents(
  tx: Transaction,
  organizationId: string,
  departmentIds: readonly string[],
): Promise<{ id: string; name: string; contents: number }[]> {
  return tx
    .select({
      id: departments.id,
      name: departments.name,
      contents: sql<number>`(
        (select count(*) from employees e where e.organization_id = ${organizationId} and e.department_id = ${departments}.id)
        + (select count(*) from positions p where p.organization_id = ${organizationId} and p.department_id = ${departments}.id)
        + (select count(*) from departments b where b.organization_id = ${organizationId} and b.parent_id = ${departments}.id))::int`,
    })
    .from(departments)
    .where(and(eq(departments.organizationId, organizationId), inArray(departments.id, [...departmentIds])));
}

const toImport = ({
  changes,
  createdAt,
  undoneAt,
  id,
  fileName,
  importedBy,
  undoneBy,
}: ImportRecord): EmployeeImport => {
  const count = (kind: EmployeeImportChange['kind']) => changes.filter((change) => change.kind === kind).length;
  return {
    ...{ id, fileName, importedBy, undoneBy },
    ...{ created: count('employee_created'), changed: count('employee_changed') },
    createdAt: createdAt.toISOString(),
    undoneAt: undoneAt?.toISOString() ?? null,
  };
};
