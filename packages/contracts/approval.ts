import { z } from 'zod';
import { channelName } from './channel.ts';
import { toolName } from './tools.ts';

export const accessKind = z.enum(['tool', 'skill', 'host']);
export type AccessKind = z.infer<typeof accessKind>;

export const risk = z.enum(['low', 'medium', 'high']);
export type Risk = z.infer<typeof risk>;

/** Why something is rated as it is; `of_a_skill` names the tool that the skill makes use of. */
export const riskReason = z.object({
  code: z.enum([
    'runs_commands',
    'runs_programs',
    'changes_files',
    'opens_pages',
    'reads_what_is_public',
    'reads_its_workspace',
    'unknown_tool',
    'opens_a_domain',
    'sends_out',
    'is_a_text',
    'of_a_skill',
    'without_end',
  ]),
  tool: toolName.nullable(),
});
export type RiskReason = z.infer<typeof riskReason>;

/** Who has to decide next. A manager's agreement to a host, or to something of high risk, goes on to the admins. */
export const approvalStage = z.enum(['manager', 'admin']);
export type ApprovalStage = z.infer<typeof approvalStage>;

export const accessRequestState = z.enum(['pending', 'approved', 'rejected', 'withdrawn', 'expired']);
export type AccessRequestState = z.infer<typeof accessRequestState>;

/** `once`: one turn. `until`: for a time. `permanent`: until somebody takes it back. */
export const grantMode = z.enum(['once', 'until', 'permanent']);
export type GrantMode = z.infer<typeof grantMode>;

/** Why a grant has ended. */
export const grantEnd = z.enum(['expired', 'used', 'revoked', 'agent_deleted', 'position_changed']);
export type GrantEndCause = z.infer<typeof grantEnd>;

export const requestOrigin = z.enum(['portal', 'agent']);
export type RequestOrigin = z.infer<typeof requestOrigin>;

/** Where a decision was made. */
export const decisionPlace = z.enum(['console', ...channelName.options]);
export type DecisionPlace = z.infer<typeof decisionPlace>;

/** A grant of high risk that ends may last this long at most, in hours; the reference product's figure. */
export const longestHighRiskHours = 24;
/** Any other grant that ends: a year. */
export const longestGrantHours = 8_760;
/** A request nobody decides ends after so many days. */
export const requestDays = 7;
/** A manager has so many hours; then the admins are asked too. */
export const managerHours = 24;

export const grant = z.object({
  id: z.string(),
  tenantId: z.string(),
  tenantName: z.string(),
  employeeName: z.string(),
  kind: accessKind,
  resource: z.string(),
  mode: grantMode,
  grantedBy: z.string(),
  requestId: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  endedBecause: grantEnd.nullable(),
  endedBy: z.string().nullable(),
  mayRevoke: z.boolean().describe('whether the caller may take it back, now'),
});
export type Grant = z.infer<typeof grant>;

export const accessRequest = z.object({
  id: z.string(),
  tenantId: z.string(),
  tenantName: z.string(),
  employeeId: z.string(),
  employeeName: z.string(),
  department: z.string().nullable(),
  position: z.string().nullable(),
  kind: accessKind,
  resource: z.string(),
  reason: z.string(),
  suspicious: z
    .boolean()
    .describe(
      'the reason reads like an instruction to whoever, or whatever, reads it: it is shown as text and nothing more',
    ),
  hours: z.int().nullable().describe('how long it is asked for; null: for good'),
  risk,
  riskBecause: z.string().describe('why it is rated so, in English'),
  riskReasons: z.array(riskReason).describe('the same, to be said in any language'),
  approvals: z
    .record(
      grantMode,
      z.object({
        risk,
        longestHours: z.int().describe('of `until`'),
        adminFollows: z.boolean().describe('the caller’s approval is an agreement, and an admin decides'),
      }),
    )
    .describe('what each way to approve it would be: what is decided counts, not what was asked for'),
  state: accessRequestState,
  stage: approvalStage,
  origin: requestOrigin,
  agreedBy: z.string().nullable(),
  agreed: z
    .object({ mode: grantMode, hours: z.int().nullable(), note: z.string() })
    .nullable()
    .describe('what the manager who agreed would grant, and their word'),
  decidedBy: z.string().nullable(),
  decisionNote: z.string(),
  decidedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  mayDecide: z.boolean().describe('whether the caller may, now'),
  grant: grant.nullable(),
});
export type AccessRequest = z.infer<typeof accessRequest>;

/** Something that can be asked for: the agent does not have it. */
export const requestable = z.object({
  kind: accessKind,
  resource: z.string().describe('empty for a host: it is typed'),
  label: z.string(),
  description: z.string().describe('in English; of a skill what it says of itself'),
  risk,
  riskReasons: z.array(riskReason),
});
export type Requestable = z.infer<typeof requestable>;
