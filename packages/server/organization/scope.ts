import type { Principal } from './principal.ts';

export interface Department {
  id: string;
  parentId: string | null;
}

/**
 * Which departments' people and tenants a principal sees. Null: all of the organization's. Operators, admins and auditors see all; a
 * manager their own department and everything below it; anybody else none.
 */
export function departmentsInScope(
  { roles }: Pick<Principal, 'roles'>,
  ownDepartmentId: string | null,
  departments: readonly Department[],
): readonly string[] | null {
  if (roles.some((role) => role === 'operator' || role === 'admin' || role === 'auditor')) return null;
  if (!roles.includes('manager') || ownDepartmentId === null) return [];
  return subtree(ownDepartmentId, departments);
}

/** A department and all below it, the nearer ones first. Ends on a cycle too, which a careless change of parents could make. */
export function subtree(rootId: string, departments: readonly Department[]): string[] {
  return below(rootId, childrenOf(departments));
}

/** By parent; of `below`, for many roots of one tree. */
export const childrenOf = (departments: readonly Department[]): ReadonlyMap<string | null, readonly Department[]> =>
  Map.groupBy(departments, ({ parentId }) => parentId);

/** Like `subtree`. */
export function below(rootId: string, children: ReturnType<typeof childrenOf>): string[] {
  // A set is walked over in the order in which it grows, and has each once.
  const found = new Set([rootId]);
  for (const id of found) for (const child of children.get(id) ?? []) found.add(child.id);
  return [...found];
}
