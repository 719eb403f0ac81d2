import { ClawpoolError, type DirectorySource } from '@clawpool/contracts';
import type { Principal } from '../principal.ts';
import type { PersonRow } from './people-store.ts';

/**
 * Error `not_allowed`: nobody gets hold of rights they do not have by changing how somebody who has them signs in, or takes them from them. So
 * operators are suspended, removed, demoted and given passwords by operators, holders of `policy` by holders of `policy`.
 */
export function refuseAboveOneself(
  principal: Pick<Principal, 'roles' | 'permissions' | 'employeeId'>,
  person: Pick<PersonRow, 'id' | 'name' | 'roles' | 'permissions'>,
): void {
  if (principal.employeeId === person.id || principal.roles.includes('operator')) return;
  if (person.roles.includes('operator')) {
    throw new ClawpoolError('not_allowed', `${person.name} operates this installation.`, 'Ask an operator to do it.');
  }
  if (person.permissions.some((permission) => !principal.permissions?.includes(permission))) {
    throw new ClawpoolError(
      'not_allowed',
      `${person.name} may change what holds for everybody, and you may not.`,
      'Ask an admin who has the permission “policy”.',
    );
  }
}

/** What a directory may not change of whoever stands above it. */
type Standing = Pick<PersonRow, 'name' | 'email' | 'active' | 'source' | 'roles' | 'permissions'>;

/**
 * Error `not_allowed`: whoever holds a directory, or a token of one, gets nobody's rights by it. Operators and holders of a permission are
 * not adopted by one, keep their roles and their e-mail, and are neither suspended nor removed (`after` null) by one.
 */
export function refuseDirectoryAbove(before: Standing, after: Standing | null, by: DirectorySource): void {
  if (by === 'local' || (!before.roles.includes('operator') && before.permissions.length === 0)) return;
  const adopted = after !== null && before.source !== by && after.source === by;
  const kept = after?.email === before.email && before.roles.every((role) => after.roles.includes(role));
  const suspended = before.active && !after?.active;
  if (kept && !adopted && !suspended) return;
  throw new ClawpoolError(
    'not_allowed',
    `${before.name} stands above what a directory may change.`,
    'Do it in the console.',
  );
}
