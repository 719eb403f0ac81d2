import {
  ClawpoolError,
  type Employee,
  type EmployeeDetail,
  type EmployeeInput,
  type Permission,
  type Removal,
} from '@clawpool/contracts';
import { hashPassword } from 'better-auth/crypto';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { notify } from '../../store/notifications.ts';
import { setFirstPassword } from '../account-store.ts';
import { scopeOf } from '../department-store.ts';
import { listDepartments } from '../departments/department-store.ts';
import { countEmployees, listEmployees } from '../employee-store.ts';
import { generatePassword } from '../password.ts';
import { type Principal, personActor } from '../principal.ts';
import { subtree } from '../scope.ts';
import { endSessionsOf, lockOrganization, lockPerson, noSuchPerson, type PersonRow } from './people-store.ts';
import type { PersonChange } from './person.ts';
import { findPersonDetail, personRemoval } from './person-detail.ts';
import { addPerson, changePerson, removePerson } from './person-writer.ts';
import { provisionAgents } from './provisioning.ts';
import { refuseAboveOneself } from './standing.ts';

export interface PeopleQuery {
  search?: string | undefined;
  /** And everything below it. */
  departmentId?: string | undefined;
  positionId?: string | undefined;
  with?: 'agent' | 'no_agent' | 'no_position' | 'suspended' | undefined;
  limit: number;
  offset: number;
}

/** The people a principal may see, by number, and how many fit the query. */
export async function peopleOf(
  { db }: Database,
  principal: Principal,
  { limit, offset, departmentId, ...query }: PeopleQuery,
): Promise<{ employees: Employee[]; total: number }> {
  const { organizationId } = principal;
  const departmentIds = await narrowed(db, principal, departmentId);
  const wanted = { ...query, departmentIds };
  return {
    employees: await listEmployees(db, organizationId, wanted, { limit, offset }),
    total: await countEmployees(db, organizationId, wanted),
  };
}

async function narrowed(
  db: Queryable,
  principal: Principal,
  departmentId: string | undefined,
): Promise<readonly string[] | null> {
  const scope = await scopeOf(db, principal);
  if (departmentId === undefined) return scope;
  const below = subtree(departmentId, await listDepartments(db, principal.organizationId, null));
  return scope === null ? below : below.filter((id) => scope.includes(id));
}

/** Error: `not_found`, also outside of the principal's departments. */
export async function personOf({ db }: Database, principal: Principal, employeeId: string): Promise<EmployeeDetail> {
  const { organizationId } = principal;
  const found = await shown(db, organizationId, employeeId, await scopeOf(db, principal));
  return { ...found, ...(await findPersonDetail(db, organizationId, found)) };
}

/**
 * Adds somebody with a first password, told once. Errors: `conflict`, `invalid_request`, `quota_exceeded`; `not_allowed` to give `policy`
 * without having it.
 */
export async function createEmployee(
  { db }: Database,
  principal: Principal,
  input: EmployeeInput,
): Promise<{ employee: Employee; password: string | null }> {
  const { organizationId } = principal;
  refuseUngranted(principal, [], input.permissions);
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  return transact(db, async (tx) => {
    const added = await addPerson(tx, organizationId, personActor(principal), { ...input, passwordHash });
    const employee = await shown(tx, organizationId, added.employeeId, null);
    return { employee, password: added.passwordIsTheirs ? password : null };
  });
}

/**
 * Changes somebody. Errors: see `changePerson`; `not_allowed` where the person stands above the principal (see `refuseAboveOneself`), or for
 * giving `policy` without having it; `conflict` for suspending oneself.
 */
export function changeEmployee(
  { db }: Database,
  principal: Principal,
  employeeId: string,
  change: Omit<PersonChange, 'source' | 'externalId'>,
): Promise<Employee> {
  const { organizationId } = principal;
  return transact(db, async (tx) => {
    await lockOrganization(tx, organizationId);
    const before = await lockPerson(tx, organizationId, employeeId);
    refuseUngranted(principal, before.permissions, change.permissions);
    if (change.active === false && before.active) refuseOneself(principal, employeeId, 'suspend');
    if (standsOn(before, change)) refuseAboveOneself(principal, before);
    await changePerson(tx, organizationId, personActor(principal), employeeId, change);
    return shown(tx, organizationId, employeeId, null);
  });
}

/**
 * Gives somebody an agent of their own; see `provisionAgents`. Errors: `not_found`; `conflict` (no position, suspended, or there is an agent);
 * `quota_exceeded`.
 */
