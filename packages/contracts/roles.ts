import { z } from 'zod';

/**
 * `operator` runs the installation; the others are roles inside an organization. One person may hold several.
 * `manager` sees their own department and all below it; `auditor` reads everything and changes nothing.
 */
export const role = z.enum(['operator', 'admin', 'manager', 'employee', 'auditor']);
export type Role = z.infer<typeof role>;
export const roles = role.options;

/** What a role alone does not give. `policy`: an admin who may change what holds for everybody: the global layer, and what is always blocked. */
export const permission = z.enum(['policy']);
export type Permission = z.infer<typeof permission>;
