import type { Employee, RoutingRule, RoutingScope } from '@clawpool/contracts';

type Person = Pick<Employee, 'id' | 'positionId'>;
type Rule = Pick<RoutingRule, 'scope' | 'ownerId'>;

/** How many people a rule would decide for, before it is set: narrower rules keep theirs. `ownerId` is empty for the organization. */
export function affectedBy(
  scope: RoutingScope,
  ownerId: string,
  employees: readonly Person[],
  rules: readonly Rule[],
): number {
  const has = (of: RoutingScope, id: string) => rules.some((rule) => rule.scope === of && rule.ownerId === id);
  return employees.filter(({ id, positionId }) => {
    if (scope === 'employee') return id === ownerId;
    if (has('employee', id)) return false;
    return scope === 'position' ? positionId === ownerId : positionId === null || !has('position', positionId);
  }).length;
}

/** The positions that somebody holds, by name. */
export function positionsOf(
  employees: readonly Pick<Employee, 'positionId' | 'position'>[],
): { id: string; name: string }[] {
  const names = new Map(
    employees.flatMap(({ positionId, position }) => (positionId && position ? [[positionId, position] as const] : [])),
  );
  return [...names].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
