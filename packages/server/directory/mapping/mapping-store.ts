import type { DirectoryMapping, DirectorySource, Role } from '@clawpool/contracts';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import {
  directoryMappings,
  directoryPeople,
  employees,
  members,
  scimGroupMembers,
  scimGroups,
} from '../../store/schema/index.ts';
import { keyOf, type MappedPerson, type Mappings } from './mapping.ts';

export async function findMappings(db: Queryable, organizationId: string): Promise<Mappings> {
  const rows = await db.select().from(directoryMappings).where(eq(directoryMappings.organizationId, organizationId));
  const of = (wanted: 'title' | 'group') =>
    new Map(
      rows
        .filter(({ kind }) => kind === wanted)
        .map(({ key, positionId, role }) => [key, { positionId, role }] as const),
    );
  return { titles: of('title'), groups: of('group') };
}

/** Titles and groups that directories told of, and those that were mapped before; by name. */
export async function listMappings(db: Queryable, organizationId: string): Promise<DirectoryMapping[]> {
  const mapped = await db.select().from(directoryMappings).where(eq(directoryMappings.organizationId, organizationId));
  const titles = await db
    .select({ name: sql<string>`min(${directoryPeople.title})`, people: sql<number>`count(*)::int` })
    .from(directoryPeople)
    .where(and(eq(directoryPeople.organizationId, organizationId), sql`${directoryPeople.title} is not null`))
    .groupBy(sql`lower(trim(${directoryPeople.title}))`);
  const groups = await db
    .select({ name: scimGroups.displayName, people: sql<number>`count(${scimGroupMembers.employeeId})::int` })
    .from(scimGroups)
    .leftJoin(
      scimGroupMembers,
      and(eq(scimGroupMembers.organizationId, scimGroups.organizationId), eq(scimGroupMembers.groupId, scimGroups.id)),
    )
    .where(eq(scimGroups.organizationId, organizationId))
    .groupBy(scimGroups.organizationId, scimGroups.id);
  const all = new Map<string, DirectoryMapping>();
  const told = [
    ...titles.map((one) => ({ kind: 'title' as const, ...one })),
    ...groups.map((one) => ({ kind: 'group' as const, ...one })),
  ];
  for (const one of told) all.set(`${one.kind} ${keyOf(one.name)}`, { ...one, positionId: null, role: null });
  for (const { kind, key, name, positionId, role } of mapped) {
    const known = all.get(`${kind} ${key}`);
    all.set(`${kind} ${key}`, { kind, name: known?.name ?? name, people: known?.people ?? 0, positionId, role });
  }
  return [...all.values()].toSorted((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
}

/** Both null: it is forgotten. */
export async function saveMapping(
  tx: Transaction,
  organizationId: string,
  mapping: { kind: 'title' | 'group'; name: string; positionId: string | null; role: Role | null },
): Promise<void> {
  const { kind, name, positionId, role } = mapping;
  const key = keyOf(name);
  if (positionId === null && role === null) {
    await tx
      .delete(directoryMappings)
      .where(
        and(
          eq(directoryMappings.organizationId, organizationId),
          eq(directoryMappings.kind, kind),
          eq(directoryMappings.key, key),
        ),
      );
    return;
  }
  await tx
    .insert(directoryMappings)
    .values({ organizationId, kind, key, name, positionId, role })
    .onConflictDoUpdate({
      target: [directoryMappings.organizationId, directoryMappings.kind, directoryMappings.key],
      set: { name, positionId, role },
    });
}

/** Ids of those who have a title, or are in a group of this name. */
export async function listMappedBy(
  db: Queryable,
  organizationId: string,
  { kind, name }: { kind: 'title' | 'group'; name: string },
): Promise<string[]> {
  const rows =
    kind === 'title'
      ? await db
          .select({ id: directoryPeople.employeeId })
          .from(directoryPeople)
          .where(
            and(
              eq(directoryPeople.organizationId, organizationId),
              sql`lower(trim(${directoryPeople.title})) = ${keyOf(name)}`,
            ),
          )
      : await db
          .select({ id: scimGroupMembers.employeeId })
          .from(scimGroupMembers)
          .innerJoin(
            scimGroups,
            and(
              eq(scimGroups.organizationId, scimGroupMembers.organizationId),
              eq(scimGroups.id, scimGroupMembers.groupId),
            ),
          )
          .where(
            and(
              eq(scimGroupMembers.organizationId, organizationId),
              sql`lower(trim(${scimGroups.displayName})) = ${keyOf(name)}`,
            ),
          );
  return rows.map(({ id }) => id);
}

export async function findMappedPeople(
  db: Queryable,
  organizationId: string,
  employeeIds: readonly string[],
): Promise<(MappedPerson & { source: DirectorySource })[]> {
  const rows = await db
    .select({
      id: directoryPeople.employeeId,
      source: directoryPeople.source,
      title: directoryPeople.title,
      grantedRoles: directoryPeople.grantedRoles,
      positionId: employees.positionId,
      roles: members.roles,
      groups: sql<string[]>`array(
        select g.display_name from scim_group_members m
        join scim_groups g on g.organization_id = m.organization_id and g.id = m.group_id
        where m.organization_id = directory_people.organization_id and m.employee_id = directory_people.employee_id)`,
    })
    .from(directoryPeople)
    .innerJoin(
      employees,
      and(eq(employees.organizationId, directoryPeople.organizationId), eq(employees.id, directoryPeople.employeeId)),
    )
    .leftJoin(members, and(eq(members.organizationId, employees.organizationId), eq(members.employeeId, employees.id)))
    .where(
      and(eq(directoryPeople.organizationId, organizationId), inArray(directoryPeople.employeeId, [...employeeIds])),
    )
    .orderBy(asc(directoryPeople.employeeId));
  return rows.map((row) => ({ ...row, roles: (row.roles ?? []) as Role[] }));
}

export async function keepGrantedRoles(
  tx: Transaction,
  organizationId: string,
  employeeId: string,
  grantedRoles: Role[],
): Promise<void> {
  await tx
    .update(directoryPeople)
    .set({ grantedRoles })
    .where(and(eq(directoryPeople.organizationId, organizationId), eq(directoryPeople.employeeId, employeeId)));
}
