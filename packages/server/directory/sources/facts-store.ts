import type { DirectorySource, DirectoryVendor } from '@clawpool/contracts';
import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import {
  departments,
  directoryMappings,
  directoryPeople,
  employees,
  members,
  organizations,
  positions,
} from '../../store/schema/index.ts';
import type { DirectoryFacts, KnownPerson } from './directory-plan.ts';

/** What is here, for a plan. */
export async function findDirectoryFacts(
  db: Queryable,
  organizationId: string,
  vendor: DirectoryVendor,
): Promise<DirectoryFacts> {
  const [organization] = await db.select().from(organizations).where(eq(organizations.id, organizationId));
  const places = await db
    .select({
      id: departments.id,
      name: departments.name,
      parentId: departments.parentId,
      source: departments.source,
      externalId: departments.externalId,
    })
    .from(departments)
    .where(eq(departments.organizationId, organizationId))
    .orderBy(asc(departments.createdAt), asc(departments.id));
  const names = await db
    .select({ id: positions.id, name: positions.name })
    .from(positions)
    .where(eq(positions.organizationId, organizationId));
  const titles = await db
    .select({ key: directoryMappings.key, positionId: directoryMappings.positionId })
    .from(directoryMappings)
    .where(
      and(
        eq(directoryMappings.organizationId, organizationId),
        eq(directoryMappings.kind, 'title'),
        isNotNull(directoryMappings.positionId),
      ),
    );
  const positionNames = new Map(names.map(({ id, name }) => [id, name]));
  return {
    vendor,
    organizationName: organization?.name ?? '',
    departments: places,
    people: await listKnownPeople(db, organizationId),
    positionOfTitle: new Map(
      titles.map(({ key, positionId }) => [
        key,
        { id: positionId ?? '', name: positionNames.get(positionId ?? '') ?? '' },
      ]),
    ),
    positionNames,
  };
}

async function listKnownPeople(db: Queryable, organizationId: string): Promise<KnownPerson[]> {
  return db
    .select({
      id: employees.id,
      name: employees.name,
      email: employees.email,
      number: employees.number,
      departmentId: employees.departmentId,
      positionId: employees.positionId,
      active: employees.active,
      suspendedBy: employees.suspendedBy,
      source: employees.source,
      externalId: employees.externalId,
      title: directoryPeople.title,
      privileged: sql<boolean>`coalesce(${members.roles} <@ '["employee"]' and ${members.permissions} = '[]', true) is false`,
    })
    .from(employees)
    .leftJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .leftJoin(
      directoryPeople,
      and(eq(directoryPeople.organizationId, employees.organizationId), eq(directoryPeople.employeeId, employees.id)),
    )
    .where(eq(employees.organizationId, organizationId));
}

/** What a platform said of a person, kept beside them. */
export async function keepTitle(
  tx: Transaction,
  organizationId: string,
  person: { employeeId: string; source: DirectorySource; title: string | null },
): Promise<void> {
  const { employeeId, source, title } = person;
  await tx
    .insert(directoryPeople)
    .values({ organizationId, employeeId, source, title })
    .onConflictDoUpdate({
      target: [directoryPeople.organizationId, directoryPeople.employeeId],
      set: { source, title, userName: null, document: null, updatedAt: sql`now()` },
    });
}

/** People of a source who are let in: of whom a share may be suspended without asking. */
export async function countPeopleOf(db: Queryable, organizationId: string, source: DirectorySource): Promise<number> {
  return db.$count(
    employees,
    and(eq(employees.organizationId, organizationId), eq(employees.source, source), eq(employees.active, true)),
  );
}

/** Lets go of departments: they are made by hand from now on. */
export async function releaseDepartments(
  tx: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  await tx
    .update(departments)
    .set({ source: 'local', externalId: null })
    .where(and(eq(departments.organizationId, organizationId), inArray(departments.id, [...ids])));
}

/** What a platform said of its people is nobody's business any more. */
export async function forgetPeopleOf(tx: Transaction, organizationId: string, source: DirectorySource): Promise<void> {
  await tx
    .delete(directoryPeople)
    .where(and(eq(directoryPeople.organizationId, organizationId), eq(directoryPeople.source, source)));
}
