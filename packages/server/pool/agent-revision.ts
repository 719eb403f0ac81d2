import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';

/** Which agents something is said about. */
export type AffectedAgents =
  | 'all'
  | { tenantIds: readonly string[] }
  | { employeeIds: readonly string[] }
  | { positionIds: readonly string[] }
  | { tierIds: readonly string[] }
  | { templates: readonly string[] };

/**
 * What these agents' files or configuration are made of has changed, in this transaction: each has it with its next turn, running or
 * not, without a restart. One statement however many they are, and nobody waits for them. Returns how many.
 *
 * Rows are locked in the order of their ids, after whatever the caller has locked, and so that rows which name a tenant can be written meanwhile:
 * a message is accepted, a grant of the same transaction has its tenant.
 */
export async function markAgents(tx: Transaction, organizationId: string, affected: AffectedAgents): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    with marked as materialized (
      select t.id from tenants t
      where t.organization_id = ${organizationId} and t.state <> 'deleted' and ${affectedTenants(organizationId, affected)}
      order by t.id for no key update)
    update tenants set agent_revision = agent_revision + 1 from marked
    where tenants.organization_id = ${organizationId} and tenants.id = marked.id`);
  const count = rowCount ?? 0;
  if (count > 0) await notify(tx, 'agents_changed', { organizationId });
  return count;
}

/** A condition on a tenant `t` of the query around it. */
export function affectedTenants(organizationId: string, affected: AffectedAgents): SQL {
  if (affected === 'all') return sql`true`;
  if ('tenantIds' in affected) return sql`t.id = any(${sql.param([...affected.tenantIds])}::text[])`;
  if ('tierIds' in affected) return sql`t.tier_id = any(${sql.param([...affected.tierIds])}::text[])`;
  if ('templates' in affected) return sql`t.config_template = any(${sql.param([...affected.templates])}::text[])`;
  const whose =
    'employeeIds' in affected
      ? sql`e.id = any(${sql.param([...affected.employeeIds])}::text[])`
      : sql`e.position_id = any(${sql.param([...affected.positionIds])}::text[])`;
  // A twin's agent is made of its owner's layers too. Written so that people are looked up once, not once for each agent.
  return sql`coalesce(t.employee_id, (
      select w.employee_id from twins w where w.organization_id = ${organizationId} and w.tenant_id = t.id limit 1
    )) in (select e.id from employees e where e.organization_id = ${organizationId} and ${whose})`;
}
