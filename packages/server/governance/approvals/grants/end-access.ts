import type { AuditEvent } from '@clawpool/contracts';
import { and, eq, inArray, isNull } from 'drizzle-orm';
import { recordAudit } from '../../../audit/audit-store.ts';
import { notifyPerson } from '../../../conversations/notifications/notify-person.ts';
import { markAgents } from '../../../pool/agent-revision.ts';
import type { Transaction } from '../../../store/database.ts';
import { accessRequests, employees, grants, tenants } from '../../../store/schema/index.ts';
import { requestDetail, requestTarget } from '../requests/access-request-service.ts';
import { changeRequest } from '../requests/access-request-store.ts';
import { findManagersOf } from '../requests/approver-store.ts';
import { thing } from '../tell-people.ts';
import { endWithNews } from './end-grant.ts';

type Actor = AuditEvent['actor'];

/**
 * Agents go: what they were granted ends, and what waits for a decision is withdrawn. To be called in the transaction in which they go, before
 * anything locks the agents themselves: whoever takes a grant back locks it first, and its agent then.
 */
export async function endAccessOfAgents(
  tx: Transaction,
  organizationId: string,
  actor: Actor,
  tenantIds: readonly string[],
  at = new Date(),
): Promise<void> {
  const asked = await tx
    .select()
    .from(accessRequests)
    .where(
      and(
        eq(accessRequests.organizationId, organizationId),
        inArray(accessRequests.tenantId, [...tenantIds]),
        eq(accessRequests.state, 'pending'),
      ),
    )
    .orderBy(accessRequests.id)
    .for('update');
  for (const request of asked) {
    await changeRequest(tx, request, { state: 'withdrawn', decidedAt: at });
    await recordAudit(tx, organizationId, {
      ...{ actor, action: 'request.withdrawn', target: requestTarget(request) },
      ...{ outcome: 'allowed', detail: { ...requestDetail(request), because: 'agent_deleted' } },
    });
  }
  const granted = await tx
    .select()
    .from(grants)
    .where(
      and(eq(grants.organizationId, organizationId), inArray(grants.tenantId, [...tenantIds]), isNull(grants.endedAt)),
    )
    .orderBy(grants.id)
    .for('update');
  for (const grant of granted) await endWithNews(tx, grant, { at, because: 'agent_deleted', by: null, actor });
}

/**
 * People leave their position: what their agents were granted for good was for what they did there, and ends. They are told, and so are the managers
 * whose people they were. To be called before they are moved, and before anything locks their agents.
 */
export async function endPermanentGrantsOf(
  tx: Transaction,
  organizationId: string,
  actor: Actor,
  employeeIds: readonly string[],
  at = new Date(),
): Promise<void> {
  const rows = await tx
    .select({ grant: grants, employeeId: employees.id, departmentId: employees.departmentId })
    .from(grants)
    .innerJoin(tenants, and(eq(tenants.organizationId, grants.organizationId), eq(tenants.id, grants.tenantId)))
    .innerJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .where(
      and(
        eq(grants.organizationId, organizationId),
        inArray(employees.id, [...employeeIds]),
        eq(grants.mode, 'permanent'),
        isNull(grants.endedAt),
      ),
    )
    .orderBy(grants.id)
    .for('update', { of: grants });
  // All at once, in the order in which everybody locks them.
  if (rows.length > 0) await markAgents(tx, organizationId, { tenantIds: rows.map(({ grant }) => grant.tenantId) });
  for (const { grant, employeeId, departmentId } of rows) {
    await endWithNews(tx, grant, { at, because: 'position_changed', by: null, actor });
    for (const { userId } of await findManagersOf(tx, organizationId, { employeeId, departmentId })) {
      if (userId === actor.id) continue;
      await notifyPerson(tx, {
        ...{ organizationId, userId, kind: 'access_decided' },
        title: `${grant.employeeName} leaves the position: ${thing(grant)} is not granted any more`,
        text: 'It was granted for good. It can be requested again in the new position.',
        dedupeKey: `grant:${grant.id}:position_changed`,
      });
    }
  }
}
