import { randomUUID } from 'node:crypto';
import type { AccessRequest, AccessRequestState, GrantMode } from '@clawpool/contracts';
import { and, desc, eq, gt, ilike, inArray, ne, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../../store/database.ts';
import {
  accessRequests,
  departments,
  employees,
  grants,
  positions,
  skills,
  tenants,
} from '../../../store/schema/index.ts';
import { toGrant } from '../grants/grant-store.ts';
import { afterApproval, type Decider, whyNotDecide } from './access-request.ts';
import { inWords, longestHours, rateRisk } from './risk.ts';
import { toolsOfSkill } from './skill-needs.ts';
import { isSuspicious } from './suspicious.ts';

export type RequestRow = typeof accessRequests.$inferSelect;
/** A request with what is known of whoever asks, and of what came of it. */
export type RequestRecord = Awaited<ReturnType<typeof selectRequests>>[number];

export interface RequestQuery {
  /** Of people in these; null: of all, also of those who are gone. */
  departmentIds?: readonly string[] | null;
  employeeId?: string;
  /** `decided`: all that do not wait. */
  state?: AccessRequestState | 'decided' | undefined;
  /** Part of a name, or of what is asked for. */
  search?: string | undefined;
  /** The last request of the page before. */
  before?: string | undefined;
  limit: number;
}

/** Those that wait first, then the newest. */
export async function listRequests(
  db: Queryable,
  organizationId: string,
  { departmentIds = null, employeeId, state, search, before, limit }: RequestQuery,
): Promise<RequestRecord[]> {
  const like = search ? `%${search.replace(/[\\%_]/g, '\\$&')}%` : null;
  return selectRequests(db)
    .where(
      and(
        eq(accessRequests.organizationId, organizationId),
        departmentIds === null ? undefined : inArray(employees.departmentId, [...departmentIds]),
        employeeId === undefined ? undefined : eq(accessRequests.employeeId, employeeId),
        state === undefined
          ? undefined
          : state === 'decided'
            ? ne(accessRequests.state, 'pending')
            : eq(accessRequests.state, state),
        before === undefined ? undefined : comesAfter(organizationId, before),
        like === null
          ? undefined
          : or(
              ilike(accessRequests.employeeName, like),
              ilike(accessRequests.resource, like),
              ilike(accessRequests.reason, like),
              ilike(tenants.name, like),
            ),
      ),
    )
    .orderBy(sql`${accessRequests.state} = 'pending' desc`, desc(accessRequests.createdAt), desc(accessRequests.id))
    .limit(limit);
}

/** In the order of the list. */
const comesAfter = (organizationId: string, before: string) =>
  sql`(${accessRequests.state} = 'pending', ${accessRequests.createdAt}, ${accessRequests.id}) < (
    select last.state = 'pending', last.created_at, last.id from access_requests last
    where last.organization_id = ${organizationId} and last.id = ${before})`;

/** All that wait, of these departments; for the count of those that somebody may decide. */
export const listPending = (db: Queryable, organizationId: string, departmentIds: readonly string[] | null) =>
  listRequests(db, organizationId, { departmentIds, state: 'pending', limit: 1_000 });

export async function findRequest(db: Queryable, organizationId: string, id: string): Promise<RequestRecord | null> {
  const [row] = await selectRequests(db).where(
    and(eq(accessRequests.organizationId, organizationId), eq(accessRequests.id, id)),
  );
  return row ?? null;
}

/** Of those that wait, the ones whose id begins so; for people who type. */
export async function findPendingByCode(db: Queryable, organizationId: string, code: string): Promise<RequestRow[]> {
  return db
    .select()
    .from(accessRequests)
    .where(
      and(
        eq(accessRequests.organizationId, organizationId),
        eq(accessRequests.state, 'pending'),
        sql`starts_with(${accessRequests.id}, ${code})`,
      ),
    )
    .limit(2);
}

/** Locked to the transaction's end: of two who decide at once, the second sees what the first did. */
export async function lockRequest(tx: Transaction, organizationId: string, id: string): Promise<RequestRow | null> {
  const [row] = await tx
    .select()
    .from(accessRequests)
    .where(and(eq(accessRequests.organizationId, organizationId), eq(accessRequests.id, id)))
    .for('update');
  return row ?? null;
}

/** Null: the same thing is asked for already. */
export async function insertRequest(
  tx: Transaction,
  request: Omit<typeof accessRequests.$inferInsert, 'id'>,
): Promise<RequestRow | null> {
  const [row] = await tx
    .insert(accessRequests)
    .values({ ...request, id: randomUUID() })
    .onConflictDoNothing()
    .returning();
  return row ?? null;
}

export async function findPendingFor(
  db: Queryable,
  { organizationId, tenantId, kind, resource }: Pick<RequestRow, 'organizationId' | 'tenantId' | 'kind' | 'resource'>,
): Promise<RequestRow | null> {
  const [row] = await db
    .select()
    .from(accessRequests)
    .where(
      and(
        eq(accessRequests.organizationId, organizationId),
        eq(accessRequests.tenantId, tenantId),
        eq(accessRequests.kind, kind),
        eq(accessRequests.resource, resource),
        eq(accessRequests.state, 'pending'),
      ),
    );
  return row ?? null;
}

export const countRequestsSince = (db: Queryable, organizationId: string, employeeId: string, since: Date) =>
  db.$count(
    accessRequests,
    and(
      eq(accessRequests.organizationId, organizationId),
      eq(accessRequests.employeeId, employeeId),
      gt(accessRequests.createdAt, since),
    ),
  );

export async function changeRequest(
  tx: Transaction,
  { organizationId, id }: Pick<RequestRow, 'organizationId' | 'id'>,
  set: Partial<Omit<RequestRow, 'organizationId' | 'id'>>,
): Promise<void> {
  await tx
    .update(accessRequests)
    .set(set)
    .where(and(eq(accessRequests.organizationId, organizationId), eq(accessRequests.id, id)));
}

function selectRequests(db: Queryable) {
  return db
    .select({
      request: accessRequests,
      tenantName: tenants.name,
      departmentId: employees.departmentId,
      department: departments.name,
      position: positions.name,
      skill: skills.content,
      grant: grants,
    })
    .from(accessRequests)
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, accessRequests.organizationId), eq(tenants.id, accessRequests.tenantId)),
    )
    .leftJoin(
      employees,
      and(eq(employees.organizationId, accessRequests.organizationId), eq(employees.id, accessRequests.employeeId)),
    )
    .leftJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .leftJoin(
      skills,
      and(
        eq(skills.organizationId, accessRequests.organizationId),
        eq(skills.name, accessRequests.resource),
        eq(accessRequests.kind, 'skill'),
      ),
    )
    .leftJoin(
      grants,
      and(eq(grants.organizationId, accessRequests.organizationId), eq(grants.requestId, accessRequests.id)),
    )
    .$dynamic();
}

