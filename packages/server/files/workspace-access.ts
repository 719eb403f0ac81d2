import type { Principal } from '../organization/principal.ts';

/** What somebody may do in a workspace. */
export interface WorkspaceAccess {
  edit: boolean;
  /** It is their own agent's, or one that is shared with them: reading is nobody else's business. */
  own: boolean;
}

export interface WorkspaceFacts {
  /** Whose agent it is; null: nobody's in particular. */
  employeeId: string | null;
  /** Of its owner. */
  departmentId: string | null;
  /** It is a team's agent, and the principal is of the team. */
  assigned: boolean;
  /** Departments that the principal manages. */
  managed: readonly string[];
}

/** Null: as if it did not exist. Operators look after runtimes, not after what is in them. */
export function accessOf(
  { employeeId, roles }: Pick<Principal, 'employeeId' | 'roles'>,
  facts: WorkspaceFacts,
): WorkspaceAccess | null {
  if (facts.employeeId !== null && facts.employeeId === employeeId) return { edit: true, own: true };
  if (roles.includes('admin')) return { edit: true, own: false };
  const manages = facts.departmentId !== null && facts.managed.includes(facts.departmentId);
  if (roles.includes('manager') && manages) return { edit: true, own: false };
  if (facts.assigned) return { edit: false, own: true };
  return roles.includes('auditor') ? { edit: false, own: false } : null;
}
