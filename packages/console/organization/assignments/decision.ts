import type { Assignment, ChannelBinding, Employee, RoutingRule } from '@clawpool/contracts';

/** The rule that decides for somebody: the narrowest there is. Null: none, their own agent answers in the tier of their position. */
export function decidingRule(
  employee: Pick<Employee, 'id' | 'positionId'>,
  rules: readonly RoutingRule[],
): RoutingRule | null {
  const rule = (scope: RoutingRule['scope'], ownerId: string) =>
    rules.find((one) => one.scope === scope && one.ownerId === ownerId);
  return (
    rule('employee', employee.id) ??
    (employee.positionId === null ? undefined : rule('position', employee.positionId)) ??
    rules.find(({ scope }) => scope === 'organization') ??
    null
  );
}

/** The teams' agents that somebody shares. */
export const teamsOf = (employeeId: string, assignments: readonly Assignment[]): Assignment[] =>
  assignments.filter(({ employees }) => employees.some(({ id }) => id === employeeId));

/** The accounts on platforms by which somebody reaches their agent; the preferred one first. */
export const bindingsOf = (employeeId: string, bindings: readonly ChannelBinding[]): ChannelBinding[] =>
  bindings
    .filter(({ employee }) => employee.id === employeeId)
    .sort((a, b) => Number(b.preferred) - Number(a.preferred));
