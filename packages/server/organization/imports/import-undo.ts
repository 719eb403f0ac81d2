import { ClawpoolError, type EmployeeImport, type EmployeeImportChange } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { removeDepartment } from '../departments/department-writer.ts';
import { lockOrganization, lockPerson, type PersonRow, tellPeopleChanged } from '../people/people-store.ts';
import type { PersonChange } from '../people/person.ts';
import { deletePerson, updatePerson } from '../people/person-writer.ts';
import { refuseAboveOneself } from '../people/standing.ts';
import { type Principal, personActor } from '../principal.ts';
import { findContents, findCreatedAt, findInUse, lockImport, markUndone } from './import-store.ts';

/**
 * Takes an import back: who came with it goes, with their agent; who was changed is as before; departments it made go when nothing is in
 * them. An agent that somebody who was there before got with it stays. All of it or nothing. Errors: `not_found`; `conflict` when it is undone
 * already, or, with `details: { names }`, where somebody was changed since, or uses what they were given; `not_allowed` where one of them
 * stands above the principal by now (see `refuseAboveOneself`).
 */
export function undoImport({ db }: Database, principal: Principal, importId: string): Promise<EmployeeImport> {
  const { organizationId } = principal;
  const actor = personActor(principal);
  return transact(db, async (tx) => {
    await lockOrganization(tx, organizationId);
    const found = await lockImport(tx, organizationId, importId);
    if (!found) throw new ClawpoolError('not_found', 'There is no such import.', 'The list shows those there are.');
    if (found.undoneAt !== null) {
      throw new ClawpoolError(
        'conflict',
        `${found.undoneBy} has taken it back already.`,
        'There is nothing left to undo.',
      );
    }
    await refuseChangedSince(tx, principal, found);
    for (const change of found.changes.toReversed()) {
      if (change.kind === 'employee_created') {
        await deletePerson(tx, organizationId, actor, change.employeeId);
      } else if (change.kind === 'employee_changed') {
        await updatePerson(tx, organizationId, actor, change.employeeId, change.before as PersonChange, 'local');
      }
    }
    await removeEmpty(tx, principal, found.changes);
    await recordAudit(tx, organizationId, {
      actor,
      action: 'employees.import_undone',
      target: { type: 'employee_import', id: importId, name: found.fileName },
      outcome: 'allowed',
      detail: { changes: found.changes.length },
    });
    await tellPeopleChanged(tx, organizationId);
    return markUndone(tx, organizationId, importId, principal.name);
  });
}

async function refuseChangedSince(
  tx: Transaction,
  principal: Principal,
  { changes, createdAt }: { changes: readonly EmployeeImportChange[]; createdAt: Date },
): Promise<void> {
  const { organizationId } = principal;
  const created = changes.flatMap((change) => (change.kind === 'employee_created' ? [change.employeeId] : []));
  const names = await findInUse(tx, organizationId, created);
  const madeAt = await findCreatedAt(
    tx,
    organizationId,
    changes.flatMap((change) => (change.kind === 'department_created' ? [] : [change.employeeId])),
  );
  for (const change of changes) {
    if (change.kind === 'department_created') continue;
    const { kind, employeeId } = change;
    const now = await findAgain(tx, organizationId, employeeId);
    if (now) refuseAboveOneself(principal, now);
    // Somebody else may have the id by now. People of an import are made in its transaction, which has one time.
    const age = (madeAt.get(employeeId) ?? 0) - createdAt.getTime();
    const isTheSame = kind === 'employee_created' ? age === 0 : age <= 0;
    if (now === null || !isTheSame) names.push(now?.name ?? employeeId);
    else if (kind === 'employee_changed' && !isStill(now, change.after)) names.push(now.name);
  }
  if (names.length === 0) return;
  const [some, more] = [names.slice(0, 20).join(', '), names.length > 20 ? ` and ${names.length - 20} more` : ''];
  throw new ClawpoolError(
    'conflict',
    `It cannot be taken back: ${some}${more} changed since, or use what they were given.`,
    'Change or remove the others by hand.',
    { details: { names } },
  );
}

async function findAgain(tx: Transaction, organizationId: string, employeeId: string): Promise<PersonRow | null> {
  try {
    return await lockPerson(tx, organizationId, employeeId);
  } catch (error) {
    if (error instanceof ClawpoolError && error.code === 'not_found') return null;
    throw error;
  }
}

/** jsonb keeps no order of keys, so field by field. */
const isStill = (now: PersonRow, after: Readonly<Record<string, unknown>>) =>
  Object.entries(after).every(
    ([field, value]) => JSON.stringify(now[field as keyof PersonRow]) === JSON.stringify(value),
  );

/** From below upwards; one that others use by now stays. */
async function removeEmpty(
  tx: Transaction,
  principal: Principal,
  changes: readonly EmployeeImportChange[],
): Promise<void> {
  const made = changes.flatMap((change) => (change.kind === 'department_created' ? [change.departmentId] : []));
  for (const departmentId of made.toReversed()) {
    const [found] = await findContents(tx, principal.organizationId, [departmentId]);
    if (found?.contents !== 0) continue;
    await removeDepartment(tx, principal.organizationId, personActor(principal), departmentId, { force: false });
  }
}
