import { type AccessRequest, ClawpoolError, type DecisionPlace, type GrantMode } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import { recordAudit } from '../../../audit/audit-store.ts';
import { scopeOf } from '../../../organization/department-store.ts';
import type { Principal } from '../../../organization/principal.ts';
import { markAgents } from '../../../pool/agent-revision.ts';
import { findTenant, type TenantRow } from '../../../pool/tenant-store.ts';
import type { Database, Transaction } from '../../../store/database.ts';
import { transact } from '../../../store/deadlock.ts';
import { employees } from '../../../store/schema/index.ts';
import { type GrantRow, insertGrant } from '../grants/grant-store.ts';
import { afterApproval, type Decider, grantHours, whyNotDecide } from '../requests/access-request.ts';
import { noSuchRequest, requestDetail, requestTarget } from '../requests/access-request-service.ts';
import {
  changeRequest,
  findRequest,
  lockRequest,
  type RequestRow,
  toAccessRequest,
} from '../requests/access-request-store.ts';
import { createDeciders, findAdminsFor } from '../requests/approver-store.ts';
import { checkGrantable } from '../requests/requestable.ts';
import { rateRisk } from '../requests/risk.ts';
import { duration, tellApprovers, tellAsker, thing } from '../tell-people.ts';

export interface Approval {
  mode: GrantMode;
  /** Of `until`; null: as it was asked for. */
  hours: number | null;
  note: string;
}

/**
 * Deciding requests. Errors of both: `not_found` outside of one's scope, `not_allowed` where it is not the caller's to decide, `conflict` when
 * somebody else has decided, with who.
 */
export interface DecisionService {
  /**
   * Grants it, from the agent's next model call on; or, where a manager approves a host or what is of high risk, asks the admins. Also: `invalid_request` for a
   * time longer than the risk allows, `conflict` when no grant can give it any more.
   */
  approve(principal: Principal, requestId: string, approval: Approval, place?: DecisionPlace): Promise<AccessRequest>;
  reject(principal: Principal, requestId: string, note: string, place?: DecisionPlace): Promise<AccessRequest>;
}

export function createDecisionService(
  { db }: Database,
  { now = () => new Date() }: { now?: () => Date } = {},
): DecisionService {
  /** Locks the request and sees to it that it is the principal's to decide. */
  async function open(tx: Transaction, principal: Principal, requestId: string): Promise<Opened> {
    const { organizationId } = principal;
    const locked = await lockRequest(tx, organizationId, requestId);
    const record = locked && (await findRequest(tx, organizationId, requestId));
    const scope = await scopeOf(tx, principal);
    if (!record || (scope !== null && !(record.departmentId !== null && scope.includes(record.departmentId)))) {
      throw noSuchRequest();
    }
    const decider = (await createDeciders(tx, principal))(record.departmentId);
    const refusal = whyNotDecide(record.request, decider, now());
    if (refusal) throw refusal;
    return { request: record.request, decider };
  }

  async function shown(principal: Principal, id: string): Promise<AccessRequest> {
    const record = await findRequest(db, principal.organizationId, id);
    if (!record) throw noSuchRequest();
    return toAccessRequest(record, (await createDeciders(db, principal))(record.departmentId), now());
  }

  return {
    approve: async (principal, requestId, approval, place = 'console') => {
      await transact(db, async (tx) => {
        const { request, decider } = await open(tx, principal, requestId);
        const tenant = await findTenant(tx, request.tenantId);
        if (!tenant || tenant.state === 'deleted' || tenant.state === 'deleting') throw agentGone();
        const asked = await checkGrantable(tx, tenant, request, now());
        const hours = approval.mode === 'until' ? (approval.hours ?? request.hours) : null;
        // What is decided counts, not what was asked: for good is more than for a while.
        const { risk } = rateRisk({ ...asked, hours: approval.mode === 'permanent' ? null : (hours ?? 1) });
        const lasts = grantHours(approval.mode, hours, risk);
        const decision: Decision = { principal, place, note: approval.note, at: now() };
        if (afterApproval(request.kind, risk, decider) === 'agreed') {
          return agree(tx, request, decision, { mode: approval.mode, hours: approval.mode === 'until' ? lasts : null });
        }
        if (approval.mode === 'permanent') await holdPosition(tx, tenant);
        await grantIt(tx, request, decision, { mode: approval.mode, hours: lasts });
      });
      return shown(principal, requestId);
    },

    reject: async (principal, requestId, note, place = 'console') => {
      await db.transaction(async (tx) => {
        const { request } = await open(tx, principal, requestId);
        const decision: Decision = { principal, place, note, at: now() };
        await changeRequest(tx, request, { state: 'rejected', ...decidedColumns(decision) });
        await audit(tx, request, decision, 'request.rejected', {});
        await tellAsker(tx, request, {
          what: 'rejected',
          title: `${principal.name} has refused ${thing(request)}`,
          text: note,
        });
      });
      return shown(principal, requestId);
    },
  };
}

