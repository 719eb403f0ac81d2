import { z } from 'zod';
import {
  department,
  departmentInput,
  employee,
  employeeChange,
  employeeDetail,
  employeeImport,
  employeeInput,
  importPreview,
  position,
  positionChange,
  positionInput,
  removal,
} from '../organization.ts';
import { toolName } from '../tools.ts';
import { route } from './route.ts';

/** A named runtime profile. What a tenant and its template leave open comes from here. */
export const tier = z.object({
  id: z.string(),
  name: z.string(),
  driver: z.string().nullable().describe('null: the installation’s'),
  image: z.string().nullable().describe('null: the default image'),
  model: z.string().nullable().describe('provider/model; null: the active model'),
  cpus: z.number(),
  memoryMegabytes: z.int(),
  diskMegabytes: z.int(),
  idleMinutes: z.int(),
  alwaysOn: z.boolean(),
  fastPath: z.boolean().describe('the model answers directly while a runtime wakes'),
  heartbeatMinutes: z.int().describe('minutes between two looks at HEARTBEAT.md; 0: never'),
  toolsCeiling: z.array(toolName).describe('no position of the tier can allow more'),
  egressHosts: z.array(z.string()).describe('hosts its tenants may reach by HTTPS: api.example.com, *.example.com'),
});
export type Tier = z.infer<typeof tier>;

const readers = ['operator', 'admin', 'manager', 'auditor'] as const;
const departmentParams = z.object({ departmentId: z.string().max(64) });
const positionParams = z.object({ positionId: z.string().max(64) });
const employeeParams = z.object({ employeeId: z.string().max(64) });
const importParams = z.object({ importId: z.string().max(64) });
/** `true`: also what stands in the way goes. */
const force = z.object({ force: z.stringbool().default(false) });
/** 900,000 characters are some ten thousand people. */
const csv = z.object({
  csv: z
    .string()
    .min(1)
    .max(900_000)
    .describe('columns: name, email, department, position, number, roles, contact_for; the first two are needed'),
  fileName: z.string().max(200).default('people.csv'),
});
/** An HTTPS host name, or one with `*.` before it. */
const egressHost = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u,
    'use api.example.com or *.example.com',
  );

