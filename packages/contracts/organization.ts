import { z } from 'zod';
import { permission, role } from './roles.ts';
import { toolName } from './tools.ts';

/** Where people and departments come from. What a directory brought is changed there; the console changes only what the directory does not know. */
export const directorySource = z.enum(['local', 'scim', 'feishu', 'dingtalk']);
export type DirectorySource = z.infer<typeof directorySource>;

const name = z.string().trim().min(1).max(80);
/** Made by the server out of the name, unless somebody wants a certain one. */
const id = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/u, 'use 1 to 40 of a-z, 0-9 and -, neither first nor last a hyphen');
const topics = z.array(z.string().trim().min(1).max(60)).max(20);
export const employeeEmail = z.email().max(254).toLowerCase();

/** Levels of a path of departments that is made by its names. */
export const deepestDepartment = 10;

export const department = z.object({
  id: z.string(),
  name: z.string(),
  parentId: z.string().nullable().describe('null: on top'),
  source: directorySource,
  employees: z.int().describe('directly in it'),
  employeesBelow: z.int().describe('in it and in everything below it'),
  positions: z.int(),
  agents: z.int().describe('of the people directly in it'),
});
export type Department = z.infer<typeof department>;
export const departmentInput = z.object({ id: id.optional(), name, parentId: z.string().max(64).nullable() });

export const position = z.object({
  id: z.string(),
  name: z.string(),
  departmentId: z.string(),
  department: z.string(),
  tierId: z.string(),
  tier: z.string(),
  tools: z
    .array(toolName)
    .describe('what the position allows; the tier’s ceiling and what is always blocked come on top'),
  skills: z.array(z.string()),
  contactFor: z.array(z.string()).describe('what people of this position are the right ones to ask about'),
  employees: z.int(),
  agents: z.int().describe('people of the position who have an agent'),
  layerWords: z.int().describe('of its SOUL layer; 0: nothing written yet'),
});
export type Position = z.infer<typeof position>;
const positionFields = z.object({
  name,
  departmentId: z.string().max(64),
  tierId: z.string().max(64),
  tools: z.array(toolName).max(toolName.options.length),
  skills: z.array(z.string().max(64)).max(50),
  contactFor: topics,
});
export const positionInput = positionFields.extend({
  id: id.optional(),
  skills: positionFields.shape.skills.default([]),
  contactFor: topics.default([]),
});
/** Not the input made partial: its defaults would stand for what is left out. */
export const positionChange = positionFields.partial();

export const employee = z.object({
  id: z.string(),
  number: z.string(),
  name: z.string(),
  email: z.string(),
  departmentId: z.string(),
  department: z.string(),
  positionId: z.string().nullable(),
  position: z.string().nullable().describe('null: not decided yet'),
  roles: z.array(role),
  permissions: z.array(permission),
  active: z.boolean().describe('false: suspended'),
  source: directorySource,
  contactFor: z.array(z.string()),
  tenantId: z.string().nullable().describe('their own agent; null: they have none'),
  lastActiveAt: z.iso.datetime().nullable().describe('of their agent'),
});
export type Employee = z.infer<typeof employee>;

/** One person, with what an admin wants to see before changing something. */
export const employeeDetail = employee.extend({
  manager: z.object({ id: z.string(), name: z.string() }).nullable().describe('who decides their requests first'),
  signsIn: z.boolean().describe('whether there is a password or a sign-in of an identity provider'),
  channels: z.array(z.object({ channel: z.string(), accountName: z.string(), displayName: z.string() })),
  messagesLastWeek: z
    .array(z.object({ day: z.iso.date(), messages: z.int() }))
    .describe('the last 7 days, oldest first, days without included'),
  createdAt: z.iso.datetime(),
});
export type EmployeeDetail = z.infer<typeof employeeDetail>;

/** Roles an admin gives; `operator` belongs to the installation. */
export const grantableRole = role.exclude(['operator']);

const employeeFields = z.object({
  number: z.string().trim().min(1).max(40),
  name,
  email: employeeEmail,
  departmentId: z.string().max(64),
  positionId: z.string().max(64).nullable(),
  roles: z.array(grantableRole).max(grantableRole.options.length),
  permissions: z.array(permission).max(permission.options.length),
  contactFor: topics,
});
export const employeeInput = employeeFields.extend({
  id: id.optional(),
  /** Made by the server when absent. */
  number: employeeFields.shape.number.optional(),
  roles: employeeFields.shape.roles.default(['employee']),
  permissions: employeeFields.shape.permissions.default([]),
  contactFor: topics.default([]),
});
/** `active`: false suspends, true lets in again. */
export const employeeChange = employeeFields.extend({ active: z.boolean() }).partial();
export type EmployeeInput = z.infer<typeof employeeInput>;

/** What goes, or stands in the way, when something is removed. Names are at most 20 of each; `count` is of all. */
export const removal = z.object({
  departments: z.object({ count: z.int(), names: z.array(z.string()) }),
  positions: z.object({ count: z.int(), names: z.array(z.string()) }),
  employees: z.object({ count: z.int(), names: z.array(z.string()) }),
  agents: z.object({ count: z.int(), names: z.array(z.string()) }).describe('deleted, after a backup of their files'),
  managers: z
    .object({ count: z.int(), names: z.array(z.string()) })
    .describe('of the employees that move: they are no managers any more, or they would manage where they move to'),
  providers: z
    .object({ count: z.int(), names: z.array(z.string()) })
    .describe('identity providers that give it to whom they create'),
  mappings: z
    .object({ count: z.int(), names: z.array(z.string()) })
    .describe('titles and groups of directories that become this position'),
  layerWords: z.int().describe('of the SOUL layer that goes, with its history and proposals'),
  channels: z.int().describe('paired accounts'),
  schedules: z.int(),
  rules: z.int().describe('routing rules and assignments to team agents'),
  kept: z.object({ conversations: z.int(), auditEvents: z.int() }).describe('what stays as the trail'),
  movesTo: z
    .string()
    .nullable()
    .describe('the department to which departments, positions and employees move instead; null: they do not move'),
  refusal: z.string().nullable().describe('why it is refused even when forced; null: forced, it is done'),
});
export type Removal = z.infer<typeof removal>;

/** One line of a file of people: what it would do, or did. */
export const importRow = z.object({
  line: z.int(),
  action: z.enum(['create', 'change', 'unchanged', 'refused']),
  name: z.string(),
  email: z.string(),
  changes: z.array(z.object({ field: z.string(), from: z.string(), to: z.string() })),
  problem: z.string().nullable(),
});
export type ImportRow = z.infer<typeof importRow>;
export const importPreview = z.object({
  rows: z.array(importRow),
  created: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  refused: z.int(),
  newDepartments: z.array(z.string()).describe('that the file names and that would be made'),
});
export type ImportPreview = z.infer<typeof importPreview>;

/** One thing an import did, and what it takes to undo it. */
export type EmployeeImportChange =
  | { kind: 'employee_created'; employeeId: string; tenantId: string | null }
  | { kind: 'department_created'; departmentId: string }
  | { kind: 'employee_changed'; employeeId: string; before: Record<string, unknown>; after: Record<string, unknown> };

export const employeeImport = z.object({
  id: z.string(),
  fileName: z.string(),
  importedBy: z.string(),
  createdAt: z.iso.datetime(),
  created: z.int(),
  changed: z.int(),
  undoneAt: z.iso.datetime().nullable(),
  undoneBy: z.string().nullable(),
});
export type EmployeeImport = z.infer<typeof employeeImport>;
