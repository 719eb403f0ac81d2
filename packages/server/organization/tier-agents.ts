import { ClawpoolError, type SharedAgentRights, type ToolName } from '@clawpool/contracts';
import { and, eq, ne } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import { markAgents } from '../pool/agent-revision.ts';
import { refuseBeyondQuotas } from '../pool/quotas/quota.ts';
import { findQuotas, lockQuotas, usedOf } from '../pool/quotas/quota-store.ts';
import { effectiveValues } from '../pool/templates/template.ts';
import { findTenant, type TenantRow } from '../pool/tenant-store.ts';
import type { Database, Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { tenants } from '../store/schema/index.ts';
import { allowedTools } from './position.ts';
import { type Principal, personActor } from './principal.ts';
import { findTier } from './tier-choice.ts';

/** Of an agent that is nobody's in particular. Error: `not_found`, also for a person's own: its position and its rules say what it may do. */
export async function sharedAgentRights(
  { db }: Database,
  { organizationId }: Principal,
  tenantId: string,
): Promise<SharedAgentRights> {
  return shown(await findShared(db, organizationId, tenantId), await findTools(db, organizationId, tenantId));
}

/**
 * Gives it another tier, or fewer tools than its tier allows: whoever it is shared with has no more by it than is meant. Tools hold from the next
 * model call on, a size from its next start. Errors: `not_found`; `invalid_request` for a tier there is not; `quota_exceeded`.
 */
export function changeSharedAgent(
  { db }: Database,
  principal: Principal,
  tenantId: string,
  change: { tierId?: string | undefined; tools?: readonly ToolName[] | null | undefined },
): Promise<SharedAgentRights> {
  const { organizationId } = principal;
  return db.transaction(async (tx) => {
    await lockShared(tx, organizationId, tenantId);
    const before = await findShared(tx, organizationId, tenantId);
    const hadTools = await findTools(tx, organizationId, tenantId);
    const tools = change.tools === undefined ? hadTools : change.tools && allowedTools(change.tools, change.tools);
    const tier = change.tierId === undefined ? null : await findTier(tx, organizationId, change.tierId);
    const tierId = tier?.id ?? before.tierId;
    const changes = {
      ...(tierId === before.tierId ? {} : { tier: { from: before.tierId, to: tierId } }),
      ...(JSON.stringify(tools) === JSON.stringify(hadTools) ? {} : { tools: { from: hadTools, to: tools } }),
    };
    if (Object.keys(changes).length === 0) return shown(before, hadTools);
    await markAgents(tx, organizationId, { tenantIds: [tenantId] });
    await lockQuotas(tx, organizationId);
    const used = await usedOf(tx, organizationId);
    await tx.update(tenants).set({ tierId, tools }).where(isTenant(organizationId, tenantId));
    const after = await findShared(tx, organizationId, tenantId);
    const growth = { tenants: 0, runningTenants: 0, resources: sizeOf(after), before: sizeOf(before) };
    refuseBeyondQuotas(await findQuotas(tx, organizationId), used, growth);
    await recordAudit(tx, organizationId, {
      actor: personActor(principal),
      action: 'tenant.rights_changed',
      target: { type: 'tenant', id: tenantId, name: after.name },
      outcome: 'allowed',
      detail: { changes },
    });
    await notify(tx, 'routing_changed', { organizationId });
    await notify(tx, 'tenant_changed', { organizationId, tenantId });
    return shown(after, tools);
  });
}

async function findShared(db: Queryable, organizationId: string, tenantId: string): Promise<TenantRow> {
  const tenant = await findTenant(db, tenantId);
  const isShared = tenant?.organizationId === organizationId && tenant.employeeId === null;
  if (tenant && isShared && tenant.state !== 'deleted') return tenant;
  throw new ClawpoolError(
    'not_found',
    'There is no such shared agent.',
    'What a person’s own agent may do is said by their position and by routing rules.',
  );
}

async function lockShared(tx: Transaction, organizationId: string, tenantId: string): Promise<void> {
  await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(isTenant(organizationId, tenantId), ne(tenants.state, 'deleted')))
    .for('no key update');
}

const isTenant = (organizationId: string, tenantId: string) =>
  and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId));

async function findTools(db: Queryable, organizationId: string, tenantId: string): Promise<ToolName[] | null> {
  const [row] = await db.select({ tools: tenants.tools }).from(tenants).where(isTenant(organizationId, tenantId));
  return row?.tools ? allowedTools(row.tools, row.tools) : null;
}

const shown = ({ tierId }: TenantRow, tools: ToolName[] | null): SharedAgentRights => ({ tierId, tools });

function sizeOf(tenant: TenantRow) {
  const { cpuMillis, memoryMegabytes, diskMegabytes } = effectiveValues(tenant);
  return { cpus: cpuMillis / 1000, memoryMegabytes, diskMegabytes };
}
