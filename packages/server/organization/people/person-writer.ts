import { ClawpoolError, type DirectorySource } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { endPermanentGrantsOf } from '../../governance/approvals/grants/end-access.ts';
import { requestOperation } from '../../pool/operations/request.ts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { employees, members, tenants } from '../../store/schema/index.ts';
import { refuseLastHolder } from './last-holder.ts';
import {
  endSessionsOf,
  findNamesake,
  lockOrganization,
  lockPerson,
  nextNumber,
  type PersonRow,
  refuseUnknownPlace,
  takenIds,
  tellPeopleChanged,
} from './people-store.ts';
import {
  type AuditActor,
  editedPermissions,
  editedRoles,
  freeName,
  idOf,
  type NewPerson,
  type PersonChange,
  refuseForeignChange,
  refuseReservedEmail,
} from './person.ts';
import { removeTraces } from './person-removal.ts';
import { changeUser, userFor } from './person-user.ts';
import { followTiers, provisionAgents, tiersBefore } from './provisioning.ts';
import { refuseDirectoryAbove } from './standing.ts';

export { ensureDepartmentPath } from '../departments/department-writer.ts';

export interface AddedPerson {
  employeeId: string;
  userId: string;
  /** Their agent; null: they have no position yet. */
  tenantId: string | null;
  /** False: they had a sign-in before, and the password that was given is not theirs. */
  passwordIsTheirs: boolean;
}

/**
 * Everything that changes people goes through these functions: console, import, directories, sign-ins that create somebody. Each works in the
 * transaction of its caller, with audit events, and tells agents and routes; either all of it happens, or nothing.
 *
 * Adds somebody, with an agent at once where there is a position. A user with this e-mail who is in no organization, or in this one without
 * being one of its people, becomes theirs. Errors: `conflict` (e-mail, number or id is taken), `invalid_request` (no such department or
 * position), `quota_exceeded`.
 */
export async function addPerson(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  person: NewPerson,
): Promise<AddedPerson> {
  const added = await insertPerson(tx, organizationId, actor, person);
  const [agent] = await provisionAgents(tx, organizationId, actor, [added.employeeId]);
  await tellPeopleChanged(tx, organizationId);
  return { ...added, tenantId: agent?.tenantId ?? null };
}

/**
 * Like `addPerson`, for many in one transaction: no agent is made yet (`provisionAgents`), and nobody is told (`tellPeopleChanged`). Both
 * are the caller's, once.
 */
export async function insertPerson(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  person: NewPerson,
): Promise<AddedPerson> {
  await lockOrganization(tx, organizationId);
  const { name, departmentId, positionId, contactFor = [], source = 'local', externalId = null } = person;
  const email = person.email.toLowerCase();
  refuseReservedEmail(email);
  await refuseUnknownPlace(tx, organizationId, { departmentId, positionId });
  await refuseTaken(tx, organizationId, { id: person.id, number: person.number, email });
  const wanted = idOf([name, email.split('@', 1)[0] ?? ''], 'person');
  const id = person.id ?? freeName(wanted, await takenIds(tx, organizationId, employees, wanted));
  const number = person.number ?? (await nextNumber(tx, organizationId));
  await tx.insert(employees).values({
    ...{ organizationId, id, number, name, email, departmentId, positionId },
    ...{ contactFor: [...contactFor], source, externalId },
  });
  const user = await userFor(tx, organizationId, { name, email, passwordHash: person.passwordHash });
  const member = { name, email, active: true, source: 'local' as const, ...user };
  refuseDirectoryAbove(member, { ...member, source }, source);
  const roles = editedRoles(user.roles, [...user.roles, ...person.roles]);
  const permissions = editedPermissions(roles, person.permissions ?? []);
  await tx
    .insert(members)
    .values({ organizationId, userId: user.id, employeeId: id, roles, permissions })
    .onConflictDoUpdate({
      target: [members.organizationId, members.userId],
      // Somebody who was a member without being one of its people stays what they were, and is more.
      set: { employeeId: id, roles, ...(permissions.length > 0 ? { permissions } : {}) },
    });
  await recordAudit(tx, organizationId, {
    actor,
    action: 'employee.created',
    target: { type: 'employee', id, name },
    outcome: 'allowed',
    detail: { number, email, departmentId, positionId, roles, permissions, source },
  });
  return { employeeId: id, userId: user.id, tenantId: null, passwordIsTheirs: user.passwordIsTheirs };
}

