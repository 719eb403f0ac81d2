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

export const organizationRoutes = {
  listEmployees: route({
    method: 'GET',
    path: '/employees',
    tag: 'Organization',
    summary: 'The employees in the caller’s scope',
    access: ['operator', 'admin', 'manager', 'auditor'],
    response: z.object({ employees: z.array(employee) }),
  }),
};
