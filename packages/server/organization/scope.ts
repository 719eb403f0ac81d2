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
  const found = [rootId];
  for (const id of found) {
    for (const child of departments) {
      if (child.parentId === id && !found.includes(child.id)) found.push(child.id);
    }
  }
  return found;
}
