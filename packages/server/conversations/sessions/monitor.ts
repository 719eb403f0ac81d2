import type { Principal } from '../../organization/principal.ts';

/** Which sessions a person may watch: all of the organization's, or those of some departments' people, whichever agent they talk to. */
export interface SessionScope {
  organizationId: string;
  /** Null: all, those of the API and of public pages included. */
  departmentIds: readonly string[] | null;
}

/** Paths of sessions that belong to the department of whoever talks: an agent may be shared by people of several. */
export const pathsOfCallersDepartment = ['emp'] as const;

/** Paths of sessions that belong to the department of the agent's owner; those of the paths left over are nobody's in particular. */
export const pathsOfOwnersDepartment = ['pgnd', 'cron'] as const;

/** Who runs the pool does not read what people say to their agents, unless another role lets them. */
export const asWatcher = (principal: Principal): Principal => ({
  ...principal,
  roles: principal.roles.filter((role) => role !== 'operator'),
});