/** As the API shows it to somebody. */
export function toAccessRequest(record: RequestRecord, decider: Decider, now: Date): AccessRequest {
  const { request, tenantName, department, position, grant } = record;
  const { kind, resource, reason, hours, agreedMode } = request;
  const asked = { kind, resource, needs: toolsOfSkill(record.skill ?? '') };
  const { reasons } = rateRisk({ ...asked, hours });
  const approvedFor = (mode: GrantMode) => {
    const { risk } = rateRisk({ ...asked, hours: mode === 'permanent' ? null : 1 });
    return { risk, longestHours: longestHours(risk), adminFollows: afterApproval(kind, risk, decider) === 'agreed' };
  };
  return {
    ...{ id: request.id, tenantId: request.tenantId, tenantName, department, position, kind, resource, reason, hours },
    ...{ employeeId: request.employeeId, employeeName: request.employeeName },
    suspicious: isSuspicious(reason),
    risk: request.risk,
    ...{ riskBecause: inWords(reasons), riskReasons: reasons },
    approvals: { once: approvedFor('once'), until: approvedFor('until'), permanent: approvedFor('permanent') },
    ...{ state: request.state, stage: request.stage, origin: request.origin },
    ...{ agreedBy: request.agreedBy, decidedBy: request.decidedBy, decisionNote: request.decisionNote },
    agreed: agreedMode && { mode: agreedMode, hours: request.agreedHours, note: request.agreedNote },
    decidedAt: request.decidedAt?.toISOString() ?? null,
    createdAt: request.createdAt.toISOString(),
    expiresAt: request.expiresAt.toISOString(),
    mayDecide: whyNotDecide(request, decider, now) === null,
    grant: grant && toGrant({ grant, tenantName }, decider),
  };
}
