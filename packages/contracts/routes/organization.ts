import { z } from 'zod';
import { role } from '../roles.ts';
import { route } from './route.ts';

export const employee = z.object({
  id: z.string(),
  number: z.string(),
  name: z.string(),
  email: z.string(),
  positionId: z.string(),
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
  fastPath: z.boolean().describe('the model answers directly while a runtime wakes'),
  heartbeatMinutes: z.int().describe('minutes between two looks at HEARTBEAT.md; 0: never'),
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
  changeTier: route({
    method: 'PATCH',
    path: '/tiers/:tierId',
    tag: 'Organization',
    summary: 'How agents of a tier wake and stay awake; holds from the next message on',
    access: ['admin'],
    params: z.object({ tierId: z.string().max(64) }),
    body: tier
      .pick({ fastPath: true, alwaysOn: true })
      .extend({ heartbeatMinutes: z.int().min(0).max(10_080), idleMinutes: z.int().min(1).max(43_200) })
      .partial(),
    response: tier,
  }),
};
