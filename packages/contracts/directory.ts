import { z } from 'zod';
import { role } from './roles.ts';

/** Platforms whose people are read by us. SCIM is the other way: the directory writes to us. */
export const directoryVendor = z.enum(['feishu', 'dingtalk']);
export type DirectoryVendor = z.infer<typeof directoryVendor>;

export const directorySettings = z.object({
  departmentDelimiter: z.string().min(1).max(5).describe('parts a SCIM client’s department into a path'),
  scimDelete: z.enum(['suspend', 'remove']).describe('what a SCIM client’s DELETE of a person does'),
});
export type DirectorySettings = z.infer<typeof directorySettings>;

/** What a SCIM client uses to sign in. */
export const scimToken = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('the first characters, to recognise it by'),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type ScimToken = z.infer<typeof scimToken>;

/** A title or a group that a directory has told of, or that somebody mapped before, and what it becomes. */
export const directoryMapping = z.object({
  kind: z.enum(['title', 'group']),
  name: z.string(),
  people: z.int().describe('who have it now'),
  positionId: z.string().nullable(),
  role: role.nullable().describe('only of groups'),
});
export type DirectoryMapping = z.infer<typeof directoryMapping>;

/** How many of each a run has done. */
export const directoryCounts = z.object({
  created: z.int(),
  changed: z.int(),
  suspended: z.int(),
  departmentsCreated: z.int(),
  departmentsChanged: z.int(),
  departmentsReleased: z.int(),
});
export type DirectoryCounts = z.infer<typeof directoryCounts>;

/** `waiting` and `running` are under way; `stopped`: it would suspend too many, and asks; the others are over. */
export const directoryRunState = z.enum(['waiting', 'running', 'done', 'stopped', 'failed']);
export type DirectoryRunState = z.infer<typeof directoryRunState>;

export const directoryConflictReason = z.enum([
  'no_email',
  'invalid_email',
  'same_email',
  'email_taken',
  'number_taken',
  'refused',
]);
export type DirectoryConflictReason = z.infer<typeof directoryConflictReason>;

/** A person of the directory who cannot be taken over as they are. */
export const directoryRunConflict = z.object({
  name: z.string(),
  email: z.string(),
  reason: directoryConflictReason,
  detail: z.string().describe('who or what stands in the way; empty: nothing more to say'),
});
export type DirectoryRunConflict = z.infer<typeof directoryRunConflict>;

export const directoryRun = z.object({
  id: z.string(),
  vendor: directoryVendor,
  startedBy: z.string().nullable().describe('null: the timetable'),
  state: directoryRunState,
  counts: directoryCounts,
  conflicts: z.array(directoryRunConflict),
  message: z.string().nullable().describe('why it stopped or failed'),
  hint: z.string().nullable(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type DirectoryRun = z.infer<typeof directoryRun>;

export const directorySourceView = z.object({
  vendor: directoryVendor,
  baseUrl: z.string(),
  appId: z.string(),
  everyHours: z.int().describe('0: only when somebody asks'),
  suspendPercent: z.int(),
  nextRunAt: z.iso.datetime().nullable(),
  people: z.int().describe('who come from it and are not suspended'),
  lastRun: directoryRun.nullable(),
});
export type DirectorySourceView = z.infer<typeof directorySourceView>;

export const directorySourceInput = z.object({
  baseUrl: z
    .url({ protocol: /^https?$/u })
    .max(200)
    .describe('https, unless it is this machine'),
  appId: z.string().trim().min(1).max(200),
  appSecret: z
    .string()
    .trim()
    .min(1)
    .max(400)
    .optional()
    .describe('absent: the one that is there; needed with another address'),
  everyHours: z.int().min(0).max(168),
  suspendPercent: z.int().min(0).max(100),
});
export type DirectorySourceInput = z.infer<typeof directorySourceInput>;

/** What looking at a directory found, before anything is read in. */
export const directoryCheck = z.object({
  works: z.boolean(),
  message: z.string(),
  hint: z.string().nullable(),
});
export type DirectoryCheck = z.infer<typeof directoryCheck>;

const fieldChange = z.object({ field: z.string(), from: z.string(), to: z.string() });
const plannedPerson = z.object({
  name: z.string(),
  email: z.string(),
  department: z.string(),
  changes: z.array(fieldChange).describe('of somebody who is here already'),
});
export type DirectoryPlannedPerson = z.infer<typeof plannedPerson>;
const planned = z.object({ count: z.int(), people: z.array(plannedPerson).describe('the first 200') });
const plannedDepartments = z.object({ count: z.int(), names: z.array(z.string()).describe('the first 200, as paths') });

/** What a run would do now. Nothing is written for it. */
export const directoryPlan = z.object({
  created: planned,
  changed: planned,
  suspended: planned.describe('who are not in the directory any more, or blocked there'),
  unchanged: z.int(),
  departments: z.object({
    created: plannedDepartments,
    changed: plannedDepartments,
    released: plannedDepartments.describe('gone there; kept here, to be changed in the console'),
  }),
  conflicts: z.object({ count: z.int(), people: z.array(directoryRunConflict).describe('the first 200') }),
  asks: z.boolean().describe('it would suspend so many that it has to be agreed to'),
});
export type DirectoryPlan = z.infer<typeof directoryPlan>;

/** What is kept of what a SCIM client sends of a person (RFC 7643, 4.1 and 4.3). */
export const scimUserDocument = z.object({
  userName: z.string(),
  externalId: z.string().optional(),
  name: z
    .object({
      formatted: z.string().optional(),
      givenName: z.string().optional(),
      familyName: z.string().optional(),
      middleName: z.string().optional(),
    })
    .optional(),
  displayName: z.string().optional(),
  nickName: z.string().optional(),
  title: z.string().optional(),
  userType: z.string().optional(),
  preferredLanguage: z.string().optional(),
  locale: z.string().optional(),
  timezone: z.string().optional(),
  active: z.boolean(),
  emails: z
    .array(z.object({ value: z.string(), type: z.string().optional(), primary: z.boolean().optional() }))
    .optional(),
  enterprise: z
    .object({
      employeeNumber: z.string().optional(),
      department: z.string().optional(),
      organization: z.string().optional(),
      division: z.string().optional(),
      costCenter: z.string().optional(),
      manager: z.object({ value: z.string().optional(), displayName: z.string().optional() }).optional(),
    })
    .optional(),
});
export type ScimUserDocument = z.infer<typeof scimUserDocument>;
