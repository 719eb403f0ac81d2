import { ClawpoolError } from '@clawpool/contracts';
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
