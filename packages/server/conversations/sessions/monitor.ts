import type { Principal } from '../../organization/principal.ts';

/** Which sessions a person may watch: all of the organization's, or those with the own agents of some departments' people. */
export interface SessionScope {
  organizationId: string;
  /** Null: all, those of teams, of the API and of public pages included. */
  departmentIds: readonly string[] | null;
}

/** Paths of sessions that belong to the department of the agent's owner; the others are nobody's in particular. */
export const pathsOfDepartments = ['emp', 'pgnd', 'cron'] as const;

/** Who runs the pool does not read what people say to their agents, unless another role lets them. */
export const asWatcher = (principal: Principal): Principal => ({
  ...principal,
  roles: principal.roles.filter((role) => role !== 'operator'),
});
