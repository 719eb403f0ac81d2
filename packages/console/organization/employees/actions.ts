import type { Employee, Me } from '@clawpool/contracts';

/** What can be done with somebody who is there already. */
export const personActions = ['change', 'password', 'suspend', 'remove'] as const;
export type PersonActionKind = (typeof personActions)[number];

/**
 * What an admin may do with somebody; the server refuses everything else. Nobody suspends or removes themselves, and who operates the
 * installation, or has a permission that the admin lacks, is kept in and out by their own kind.
 */
export function actionsFor(me: Me, employee: Employee): readonly PersonActionKind[] {
  if (me.employee?.id === employee.id) return ['change', 'password'];
  const operates = me.roles.includes('operator');
  const above =
    !operates &&
    (employee.roles.includes('operator') || employee.permissions.some((one) => !me.permissions.includes(one)));
  return above ? ['change'] : personActions;
}
