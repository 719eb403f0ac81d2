import { ClawpoolError } from '@clawpool/contracts';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { lockRules } from '../../conversations/routing/rule-store.ts';
import { newTenantId } from '../../pool/operations/steps/clone.ts';
import { refuseBeyondQuotas } from '../../pool/quotas/quota.ts';
import { findQuotas, lockQuotas, usedOf } from '../../pool/quotas/quota-store.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { employees, tenants, tiers } from '../../store/schema/index.ts';
import { recordAll } from './people-store.ts';
import { type AuditActor, freeName, idOf } from './person.ts';

export interface ProvisionedAgent {
  employeeId: string;
  name: string;
  tenantId: string;
}

/** A tenant's name has at most so many characters. */
const tenantNameLength = 32;

/**
 * Gives each of these people who has a position and no agent one, asleep until their first message: all of them, or nobody. It has the tier
 * that the routing rules say, else the position's. Who has an agent already, or one on its way out, is left alone. Error: `quota_exceeded`.
 */
export async function provisionAgents(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeIds: readonly string[],
): Promise<ProvisionedAgent[]> {
  if (employeeIds.length === 0) return [];
  await lockRules(tx, organizationId);
  // Before the quotas, as whoever wakes an agent locks.
  await tx.execute(sql`select from tenants where organization_id = ${organizationId}
    and state <> 'deleted' order by id for no key update`);
  await lockQuotas(tx, organizationId);
  const { rows } = await tx.execute<{ id: string; name: string; position_id: string; tier_id: string }>(sql`
    select e.id, e.name, e.position_id, ${decidedTier} as tier_id from employees e ${withTier}
    where e.organization_id = ${organizationId} and e.id = any(${sql.param([...employeeIds])}::text[]) and e.position_id is not null
      and not exists (select from tenants t
        where t.organization_id = e.organization_id and t.employee_id = e.id and t.state <> 'deleted')
    order by e.id for no key update of e`);
  if (rows.length === 0) return [];
  await refuseTooMany(
    tx,
    organizationId,
    rows.map(({ tier_id }) => tier_id),
  );

  const taken = await tenantNames(tx, organizationId);
  const made = rows.map((row) => {
    const wanted = `agent-${row.position_id.replace(/^pos-/, '')}-${row.id}`;
    const name = freeName(idOf([wanted], 'agent', tenantNameLength), taken, tenantNameLength);
    taken.add(name);
    return { ...row, tenantId: newTenantId(), tenantName: name };
  });
  for (let at = 0; at < made.length; at += 1_000) {
    await tx.insert(tenants).values(
      made.slice(at, at + 1_000).map(({ id, tenantId, tenantName, tier_id }) => ({
        organizationId,
        id: tenantId,
        name: tenantName,
        employeeId: id,
        tierId: tier_id,
      })),
    );
  }
  await recordAll(
    tx,
    organizationId,
    made.map(({ id, name, tenantId, tenantName, tier_id, position_id }) => ({
      actor,
      action: 'tenant.created',
      target: { type: 'tenant', id: tenantId, name: tenantName },
      outcome: 'allowed',
      detail: { cause: 'position', employeeId: id, employee: name, position: position_id, tier: tier_id },
    })),
  );
  for (const { tenantId } of made) await notify(tx, 'tenant_changed', { organizationId, tenantId });
  return made.map(({ id, name, tenantId }) => ({ employeeId: id, name, tenantId }));
}

/** What `followTiers` needs to know before a change; the rules stay as they are from now on. */
export async function tiersBefore(
  tx: Transaction,
  organizationId: string,
  of: { employeeIds: readonly string[] } | { positionId: string },
): Promise<ReadonlyMap<string, string | null>> {
  await lockRules(tx, organizationId);
  return decidedTiers(tx, organizationId, of);
}

/** By employee: the tier their own agent should have now; null: nothing says one. */
export async function decidedTiers(
  tx: Transaction,
  organizationId: string,
  of: { employeeIds: readonly string[] } | { positionId: string },
): Promise<ReadonlyMap<string, string | null>> {
  const whose =
    'positionId' in of
      ? sql`e.position_id = ${of.positionId}`
      : sql`e.id = any(${sql.param([...of.employeeIds])}::text[])`;
  const { rows } = await tx.execute<{ id: string; tier_id: string | null }>(sql`
    select e.id, ${decidedTier} as tier_id from employees e ${withTier}
    where e.organization_id = ${organizationId} and ${whose}`);
  return new Map(rows.map(({ id, tier_id }) => [id, tier_id]));
}

