import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { directoryPeople, scimGroupMembers, scimGroups } from '../../store/schema/index.ts';

export interface ScimGroup {
  id: string;
  displayName: string;
  externalId: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** Empty where they were not asked for. */
  members: { id: string; name: string }[];
}

export async function listScimGroups(
  db: Queryable,
  organizationId: string,
  { id, withMembers }: { id?: string; withMembers: boolean },
): Promise<ScimGroup[]> {
  const rows = await db
    .select()
    .from(scimGroups)
    .where(and(eq(scimGroups.organizationId, organizationId), id === undefined ? undefined : eq(scimGroups.id, id)))
    .orderBy(asc(scimGroups.createdAt), asc(scimGroups.id));
  const members = withMembers && rows.length > 0 ? await listMembers(db, organizationId, id) : [];
  const of = Map.groupBy(members, ({ groupId }) => groupId);
  return rows.map((row) => ({
    ...row,
    members: (of.get(row.id) ?? []).map((member) => ({ id: member.id, name: member.name })),
  }));
}

async function listMembers(db: Queryable, organizationId: string, groupId?: string) {
  const { rows } = await db.execute<{ group_id: string; id: string; name: string }>(sql`
    select m.group_id, e.id, e.name from scim_group_members m
    join employees e on e.organization_id = m.organization_id and e.id = m.employee_id
    where m.organization_id = ${organizationId} ${groupId === undefined ? sql`` : sql`and m.group_id = ${groupId}`}
    order by e.id`);
  return rows.map(({ group_id, id, name }) => ({ groupId: group_id, id, name }));
}

export async function findGroupByName(
  db: Queryable,
  organizationId: string,
  displayName: string,
): Promise<string | null> {
  const [row] = await db
    .select({ id: scimGroups.id })
    .from(scimGroups)
    .where(
      and(eq(scimGroups.organizationId, organizationId), sql`lower(${scimGroups.displayName}) = lower(${displayName})`),
    );
  return row?.id ?? null;
}

export async function insertGroup(
  tx: Transaction,
  group: { organizationId: string; id: string; displayName: string; externalId: string | null },
): Promise<void> {
  await tx.insert(scimGroups).values(group);
}

export async function updateGroup(
  tx: Transaction,
  { organizationId, id }: { organizationId: string; id: string },
  change: { displayName: string; externalId: string | null },
): Promise<void> {
  await tx
    .update(scimGroups)
    .set({ ...change, updatedAt: sql`now()` })
    .where(and(eq(scimGroups.organizationId, organizationId), eq(scimGroups.id, id)));
}

/** With its memberships. */
export async function deleteGroup(tx: Transaction, organizationId: string, id: string): Promise<void> {
  await tx.delete(scimGroups).where(and(eq(scimGroups.organizationId, organizationId), eq(scimGroups.id, id)));
}

export async function addMembers(
  tx: Transaction,
  { organizationId, groupId }: { organizationId: string; groupId: string },
  employeeIds: readonly string[],
): Promise<void> {
  if (employeeIds.length === 0) return;
  await tx
    .insert(scimGroupMembers)
    .values(employeeIds.map((employeeId) => ({ organizationId, groupId, employeeId })))
    .onConflictDoNothing();
}

export async function removeMembers(
  tx: Transaction,
  { organizationId, groupId }: { organizationId: string; groupId: string },
  employeeIds: readonly string[],
): Promise<void> {
  if (employeeIds.length === 0) return;
  await tx
    .delete(scimGroupMembers)
    .where(
      and(
        eq(scimGroupMembers.organizationId, organizationId),
        eq(scimGroupMembers.groupId, groupId),
        inArray(scimGroupMembers.employeeId, [...employeeIds]),
      ),
    );
}

export async function leaveGroups(tx: Transaction, organizationId: string, employeeId: string): Promise<void> {
  await tx
    .delete(scimGroupMembers)
    .where(and(eq(scimGroupMembers.organizationId, organizationId), eq(scimGroupMembers.employeeId, employeeId)));
}

/** Those of these ids that are people of SCIM. */
export async function knownMembers(
  db: Queryable,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .select({ id: directoryPeople.employeeId })
    .from(directoryPeople)
    .where(
      and(
        eq(directoryPeople.organizationId, organizationId),
        eq(directoryPeople.source, 'scim'),
        inArray(directoryPeople.employeeId, [...ids]),
      ),
    );
  return new Set(rows.map(({ id }) => id));
}
