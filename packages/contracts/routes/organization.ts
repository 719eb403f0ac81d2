import { z } from 'zod';
import { role } from '../roles.ts';
import { route } from './route.ts';

export const employee = z.object({
  id: z.string(),
  number: z.string(),
  name: z.string(),
  email: z.string(),
  position: z.string(),
  department: z.string(),
  roles: z.array(role),
});
export type Employee = z.infer<typeof employee>;

/** A named runtime profile. What a tenant and its template leave open comes from here. */
export const tier = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string().nullable().describe('null: the default image'),
  model: z.string().nullable().describe('provider/model; null: the active model'),
  cpus: z.number(),
  memoryMegabytes: z.int(),
  diskMegabytes: z.int(),
  idleMinutes: z.int(),
  alwaysOn: z.boolean(),
});
export type Tier = z.infer<typeof tier>;

export const organizationRoutes = {
  listEmployees: route({
    method: 'GET',
    path: '/employees',
    tag: 'Organization',
    summary: 'The employees in the caller’s scope',
    access: ['operator', 'admin', 'manager', 'auditor'],
    response: z.object({ employees: z.array(employee) }),
  }),
  listTiers: route({
    method: 'GET',
    path: '/tiers',
    tag: 'Organization',
    summary: 'The tiers that tenants are made of, by name',
    access: ['operator', 'admin', 'manager', 'auditor'],
    response: z.object({ tiers: z.array(tier) }),
  }),
};
