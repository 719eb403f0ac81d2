import { ClawpoolError, type changeTenantBody } from '@clawpool/contracts';
import { eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { tenants } from '../store/schema/index.ts';
import { markAgents } from './agent-revision.ts';
import { refuseTakenName } from './operations/request.ts';
import { refuseUnknownSkills } from './tenant-skills.ts';
import { lockTenant } from './tenant-store.ts';

export type TenantChange = z.output<typeof changeTenantBody>;

/** What can be changed without touching the runtime. Errors: `not_found`, `conflict` (name), `invalid_request` (skills). */
export async function changeTenant(
  tx: Transaction,
  { organizationId, userId, name: person }: Principal,
  tenantId: string,
  change: TenantChange,
): Promise<void> {
  const row = await lockTenant(tx, organizationId, tenantId);
  if (!row || row.state === 'deleted') {
    throw new ClawpoolError('not_found', `There is no tenant “${tenantId}”.`, '`clawpool tenants` lists them.');
  }
  const { name, group, tags, skills, skillGroups, ttlHours, onExpiry, timetable } = change;
  if (name !== undefined && name !== row.name) await refuseTakenName(tx, organizationId, name);
  await refuseUnknownSkills(tx, organizationId, change);
  await tx
    .update(tenants)
    .set({
      ...(name === undefined ? {} : { name }),
      ...(group === undefined ? {} : { group }),
      ...(tags === undefined ? {} : { tags }),
      ...(skills === undefined ? {} : { skills }),
      ...(skillGroups === undefined ? {} : { skillGroups }),
      ...(onExpiry === undefined ? {} : { onExpiry }),
      // A new timetable begins with what comes next, not with what it would have done before.
      ...(timetable === undefined ? {} : { timetable, timetableDoneAt: sql`now()` }),
      ...(ttlHours === undefined
        ? {}
        : { expiresAt: ttlHours === null ? null : sql`now() + ${ttlHours} * interval '1 hour'` }),
      id: tenantId,
    })
    .where(eq(tenants.id, tenantId));
  await recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name: person },
    action: 'tenant.changed',
    target: { type: 'tenant', id: tenantId, name: name ?? row.name },
    outcome: 'allowed',
    detail: { ...change },
  });
  await markAgents(tx, organizationId, { tenantIds: [tenantId] });
  await notify(tx, 'tenant_changed', { organizationId, tenantId });
}
