import type { ApiScope, NewAuditEvent, Permission, Role } from '@clawpool/contracts';

/** Who makes a request, in which organization, as what. */
export interface Principal {
  userId: string;
  name: string;
  organizationId: string;
  /** Null for people without an agent of their own. */
  employeeId: string | null;
  roles: readonly Role[];
  /** Absent: none. */
  permissions?: readonly Permission[];
  /** An integrator's key makes the request; `roles` is empty then, and `userId` is nobody's who signs in. */
  apiKey?: { id: string; name: string; scopes: readonly ApiScope[]; tenantIds: readonly string[] };
}

/** A principal as audit events name them. */
export const personActor = ({ userId, name }: Principal): NewAuditEvent['actor'] => ({
  type: 'person',
  id: userId,
  name,
});
