import {
  type AccessKind,
  type AccessRequest,
  ClawpoolError,
  type Requestable,
  type RequestOrigin,
  requestDays,
} from '@clawpool/contracts';
import { recordAudit } from '../../../audit/audit-store.ts';
import { scopeOf } from '../../../organization/department-store.ts';
import type { Principal } from '../../../organization/principal.ts';
import { findTenantOfEmployee, type TenantRow } from '../../../pool/tenant-store.ts';
import type { Database, Queryable, Transaction } from '../../../store/database.ts';
import { tellApprovers } from '../tell-people.ts';
import {
  changeRequest,
  countRequestsSince,
  findPendingFor,
  findRequest,
  insertRequest,
  listPending,
  listRequests,
  lockRequest,
  type RequestQuery,
  type RequestRecord,
  type RequestRow,
  toAccessRequest,
} from './access-request-store.ts';
import { createDeciders, findAdminsFor, findManagersOf } from './approver-store.ts';
import { checkAsked, listRequestable } from './requestable.ts';
import { rateRisk } from './risk.ts';

export interface AskInput {
  kind: AccessKind;
  resource: string;
  reason: string;
  /** Null: for good. */
  hours: number | null;
}

/** Asking that an agent may do more. Deciding is `DecisionService`. */
export interface AccessRequestService {
  /** A page of those in the principal's scope; `waiting` counts those of all pages that are theirs to decide. */
  list(
    principal: Principal,
    query: Pick<RequestQuery, 'state' | 'search' | 'before'>,
  ): Promise<{ requests: AccessRequest[]; more: boolean; waiting: number }>;
  listMine(principal: Principal): Promise<{ requests: AccessRequest[]; requestable: Requestable[] }>;
  /**
   * Asks for one's own agent; the same thing again is the request that waits already. Errors: `conflict` for what the agent has, or what nobody can
   * grant, `not_found`, `invalid_request`, `too_many_requests`.
   */
  ask(principal: Principal, input: AskInput): Promise<AccessRequest>;
  /** The agent asks for its owner. */
  askAsAgent(
    agent: { organizationId: string; tenantId: string; employeeId: string },
    input: AskInput,
  ): Promise<AccessRequest>;
  /** As the agent's owner sees them, newest first; those that wait before. */
  listOfAgent(agent: { organizationId: string; employeeId: string }): Promise<AccessRequest[]>;
  /** Errors: `not_found` for others' requests, `conflict` once it is decided. */
  withdraw(principal: Principal, requestId: string): Promise<AccessRequest>;
}

/** Of the list for those who decide. */
const pageSize = 50;

/** Requests one person's agent may make in an hour: one that loops reaches any number. */
const requestsPerHour = 10;