/**
 * Changes somebody. Nothing is written, and nobody told, where nothing differs. With a first position they have an agent; their agent's tier
 * follows their position unless it was chosen by hand. Who is suspended gets in nowhere, and their agents sleep and answer nobody; let in again,
 * they sign in anew.
 *
 * @param by who says so: what a directory says of its people is changed by that directory alone, and a suspension by an admin (`local`) is
 * lifted by an admin alone (a directory's `active: true` is passed over then)
 * @throws ClawpoolError `not_found`; `conflict` (taken, a directory's, or the last admin); `invalid_request`; `quota_exceeded`
 */
export async function changePerson(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeId: string,
  change: PersonChange,
  by: DirectorySource = change.source ?? 'local',
): Promise<void> {
  if (!(await updatePerson(tx, organizationId, actor, employeeId, change, by))) return;
  await provisionAgents(tx, organizationId, actor, [employeeId]);
  await tellPeopleChanged(tx, organizationId);
}

/** Like `changePerson`, for many: agents and telling are the caller's, once. False: nothing differs. */
export async function updatePerson(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeId: string,
  change: PersonChange,
  by: DirectorySource,
): Promise<boolean> {
  await lockOrganization(tx, organizationId);
  const before = await lockPerson(tx, organizationId, employeeId);
  const after = changedPerson(before, change, by);
  const changes = differences(before, after);
  const changed = Object.keys(changes);
  if (changed.length === 0) return false;
  refuseForeignChange(before, by, changed);
  refuseDirectoryAbove(before, after, by);
  if ('email' in changes) refuseReservedEmail(after.email);
  await refuseUnknownPlace(tx, organizationId, {
    departmentId: 'departmentId' in changes ? after.departmentId : undefined,
    positionId: 'positionId' in changes ? after.positionId : undefined,
  });
  await refuseTaken(tx, organizationId, {
    number: 'number' in changes ? after.number : undefined,
    email: 'email' in changes ? after.email : undefined,
  });
  await refuseLastHolder(tx, organizationId, before, after);
  const decidedBefore = await tiersBefore(tx, organizationId, { employeeIds: [employeeId] });
  if ('positionId' in changes) await endPermanentGrantsOf(tx, organizationId, actor, [employeeId]);
  const { id, userId, roles, permissions, ...row } = after;
  await tx
    .update(employees)
    .set(row)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, id)));
  if (userId !== null) await changeUser(tx, organizationId, { ...after, userId }, changes);
  if ('positionId' in changes) await followTiers(tx, organizationId, actor, decidedBefore);
  const target = { type: 'employee', id, name: after.name };
  await recordAudit(tx, organizationId, {
    actor,
    action: 'employee.changed',
    target,
    outcome: 'allowed',
    detail: { changes },
  });
  if (before.active && !after.active) {
    await hibernateAgents(tx, organizationId, actor, id);
    await recordAudit(tx, organizationId, {
      actor,
      action: 'employee.suspended',
      target,
      outcome: 'allowed',
      detail: {},
    });
  } else if (!before.active && after.active) {
    const endedSessions = userId === null ? 0 : await endSessionsOf(tx, [userId]);
    await notify(tx, 'schedules_changed', {});
    const detail = { endedSessions };
    await recordAudit(tx, organizationId, { actor, action: 'employee.let_in', target, outcome: 'allowed', detail });
  }
  return true;
}

/**
 * Removes somebody with all that is theirs: their agent and their twin are deleted by an operation, after a backup of their files; channels,
 * pairings, schedules, assignments, rules, layer, settings, sessions and ways to sign in go at once. Conversations, turns, usage and audit
 * events stay. Errors: `not_found`; `conflict` for the last admin, or the last operator.
 */
