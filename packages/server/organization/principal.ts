import type { Role } from '@clawpool/contracts';

/** Who makes a request, in which organization, as what. */
export interface Principal {
  userId: string;
  name: string;
  organizationId: string;
  /** Null for people without an agent of their own. */
  employeeId: string | null;
  roles: readonly Role[];
}
