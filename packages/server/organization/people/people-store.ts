import {
  ClawpoolError,
  type DirectorySource,
  type NewAuditEvent,
  type Permission,
  type Role,
} from '@clawpool/contracts';
import { and, eq, inArray, or, sql } from 'drizzle-orm';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import {
  accessRequests,
  auditEvents,
  departments,
  employees,
  members,
  positions,
  sessions,
  users,
} from '../../store/schema/index.ts';

/**
 * One change of an organization's departments, positions and people at a time: what is looked at before a change (who is in a department,
 * who is the last admin, whose parent is whose) is still so when it commits.
 */
export async function lockOrganization(tx: Transaction, organizationId: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['people', organizationId])}, 3))`,
  );
}

/** A person with what they are in the organization. */
export interface PersonRow {
  id: string;
  number: string;
  name: string;
  email: string;
  departmentId: string;
  positionId: string | null;
  contactFor: string[];
  active: boolean;
  suspendedBy: DirectorySource | null;
  source: DirectorySource;
  externalId: string | null;
  /** Null: nobody signs in as them. */
  userId: string | null;
  roles: Role[];
  permissions: Permission[];
}

/** Their row is locked until the transaction's end. Error: `not_found`. */
export async function lockPerson(tx: Transaction, organizationId: string, employeeId: string): Promise<PersonRow> {
  const [row] = await tx
    .select()
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)))
    .for('no key update');
  if (!row) throw noSuchPerson(employeeId);
  const [member] = await tx
    .select({ userId: members.userId, roles: members.roles, permissions: members.permissions })
    .from(members)
    .where(and(eq(members.organizationId, organizationId), eq(members.employeeId, employeeId)));
  return {
    ...row,
    userId: member?.userId ?? null,
    roles: (member?.roles ?? []) as Role[],
    permissions: member?.permissions ?? [],
  };
}

export const noSuchPerson = (employeeId: string) =>
  new ClawpoolError('not_found', `There is no employee “${employeeId}”.`, 'Check the employee’s id.');

/** Somebody else who has one of these already. */
export async function findNamesake(
  tx: Transaction,
  organizationId: string,
  of: { id?: string | undefined; number?: string | undefined; email?: string | undefined },
): Promise<{ id: string; name: string; number: string; email: string } | null> {
  const [row] = await tx
    .select({ id: employees.id, name: employees.name, number: employees.number, email: employees.email })
    .from(employees)
    .where(
      and(
        eq(employees.organizationId, organizationId),
        or(
          of.id === undefined ? undefined : eq(employees.id, of.id),
          of.number === undefined ? undefined : eq(employees.number, of.number),
          of.email === undefined ? undefined : eq(employees.email, of.email),
        ),
      ),
    )
    .limit(1);
  return row ?? null;
}

/** Error `invalid_request` for a department or a position that is not there. Both are kept from being deleted until the commit. */
export async function refuseUnknownPlace(
  tx: Transaction,
  organizationId: string,
  place: { departmentId?: string | undefined; positionId?: string | null | undefined },
): Promise<void> {
  for (const [what, table, id] of [
    ['department', departments, place.departmentId],
    ['position', positions, place.positionId],
  ] as const) {
    if (id === undefined || id === null) continue;
    const [found] = await tx
      .select({ id: table.id })
      .from(table)
      .where(and(eq(table.organizationId, organizationId), eq(table.id, id)));
    if (found) continue;
    throw new ClawpoolError(
      'invalid_request',
      `There is no ${what} “${id}”.`,
      `Choose one of the organization’s ${what}s.`,
    );
  }
}

/** Ids of employees, departments or positions that begin like one: those a new one must not have. */
export async function takenIds(
  tx: Transaction,
  organizationId: string,
  table: typeof employees | typeof departments | typeof positions,
  wanted: string,
): Promise<ReadonlySet<string>> {
  // The suffix may have cut the last characters of a long one.
  const beginning = wanted.slice(0, 32).replace(/[\\%_]/g, '\\$&');
  const rows = await tx
    .select({ id: table.id })
    .from(table)
    .where(and(eq(table.organizationId, organizationId), sql`${table.id} like ${`${beginning}%`}`));
  if (table !== employees) return new Set(rows.map(({ id }) => id));
  // What somebody who is gone asked for is not a newcomer's.
  const asked = await tx
    .selectDistinct({ id: accessRequests.employeeId })
    .from(accessRequests)
    .where(
      and(eq(accessRequests.organizationId, organizationId), sql`${accessRequests.employeeId} like ${`${beginning}%`}`),
    );
  return new Set([...rows, ...asked].map(({ id }) => id));
}

/** The number after the highest `EMP-…`. */
export async function nextNumber(tx: Transaction, organizationId: string): Promise<string> {
  // Text, since somebody may have a number that JavaScript cannot count on from.
  const { rows } = await tx.execute<{ next: string }>(sql`
    select (coalesce(max(substring(number from '^EMP-([0-9]+)$')::numeric), 0) + 1)::text as next
    from employees where organization_id = ${organizationId}`);
  return `EMP-${(rows[0]?.next ?? '1').padStart(3, '0')}`;
}

/** Whoever signs in as these people has to do it again; nobody can while they are suspended. */
export async function endSessionsOf(tx: Transaction, userIds: readonly string[]): Promise<number> {
  if (userIds.length === 0) return 0;
  const ended = await tx
    .delete(sessions)
    .where(inArray(sessions.userId, [...userIds]))
    .returning({ id: sessions.id });
  return ended.length;
}

interface Membership {
  organizationId: string;
  employeeId: string | null;
  roles: Role[];
  permissions: Permission[];
}

export async function findUser(
  tx: Transaction,
  email: string,
): Promise<{ id: string; memberships: Membership[] } | null> {
  const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!user) return null;
  const memberships = await tx
    .select({
      organizationId: members.organizationId,
      employeeId: members.employeeId,
      roles: members.roles,
      permissions: members.permissions,
    })
    .from(members)
    .where(eq(members.userId, user.id));
  return { id: user.id, memberships: memberships.map((row) => ({ ...row, roles: row.roles as Role[] })) };
}

/**
 * The organization's people are others now: everybody's agent has a directory of them, and routes rest on them. Once per transaction,
 * after its last change.
 */
export async function tellPeopleChanged(tx: Transaction, organizationId: string): Promise<void> {
  await markAgents(tx, organizationId, 'all');
  await notify(tx, 'routing_changed', { organizationId });
}

/** Many events at once, in order. */
export async function recordAll(
  tx: Transaction,
  organizationId: string,
  events: readonly (NewAuditEvent & { target: NonNullable<NewAuditEvent['target']> })[],
): Promise<void> {
  for (let at = 0; at < events.length; at += 1_000) {
    await tx.insert(auditEvents).values(
      events.slice(at, at + 1_000).map(({ actor, target, action, outcome, detail }) => ({
        organizationId,
        actorType: actor.type,
        actorId: actor.id,
        actorName: actor.name,
        action,
        targetType: target.type,
        targetId: target.id,
        targetName: target.name,
        outcome,
        detail,
      })),
    );
  }
}