export const organizationRoutes = {
  listDepartments: route({
    method: 'GET',
    path: '/departments',
    tag: 'Organization',
    summary: 'The department tree in the caller’s scope, by name; a manager’s own department comes without its parent',
    access: readers,
    scope: 'departments',
    response: z.object({ departments: z.array(department) }),
  }),
  createDepartment: route({
    method: 'POST',
    path: '/departments',
    tag: 'Organization',
    summary: 'Make a department',
    access: ['admin'],
    scope: 'organization',
    body: departmentInput,
    status: 201,
    response: department,
  }),
  changeDepartment: route({
    method: 'PATCH',
    path: '/departments/:departmentId',
    tag: 'Organization',
    summary: 'Rename a department, or move it below another; never below itself',
    access: ['admin'],
    scope: 'organization',
    params: departmentParams,
    body: departmentInput.omit({ id: true }).partial(),
    response: department,
  }),
  departmentRemoval: route({
    method: 'GET',
    path: '/departments/:departmentId/removal',
    tag: 'Organization',
    summary: 'What would go with a department, and what stays',
    access: ['admin'],
    scope: 'organization',
    params: departmentParams,
    response: removal,
  }),
  deleteDepartment: route({
    method: 'DELETE',
    path: '/departments/:departmentId',
    tag: 'Organization',
    summary: 'Delete a department; `conflict` with counts and names while something is in it, unless forced',
    access: ['admin'],
    scope: 'organization',
    params: departmentParams,
    query: force,
    status: 204,
  }),

  listPositions: route({
    method: 'GET',
    path: '/positions',
    tag: 'Organization',
    summary: 'The positions in the caller’s scope, by name',
    access: readers,
    scope: 'departments',
    response: z.object({ positions: z.array(position) }),
  }),
  createPosition: route({
    method: 'POST',
    path: '/positions',
    tag: 'Organization',
    summary: 'Make a position',
    access: ['admin'],
    scope: 'organization',
    body: positionInput,
    status: 201,
    response: position,
  }),
  changePosition: route({
    method: 'PATCH',
    path: '/positions/:positionId',
    tag: 'Organization',
    summary: 'Change a position; its agents have it with their next turn',
    access: ['admin'],
    scope: 'organization',
    params: positionParams,
    body: positionChange,
    response: position,
  }),
  positionRemoval: route({
    method: 'GET',
    path: '/positions/:positionId/removal',
    tag: 'Organization',
    summary: 'Who has a position, and what would change for them without it',
    access: ['admin'],
    scope: 'organization',
    params: positionParams,
    response: removal,
  }),
  deletePosition: route({
    method: 'DELETE',
    path: '/positions/:positionId',
    tag: 'Organization',
    summary:
      'Delete a position; `conflict` with counts and names while people have it. Forced, they keep their agents and have none',
    access: ['admin'],
    scope: 'organization',
    params: positionParams,
    query: force,
    status: 204,
  }),
  provisionPosition: route({
    method: 'POST',
    path: '/positions/:positionId/provision',
    tag: 'Organization',
    summary: 'Give everybody of a position who has no agent one, all or nobody',
    access: ['admin'],
    scope: 'organization',
    params: positionParams,
    response: z.object({
      created: z.array(z.object({ employeeId: z.string(), name: z.string(), tenantId: z.string() })),
      already: z.int(),
    }),
  }),

  listEmployees: route({
    method: 'GET',
    path: '/employees',
    tag: 'Organization',
    summary: 'The employees in the caller’s scope, by number',
    access: readers,
    scope: 'departments',
    query: z.object({
      search: z.string().max(100).optional().describe('in name, e-mail and number'),
      departmentId: z.string().max(64).optional().describe('and everything below it'),
      positionId: z.string().max(64).optional(),
      with: z.enum(['agent', 'no_agent', 'suspended']).optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
      offset: z.coerce.number().int().min(0).default(0),
    }),
    response: z.object({ employees: z.array(employee), total: z.int() }),
  }),
  getEmployee: route({
    method: 'GET',
    path: '/employees/:employeeId',
    tag: 'Organization',
    summary: 'One employee',
    access: readers,
    scope: 'departments',
    params: employeeParams,
    response: employeeDetail,
  }),
  createEmployee: route({
    method: 'POST',
    path: '/employees',
    tag: 'Organization',
    summary: 'Add somebody; with a position they have an agent at once',
    access: ['admin'],
    scope: 'organization',
    body: employeeInput,
    status: 201,
    response: z.object({
      employee,
      password: z.string().nullable().describe('the first one, told once; null: they had a sign-in before'),
    }),
  }),
  changeEmployee: route({
    method: 'PATCH',
    path: '/employees/:employeeId',
    tag: 'Organization',
    summary: 'Change somebody, move them, suspend them or let them in again',
    access: ['admin'],
    scope: 'organization',
    params: employeeParams,
    body: employeeChange,
    response: employee,
  }),
  provisionEmployee: route({
    method: 'POST',
    path: '/employees/:employeeId/agent',
    tag: 'Organization',
    summary: 'Give somebody who has a position and no agent one, asleep until their first message',
    access: ['admin'],
    scope: 'organization',
    params: employeeParams,
    status: 201,
    response: z.object({ tenantId: z.string() }),
  }),
  resetPassword: route({
    method: 'POST',
    path: '/employees/:employeeId/password',
    tag: 'Organization',
    summary: 'Give somebody a new first password, and end their sessions',
    access: ['admin'],
    scope: 'organization',
    params: employeeParams,
    response: z.object({ password: z.string() }),
  }),
  employeeRemoval: route({
    method: 'GET',
    path: '/employees/:employeeId/removal',
    tag: 'Organization',
    summary: 'What would go with somebody, and what stays',
    access: ['admin'],
    scope: 'organization',
    params: employeeParams,
    response: removal,
  }),
  deleteEmployee: route({
    method: 'DELETE',
    path: '/employees/:employeeId',
    tag: 'Organization',
    summary:
      'Remove somebody; `conflict` with counts and names while they have an agent or paired accounts, unless forced',
    access: ['admin'],
    scope: 'organization',
    params: employeeParams,
    query: force,
    status: 204,
  }),
  exportEmployees: route({
    method: 'GET',
    path: '/employees.csv',
    tag: 'Organization',
    summary: 'All employees as a file that can be imported again',
    access: ['admin', 'auditor'],
    scope: 'organization',
    download: 'text/csv',
  }),

  previewImport: route({
    method: 'POST',
    path: '/employee-imports/preview',
    tag: 'Organization',
    summary: 'What a file of people would do, line by line; nothing is changed',
    access: ['admin'],
    scope: 'organization',
    body: csv,
    response: importPreview,
  }),
  importEmployees: route({
    method: 'POST',
    path: '/employee-imports',
    tag: 'Organization',
    summary: 'Take in a file of people, all lines or none; refused while one line is',
    access: ['admin'],
    scope: 'organization',
    body: csv,
    status: 201,
    response: z.object({
      import: employeeImport,
      passwords: z.array(z.object({ email: z.string(), password: z.string() })).describe('first ones, told once'),
    }),
  }),
  listImports: route({
    method: 'GET',
    path: '/employee-imports',
    tag: 'Organization',
    summary: 'Files of people that were taken in, the newest first',
    access: ['admin', 'auditor'],
    scope: 'organization',
    response: z.object({ imports: z.array(employeeImport) }),
  }),
  undoImport: route({
    method: 'POST',
    path: '/employee-imports/:importId/undo',
    tag: 'Organization',
    summary: 'Take an import back; `conflict` with names where somebody was changed since',
    access: ['admin'],
    scope: 'organization',
    params: importParams,
    response: employeeImport,
  }),

  listTiers: route({
    method: 'GET',
    path: '/tiers',
    tag: 'Organization',
    summary: 'The tiers that tenants are made of, by name',
    access: readers,
    scope: 'organization',
    response: z.object({ tiers: z.array(tier) }),
  }),
  changeTier: route({
    method: 'PATCH',
    path: '/tiers/:tierId',
    tag: 'Organization',
    summary: 'What agents of a tier may do, and how they wake and stay awake; holds from the next message on',
    access: ['admin'],
    scope: 'organization',
    params: z.object({ tierId: z.string().max(64) }),
    body: tier
      .pick({ fastPath: true, alwaysOn: true, toolsCeiling: true, model: true })
      .extend({
        heartbeatMinutes: z.int().min(0).max(10_080),
        idleMinutes: z.int().min(1).max(43_200),
        egressHosts: z.array(egressHost).max(200),
      })
      .partial(),
    response: tier,
  }),
};