/**
 * After positions changed: agents that had the tier that was decided for them have the one that is decided now. One whose tier was chosen by
 * hand keeps it, and so does one for which nothing says a tier any more.
 *
 * @param before what `tiersBefore` said before the change
 */
export async function followTiers(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  before: ReadonlyMap<string, string | null>,
): Promise<void> {
  const now = await decidedTiers(tx, organizationId, { employeeIds: [...before.keys()] });
  const moves = [...now].flatMap(([employeeId, to]) => {
    const from = before.get(employeeId) ?? null;
    return from === null || to === null || from === to ? [] : [{ employeeId, from, to }];
  });
  if (moves.length === 0) return;
  const { rows } = await tx.execute<{ id: string; name: string; tier_from: string; tier_to: string }>(sql`
    with moved as (
      select t.id, m.tier_from, m.tier_to from tenants t
      join jsonb_to_recordset(${JSON.stringify(moves.map(({ employeeId, from, to }) => ({ employee_id: employeeId, tier_from: from, tier_to: to })))}::jsonb)
        as m(employee_id text, tier_from text, tier_to text) on m.employee_id = t.employee_id and m.tier_from = t.tier_id
      where t.organization_id = ${organizationId} and t.state <> 'deleted'
      order by t.id for update of t)
    update tenants t set tier_id = m.tier_to from moved m
    where t.organization_id = ${organizationId} and t.id = m.id
    returning t.id, t.name, m.tier_from, m.tier_to`);
  await recordAll(
    tx,
    organizationId,
    rows.map(({ id, name, tier_from, tier_to }) => ({
      actor,
      action: 'tenant.tier_changed',
      target: { type: 'tenant', id, name },
      outcome: 'allowed',
      detail: { from: tier_from, to: tier_to, by: 'position' },
    })),
  );
  for (const { id } of rows) await notify(tx, 'tenant_changed', { organizationId, tenantId: id });
}

/** The narrowest tier rule, else the position's tier; of an employee `e`, with `withTier`. */
const decidedTier = sql.raw('coalesce(re.tier_id, rp.tier_id, ro.tier_id, p.tier_id)');
const withTier = sql.raw(`
  left join positions p on p.organization_id = e.organization_id and p.id = e.position_id
  left join routing_rules re on re.organization_id = e.organization_id and re.scope = 'employee' and re.owner_id = e.id
  left join routing_rules rp on rp.organization_id = e.organization_id and rp.scope = 'position' and rp.owner_id = e.position_id
  left join routing_rules ro on ro.organization_id = e.organization_id and ro.scope = 'organization' and ro.owner_id = ''`);

/** One after the other, as if each were asked for alone; the caller holds the quotas. */
async function refuseTooMany(tx: Transaction, organizationId: string, tierIds: readonly string[]): Promise<void> {
  const known = await tx
    .select()
    .from(tiers)
    .where(and(eq(tiers.organizationId, organizationId), inArray(tiers.id, [...new Set(tierIds)])));
  const [limits, used] = [await findQuotas(tx, organizationId), await usedOf(tx, organizationId)];
  for (const tierId of tierIds) {
    const tier = known.find(({ id }) => id === tierId);
    if (!tier) throw new ClawpoolError('invalid_request', `There is no tier “${tierId}”.`);
    const { memoryMegabytes, diskMegabytes } = tier;
    const resources = { cpus: tier.cpuMillis / 1000, memoryMegabytes, diskMegabytes };
    refuseBeyondQuotas(limits, used, { tenants: 1, runningTenants: 0, resources });
    used.tenants += 1;
    used.cpus += resources.cpus;
    used.memoryMegabytes += memoryMegabytes;
    used.diskMegabytes += diskMegabytes;
  }
}

async function tenantNames(db: Queryable, organizationId: string): Promise<Set<string>> {
  const rows = await db
    .select({ name: tenants.name })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), sql`${tenants.state} <> 'deleted'`));
  return new Set(rows.map(({ name }) => name));
}

/** Ids of people of a position. */
export async function peopleOfPosition(db: Queryable, organizationId: string, positionId: string): Promise<string[]> {
  const rows = await db
    .select({ id: employees.id })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.positionId, positionId)));
  return rows.map(({ id }) => id);
}