export async function removePerson(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeId: string,
): Promise<void> {
  await deletePerson(tx, organizationId, actor, employeeId);
  await tellPeopleChanged(tx, organizationId);
}

/** Like `removePerson`, for many: telling is the caller's, once. */
export async function deletePerson(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeId: string,
): Promise<void> {
  await lockOrganization(tx, organizationId);
  const person = await lockPerson(tx, organizationId, employeeId);
  await refuseLastHolder(tx, organizationId, person, { roles: [], permissions: [], active: false });
  const gone = await removeTraces(tx, organizationId, actor, person);
  await tx.delete(employees).where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  const { name, email, number, departmentId, positionId, roles } = person;
  await recordAudit(tx, organizationId, {
    actor,
    action: 'employee.removed',
    target: { type: 'employee', id: employeeId, name },
    outcome: 'allowed',
    detail: { email, number, departmentId, positionId, roles, ...gone },
  });
}

async function refuseTaken(
  tx: Transaction,
  organizationId: string,
  of: { id?: string | undefined; number?: string | undefined; email?: string | undefined },
): Promise<void> {
  if (of.id === undefined && of.number === undefined && of.email === undefined) return;
  const other = await findNamesake(tx, organizationId, of);
  if (!other) return;
  const [what, value] =
    other.email === of.email
      ? ['e-mail', of.email]
      : other.number === of.number
        ? ['number', of.number]
        : ['id', of.id];
  throw new ClawpoolError('conflict', `${other.name} has the ${what} “${value}” already.`, `Choose another ${what}.`);
}

function changedPerson(before: PersonRow, change: PersonChange, by: DirectorySource): PersonRow {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as PersonChange;
  const roles = change.roles === undefined ? before.roles : editedRoles(before.roles, change.roles);
  const liftsWithoutRight = by !== 'local' && before.suspendedBy === 'local';
  const active = change.active === undefined || (change.active && liftsWithoutRight) ? before.active : change.active;
  return {
    ...before,
    ...given,
    email: (change.email ?? before.email).toLowerCase(),
    contactFor: [...(change.contactFor ?? before.contactFor)],
    roles,
    permissions: editedPermissions(roles, change.permissions ?? before.permissions),
    active,
    suspendedBy: suspender(before, change, active, by),
  } as PersonRow;
}

/** An admin who suspends somebody a directory has suspended already keeps them out from then on. */
function suspender(
  before: PersonRow,
  change: PersonChange,
  active: boolean,
  by: DirectorySource,
): DirectorySource | null {
  if (active) return null;
  const says = change.active === false && (before.active || by === 'local');
  return says ? by : before.suspendedBy;
}

/** By field; ids as they are. */
function differences(before: PersonRow, after: PersonRow): Record<string, { from: unknown; to: unknown }> {
  const fields = Object.keys(before) as (keyof PersonRow)[];
  const changed = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return Object.fromEntries(changed.map((field) => [field, { from: before[field], to: after[field] }]));
}

/** What runs goes to sleep, unless it is at work: it ends that, and is not woken again. */
async function hibernateAgents(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeId: string,
): Promise<void> {
  const running = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        eq(tenants.state, 'running'),
        sql`(${tenants.employeeId} = ${employeeId} or exists (select from twins w
          where w.organization_id = ${organizationId} and w.tenant_id = ${tenants.id} and w.employee_id = ${employeeId}))`,
      ),
    )
    .orderBy(tenants.id);
  for (const { id: tenantId } of running) {
    const request = { kind: 'hibernate' as const };
    await requestOperation(
      tx,
      { organizationId, tenantId, request, requestedBy: actor.name, actor },
      { images: new Set() },
    ).catch(passOver);
  }
}

/** Busy: it is at work, or something else is being done to it. Nothing has been written then. */
function passOver(error: unknown): void {
  if (!(error instanceof ClawpoolError) || error.code !== 'conflict') throw error;
}