export function provisionEmployee(
  { db }: Database,
  principal: Principal,
  employeeId: string,
): Promise<{ tenantId: string }> {
  const { organizationId } = principal;
  return transact(db, async (tx) => {
    await lockOrganization(tx, organizationId);
    const { name, positionId, active } = await lockPerson(tx, organizationId, employeeId);
    if (!active) throw new ClawpoolError('conflict', `${name} is suspended.`, 'Let them in again first.');
    if (positionId === null) {
      throw new ClawpoolError('conflict', `${name} has no position.`, 'Give them one: their agent comes with it.');
    }
    const [agent] = await provisionAgents(tx, organizationId, personActor(principal), [employeeId]);
    if (!agent) {
      const hint = 'Open it from their details; one that is being deleted is gone in a moment.';
      throw new ClawpoolError('conflict', `${name} has an agent already.`, hint);
    }
    await notify(tx, 'routing_changed', { organizationId });
    return { tenantId: agent.tenantId };
  });
}

/** A new first password, and whoever is signed in as them is not any more. Errors: `not_found`, `not_allowed`, `conflict` (nobody signs in as them). */
export async function resetPassword(
  { db }: Database,
  principal: Principal,
  employeeId: string,
): Promise<{ password: string }> {
  const { organizationId } = principal;
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  await transact(db, async (tx) => {
    const person = await lockPerson(tx, organizationId, employeeId);
    refuseAboveOneself(principal, person);
    if (person.userId === null) throw new ClawpoolError('conflict', `Nobody signs in as ${person.name}.`);
    await setFirstPassword(tx, person.userId, passwordHash);
    const endedSessions = await endSessionsOf(tx, [person.userId]);
    await recordAudit(tx, organizationId, {
      actor: personActor(principal),
      action: 'password.reset',
      target: { type: 'employee', id: employeeId, name: person.name },
      outcome: 'allowed',
      detail: { endedSessions },
    });
  });
  return { password };
}

/** Error: `not_found`. */
export function removalOfEmployee(
  { db }: Database,
  { organizationId }: Principal,
  employeeId: string,
): Promise<Removal> {
  return transact(db, async (tx) =>
    personRemoval(tx, organizationId, await lockPerson(tx, organizationId, employeeId)),
  );
}

/**
 * Removes somebody; see `removePerson` for what goes and what stays. Errors: `not_found`; `not_allowed` (see `refuseAboveOneself`);
 * `conflict` for oneself, the last admin, and, with `details: Removal`, while they have an agent or paired accounts and it is not forced.
 */
export function deleteEmployee(
  { db }: Database,
  principal: Principal,
  employeeId: string,
  { force }: { force: boolean },
): Promise<void> {
  const { organizationId } = principal;
  return transact(db, async (tx) => {
    await lockOrganization(tx, organizationId);
    const person = await lockPerson(tx, organizationId, employeeId);
    refuseOneself(principal, employeeId, 'remove');
    refuseAboveOneself(principal, person);
    const removal = await personRemoval(tx, organizationId, person);
    if (!force && removal.agents.count + removal.channels > 0) {
      throw new ClawpoolError(
        'conflict',
        `${person.name} has ${counted(removal.agents.count, 'agent')} and ${counted(removal.channels, 'paired account')}.`,
        'Force it: their files are backed up, then all of it goes; conversations and audit events stay.',
        { details: removal },
      );
    }
    await removePerson(tx, organizationId, personActor(principal), employeeId);
  });
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Whether it changes how somebody gets in, or what they may do. */
const standsOn = (
  before: PersonRow,
  { email, roles, permissions, active }: Pick<PersonChange, 'email' | 'roles' | 'permissions' | 'active'>,
): boolean =>
  (email !== undefined && email.toLowerCase() !== before.email) ||
  (active !== undefined && active !== before.active) ||
  (roles !== undefined && before.roles.some((role) => role !== 'operator' && !roles.includes(role))) ||
  (permissions !== undefined && before.permissions.some((permission) => !permissions.includes(permission)));

function refuseUngranted(
  principal: Principal,
  before: readonly Permission[],
  wanted: readonly Permission[] | undefined,
): void {
  const given = (wanted ?? []).filter((permission) => !before.includes(permission));
  if (given.every((permission) => principal.permissions?.includes(permission))) return;
  throw new ClawpoolError(
    'not_allowed',
    'Only an admin who has the permission “policy” gives it to others.',
    'Ask one of them.',
  );
}

function refuseOneself(principal: Principal, employeeId: string, what: string): void {
  if (principal.employeeId !== employeeId) return;
  throw new ClawpoolError('conflict', `You cannot ${what} yourself.`, 'Ask another admin.');
}

async function shown(
  db: Queryable,
  organizationId: string,
  employeeId: string,
  departmentIds: readonly string[] | null,
): Promise<Employee> {
  const [found] = await listEmployees(db, organizationId, { departmentIds, employeeId }, { limit: 1, offset: 0 });
  if (!found) throw noSuchPerson(employeeId);
  return found;
}
