import type { Origin, Resolution } from '@clawpool/contracts';

export interface RouteQuestion {
  organizationId: string;
  employeeId: string;
  origin: Origin;
  /** A team's tenant that the employee chose; refused (no tenant in the answer) when it is not shared with them. */
  tenantId?: string | undefined;
}

/** Which tenant answers an employee, and why. Cached; a change of anything it rests on holds within a second. */
export interface Router {
  /** Error: `not_found` for an employee that does not exist. */
  resolve(question: RouteQuestion): Promise<Resolution>;
  close(): void;
}