interface Opened {
  request: RequestRow;
  decider: Decider;
}

interface Decision {
  principal: Principal;
  place: DecisionPlace;
  note: string;
  at: Date;
}

/** A manager says yes, and an admin has to as well. */
async function agree(
  tx: Transaction,
  request: RequestRow,
  decision: Decision,
  { mode, hours }: Pick<Approval, 'mode' | 'hours'>,
): Promise<void> {
  const { principal, note, at } = decision;
  const agreed = { agreedBy: principal.name, agreedMode: mode, agreedHours: hours, agreedNote: note };
  const change = { ...agreed, stage: 'admin' as const, adminsAskedAt: at };
  await changeRequest(tx, request, change);
  await audit(tx, request, decision, 'request.agreed', { mode, hours });
  await tellApprovers(
    tx,
    { ...request, ...change },
    await findAdminsFor(tx, request.organizationId, request),
    'agreed',
  );
}

/** Whoever moves the person waits, and ends the grant then; whoever has moved them since this was looked at could not. */
async function holdPosition(tx: Transaction, { organizationId, employeeId, positionId }: TenantRow): Promise<void> {
  if (employeeId === null) return;
  const [person] = await tx
    .select({ positionId: employees.positionId })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)))
    .for('share');
  if (person?.positionId === positionId) return;
  throw new ClawpoolError('conflict', 'The position of the agent’s person has just changed.', 'Look at it again.');
}

async function grantIt(
  tx: Transaction,
  request: RequestRow,
  decision: Decision,
  { mode, hours }: { mode: GrantMode; hours: number | null },
): Promise<void> {
  const { organizationId, tenantId, kind, resource, employeeName } = request;
  const { principal, at } = decision;
  const expiresAt = hours === null ? null : new Date(at.getTime() + hours * 3_600_000);
  await changeRequest(tx, request, { state: 'approved', ...decidedColumns(decision) });
  const grant = await insertGrant(tx, {
    ...{ organizationId, tenantId, employeeName, kind, resource, mode, expiresAt },
    ...{ requestId: request.id, grantedBy: principal.name, createdAt: at },
  });
  await audit(tx, request, decision, 'request.approved', { mode, hours });
  await recordAudit(tx, organizationId, {
    actor: actorOf(principal),
    action: 'grant.created',
    target: grantTarget(grant),
    outcome: 'allowed',
    detail: { ...grantDetail(grant), requestId: request.id },
  });
  await markAgents(tx, organizationId, { tenantIds: [tenantId] });
  await tellAsker(tx, request, {
    what: 'approved',
    title: `${principal.name} has approved ${thing(request)} ${mode === 'once' ? 'for one message' : duration(hours)}`,
    text: decision.note,
  });
}

/** What the audit log names a grant by, and what it says of it. */
export const grantTarget = ({ id, kind, resource }: GrantRow) => ({
  ...{ type: 'grant', id, name: `${kind} ${resource}` },
});
export const grantDetail = ({ tenantId, employeeName, kind, resource, mode, expiresAt }: GrantRow) => ({
  ...{ tenantId, owner: employeeName, kind, resource, mode, expiresAt: expiresAt?.toISOString() ?? null },
});

const decidedColumns = ({ principal, note, at }: Decision) => ({
  ...{ decidedBy: principal.name, decisionNote: note, decidedAt: at },
});

const actorOf = ({ userId, name }: Principal) => ({ type: 'person' as const, id: userId, name });

const audit = (
  tx: Transaction,
  request: RequestRow,
  { principal, place, note }: Decision,
  action: string,
  detail: Record<string, unknown>,
) =>
  recordAudit(tx, request.organizationId, {
    actor: actorOf(principal),
    action,
    target: requestTarget(request),
    outcome: 'allowed',
    detail: { ...requestDetail(request), place, note, ...detail },
  });

const agentGone = () => new ClawpoolError('conflict', 'The agent is not there any more.', 'Reject the request.');