export function createAccessRequestService(
  { db }: Database,
  { now = () => new Date() }: { now?: () => Date } = {},
): AccessRequestService {
  async function view(principal: Principal, records: readonly RequestRecord[]): Promise<AccessRequest[]> {
    const deciderFor = await createDeciders(db, principal);
    return records.map((record) => toAccessRequest(record, deciderFor(record.departmentId), now()));
  }

  async function viewOne(principal: Principal, id: string): Promise<AccessRequest> {
    const record = await findRequest(db, principal.organizationId, id);
    const [shown] = record ? await view(principal, [record]) : [];
    if (!shown) throw noSuchRequest();
    return shown;
  }

  async function askFor(asker: Asker, input: AskInput, origin: RequestOrigin): Promise<string> {
    const tenant = await findTenantOfEmployee(db, asker.organizationId, asker.employeeId);
    if (!tenant) {
      throw new ClawpoolError('conflict', 'You have no agent of your own.', 'Ask an admin for one, then request this.');
    }
    const asked = await checkAsked(db, tenant, input, now());
    const { risk } = rateRisk({ ...asked, hours: input.hours });
    return db.transaction(async (tx) => {
      const waits = await findPendingFor(tx, { ...asked, organizationId: tenant.organizationId, tenantId: tenant.id });
      if (waits) return waits.id;
      await refuseTooMany(tx, asker, now());
      const managers = await findManagersOf(tx, asker.organizationId, {
        employeeId: asker.employeeId,
        departmentId: tenant.departmentId,
      });
      const stage = managers.length > 0 ? 'manager' : 'admin';
      const request = await insertRequest(tx, {
        ...{ organizationId: tenant.organizationId, tenantId: tenant.id, kind: asked.kind, resource: asked.resource },
        ...{ employeeId: asker.employeeId, employeeName: tenant.ownerName ?? '', reason: printable(input.reason) },
        ...{ hours: input.hours, risk, stage, origin, createdAt: now() },
        adminsAskedAt: stage === 'admin' ? now() : null,
        expiresAt: new Date(now().getTime() + requestDays * 86_400_000),
      });
      // Somebody asked for the same at the same time.
      if (!request)
        return (
          (await findPendingFor(tx, { ...asked, organizationId: tenant.organizationId, tenantId: tenant.id }))?.id ?? ''
        );
      await recordAudit(tx, asker.organizationId, created(request, asker, tenant, origin));
      const asks = stage === 'manager' ? managers : await findAdminsFor(tx, asker.organizationId, asker);
      await tellApprovers(tx, request, asks, 'asked');
      return request.id;
    });
  }

  return {
    list: async (principal, query) => {
      const departmentIds = await scopeOf(db, principal);
      const { organizationId } = principal;
      const [records, pending] = await Promise.all([
        listRequests(db, organizationId, { ...query, departmentIds, limit: pageSize + 1 }),
        listPending(db, organizationId, departmentIds),
      ]);
      const waiting = (await view(principal, pending)).filter(({ mayDecide }) => mayDecide).length;
      const requests = await view(principal, records.slice(0, pageSize));
      return { requests, more: records.length > pageSize, waiting };
    },

    listMine: async (principal) => {
      const { organizationId, employeeId } = principal;
      if (employeeId === null) return { requests: [], requestable: [] };
      const [records, tenant] = await Promise.all([
        listRequests(db, organizationId, { employeeId, limit: 200 }),
        findTenantOfEmployee(db, organizationId, employeeId),
      ]);
      return {
        requests: await view(principal, records),
        requestable: tenant ? await listRequestable(db, tenant) : [],
      };
    },

    ask: async (principal, input) => {
      const { organizationId, employeeId, userId, name } = principal;
      if (employeeId === null) {
        throw new ClawpoolError('conflict', 'You have no agent of your own.', 'Requests are made for one’s own agent.');
      }
      const actor = { type: 'person', id: userId, name } as const;
      return viewOne(principal, await askFor({ organizationId, employeeId, actor }, input, 'portal'));
    },

    askAsAgent: async ({ organizationId, tenantId, employeeId }, input) => {
      const id = await askFor(
        { organizationId, employeeId, actor: { type: 'agent', id: tenantId, name: '' } },
        input,
        'agent',
      );
      return viewOne(ownerOf({ organizationId, employeeId }), id);
    },

    listOfAgent: async (agent) =>
      view(ownerOf(agent), await listRequests(db, agent.organizationId, { employeeId: agent.employeeId, limit: 200 })),

    withdraw: async (principal, requestId) => {
      const { organizationId, userId, name } = principal;
      await db.transaction(async (tx) => {
        const request = await lockRequest(tx, organizationId, requestId);
        if (!request || request.employeeId !== principal.employeeId) throw noSuchRequest();
        if (request.state !== 'pending') {
          const hint = 'What was granted is taken back by a manager or an admin.';
          throw new ClawpoolError('conflict', `This was ${request.state} already.`, hint);
        }
        await changeRequest(tx, request, { state: 'withdrawn', decidedBy: name, decidedAt: now() });
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: userId, name },
          action: 'request.withdrawn',
          target: requestTarget(request),
          outcome: 'allowed',
          detail: requestDetail(request),
        });
      });
      return viewOne(principal, requestId);
    },
  };
}

interface Asker {
  organizationId: string;
  employeeId: string;
  actor: { type: 'person' | 'agent'; id: string; name: string };
}

/** What an agent sees is what its owner sees, who decides nothing by it. */
const ownerOf = ({ organizationId, employeeId }: { organizationId: string; employeeId: string }): Principal => ({
  ...{ organizationId, employeeId, userId: '', name: '', roles: ['employee'] },
});

/** What the audit log names a request by, and what it says of it. */
export const requestTarget = ({ id, kind, resource }: Pick<RequestRow, 'id' | 'kind' | 'resource'>) => ({
  ...{ type: 'access_request', id, name: `${kind} ${resource}` },
});
export const requestDetail = ({ tenantId, employeeName, kind, resource, hours, risk }: RequestRow) => ({
  ...{ tenantId, owner: employeeName, kind, resource, hours, risk },
});

export const noSuchRequest = () =>
  new ClawpoolError('not_found', 'There is no such request.', 'Approvals lists those that you see.');

const created = (request: RequestRow, { actor }: Asker, tenant: TenantRow, origin: RequestOrigin) => ({
  actor: actor.type === 'agent' ? { ...actor, name: tenant.name } : actor,
  action: 'request.created',
  target: requestTarget(request),
  outcome: 'allowed' as const,
  detail: { ...requestDetail(request), stage: request.stage, origin, reason: request.reason },
});

async function refuseTooMany(
  tx: Transaction | Queryable,
  { organizationId, employeeId }: Asker,
  at: Date,
): Promise<void> {
  const since = new Date(at.getTime() - 3_600_000);
  if ((await countRequestsSince(tx, organizationId, employeeId, since)) < requestsPerHour) return;
  throw new ClawpoolError(
    'too_many_requests',
    `${requestsPerHour} requests were made within an hour.`,
    'Wait until some are decided, or withdraw those that are not needed.',
  );
}

/** As PostgreSQL can hold it, and as people can read it: no NUL, nothing invisible that turns the direction of text. */
const printable = (text: string) => text.replace(/[\0\u202a-\u202e\u2066-\u2069\u200b-\u200f]/g, '').trim();
