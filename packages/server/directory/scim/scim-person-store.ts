import type { DirectorySource, ScimUserDocument } from '@clawpool/contracts';
import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { directoryPeople, employees, organizations } from '../../store/schema/index.ts';
import type { ScimPerson } from './scim-user.ts';

/** What leads to people: all of them when empty. */
export interface ScimPersonFilter {
  id?: string | undefined;
  userName?: string | undefined;
  externalId?: string | undefined;
  email?: string | undefined;
}

/** People of SCIM, in the order in which they came. */
export async function listScimPeople(
  db: Queryable,
  organizationId: string,
  filter: ScimPersonFilter = {},
  page?: { limit: number; offset: number },
): Promise<ScimPerson[]> {
  const found = db
    .select({
      id: employees.id,
      name: employees.name,
      active: employees.active,
      document: directoryPeople.document,
      createdAt: directoryPeople.createdAt,
      updatedAt: directoryPeople.updatedAt,
      groups: sql<{ id: string; name: string }[]>`coalesce((
        select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.display_name) order by g.display_name)
        from scim_group_members m join scim_groups g on g.organization_id = m.organization_id and g.id = m.group_id
        where m.organization_id = directory_people.organization_id and m.employee_id = directory_people.employee_id
      ), '[]'::jsonb)`,
    })
    .from(directoryPeople)
    .innerJoin(employees, ofEmployee)
    .where(conditionOf(organizationId, filter))
    .orderBy(asc(directoryPeople.createdAt), asc(directoryPeople.employeeId));
  const rows = await (page ? found.limit(page.limit).offset(page.offset) : found);
  return rows.flatMap(({ document, ...row }) => (document === null ? [] : [{ ...row, document }]));
}

export async function countScimPeople(
  db: Queryable,
  organizationId: string,
  filter: ScimPersonFilter = {},
): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(directoryPeople)
    .innerJoin(employees, ofEmployee)
    .where(conditionOf(organizationId, filter));
  return row?.count ?? 0;
}

export async function findScimPerson(db: Queryable, organizationId: string, id: string): Promise<ScimPerson | null> {
  return (await listScimPeople(db, organizationId, { id }))[0] ?? null;
}

/** Somebody with this e-mail, wherever they came from. */
export async function findByEmail(
  db: Queryable,
  organizationId: string,
  email: string,
): Promise<{ id: string; source: DirectorySource; departmentId: string } | null> {
  const [row] = await db
    .select({ id: employees.id, source: employees.source, departmentId: employees.departmentId })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.email, email)));
  return row ?? null;
}

/** What the client sent is what it is served again. */
export async function keepDocument(
  tx: Transaction,
  organizationId: string,
  employeeId: string,
  { document, title }: { document: ScimUserDocument; title: string | null },
): Promise<void> {
  const said = { document, title, source: 'scim' as const, userName: document.userName.toLowerCase() };
  await tx
    .insert(directoryPeople)
    .values({ organizationId, employeeId, ...said })
    .onConflictDoUpdate({
      target: [directoryPeople.organizationId, directoryPeople.employeeId],
      set: { ...said, updatedAt: sql`now()` },
    });
}

/** With their memberships. */
export async function forgetScimPerson(tx: Transaction, organizationId: string, employeeId: string): Promise<void> {
  await tx
    .delete(directoryPeople)
    .where(and(eq(directoryPeople.organizationId, organizationId), eq(directoryPeople.employeeId, employeeId)));
}

export async function organizationName(db: Queryable, organizationId: string): Promise<string> {
  const [row] = await db.select().from(organizations).where(eq(organizations.id, organizationId));
  return row?.name ?? '';
}

const ofEmployee = and(
  eq(employees.organizationId, directoryPeople.organizationId),
  eq(employees.id, directoryPeople.employeeId),
);

function conditionOf(organizationId: string, filter: ScimPersonFilter): SQL | undefined {
  const { id, userName, externalId, email } = filter;
  return and(
    eq(directoryPeople.organizationId, organizationId),
    eq(directoryPeople.source, 'scim'),
    id === undefined ? undefined : eq(directoryPeople.employeeId, id),
    userName === undefined ? undefined : eq(directoryPeople.userName, userName.toLowerCase()),
    externalId === undefined ? undefined : sql`lower(${employees.externalId}) = lower(${externalId})`,
    email === undefined ? undefined : eq(employees.email, email.toLowerCase()),
  );
}
