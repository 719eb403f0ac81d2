import type { RoutingRule } from '@clawpool/contracts';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { auditEvents, employees, positions, routingRules, tenants, tiers } from '../../store/schema/index.ts';

export type RuleRow = typeof routingRules.$inferSelect;
/** Which rule: `ownerId` is empty for the organization's. */
export type RuleKey = Pick<RuleRow, 'organizationId' | 'scope' | 'ownerId'>;

export interface RuleView extends RoutingRule {
  /** Of the employee it is about; null: it is about more than one. */
  departmentId: string | null;
}

/** Widest first; each with how many employees' messages it decides now. */
export async function listRules(db: Queryable, organizationId: string): Promise<RuleView[]> {
  const rows = await db
    .select({
      rule: routingRules,
      employee: employees.name,
      departmentId: employees.departmentId,
      position: positions.name,
      tier: tiers.name,
      tenant: tenants.name,
    })
    .from(routingRules)
    .leftJoin(
      employees,
      and(
        eq(routingRules.scope, 'employee'),
        eq(employees.organizationId, routingRules.organizationId),
        eq(employees.id, routingRules.ownerId),
      ),
    )
    .leftJoin(
      positions,
      and(
        eq(routingRules.scope, 'position'),
        eq(positions.organizationId, routingRules.organizationId),
        eq(positions.id, routingRules.ownerId),
      ),
    )
    .leftJoin(tiers, and(eq(tiers.organizationId, routingRules.organizationId), eq(tiers.id, routingRules.tierId)))
    .leftJoin(
      tenants,
      and(eq(tenants.organizationId, routingRules.organizationId), eq(tenants.id, routingRules.tenantId)),
    )
    .where(eq(routingRules.organizationId, organizationId))
    .orderBy(
      sql`array_position(array['organization', 'position', 'employee'], ${routingRules.scope})`,
      employees.name,
      positions.name,
      routingRules.ownerId,
    );
  const affected = rows.length === 0 ? new Map<string, number>() : await countAffected(db, organizationId);
  return rows.map(({ rule, employee, departmentId, position, tier, tenant }) => ({
    scope: rule.scope,
    ownerId: rule.ownerId,
    ownerName: employee ?? position ?? '',
    target:
      rule.tenantId === null
        ? { type: 'tier', tierId: rule.tierId ?? '' }
        : { type: 'tenant', tenantId: rule.tenantId },
    targetName: tier ?? tenant ?? '',
    affects: affected.get(`${rule.scope} ${rule.ownerId}`) ?? 0,
    updatedAt: rule.updatedAt.toISOString(),
    updatedBy: rule.updatedBy,
    departmentId,
  }));
}

/** By `scope ownerId`. The same order as in `decideRoute`: the narrowest rule that can be followed. */
async function countAffected(db: Queryable, organizationId: string): Promise<Map<string, number>> {
  const { rows } = await db.execute<{ rule: string | null; count: number }>(sql`
    select case
        when ${canBeFollowed('re', 'te')} then 'employee ' || e.id
        when ${canBeFollowed('rp', 'tp')} then 'position ' || e.position_id
        when ${canBeFollowed('ro', 'tro')} then 'organization ' end as rule, count(*)::int as count
    from employees e
    left join tenants own on own.organization_id = e.organization_id and own.employee_id = e.id and own.state <> 'deleted'
    ${rulesOfEmployee}
    left join tenants te on te.organization_id = re.organization_id and te.id = re.tenant_id
    left join tenants tp on tp.organization_id = rp.organization_id and tp.id = rp.tenant_id
    left join tenants tro on tro.organization_id = ro.organization_id and tro.id = ro.tenant_id
    where e.organization_id = ${organizationId}
    group by 1`);
  return new Map(rows.flatMap(({ rule, count }) => (rule === null ? [] : [[rule, count]])));
}

/** A tier needs an agent of one's own; a named agent has to be there, and nobody else's own. */
function canBeFollowed(rule: string, tenant: string): SQL {
  const column = (of: string, name: string) => sql`${sql.identifier(of)}.${sql.identifier(name)}`;
  return sql`(${column(rule, 'tier_id')} is not null and own.id is not null
    or ${column(tenant, 'state')} <> 'deleted' and coalesce(${column(tenant, 'employee_id')}, e.id) = e.id)`;
}

/** The three rules of an employee `e`: `re`, `rp`, `ro`. */
const rulesOfEmployee = sql`
    left join routing_rules re on re.organization_id = e.organization_id and re.scope = 'employee' and re.owner_id = e.id
    left join routing_rules rp on rp.organization_id = e.organization_id and rp.scope = 'position' and rp.owner_id = e.position_id
    left join routing_rules ro on ro.organization_id = e.organization_id and ro.scope = 'organization' and ro.owner_id = ''`;

/** One change of an organization's rules at a time: what follows from a rule follows from all of them together. */
export async function lockRules(tx: Transaction, organizationId: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['routing', organizationId])}, 1))`,
  );
}

export async function findRule(db: Queryable, key: RuleKey): Promise<RuleRow | null> {
  const [row] = await db.select().from(routingRules).where(isRule(key));
  return row ?? null;
}

export async function saveRule(tx: Transaction, row: Omit<RuleRow, 'updatedAt'>): Promise<void> {
  const { tierId, tenantId, updatedBy } = row;
  await tx
    .insert(routingRules)
    .values(row)
    .onConflictDoUpdate({
      target: [routingRules.organizationId, routingRules.scope, routingRules.ownerId],
      set: { tierId, tenantId, updatedBy, updatedAt: sql`now()` },
    });
}

/** False: there was none. */
export async function deleteRule(tx: Transaction, key: RuleKey): Promise<boolean> {
  const rows = await tx.delete(routingRules).where(isRule(key)).returning({ ownerId: routingRules.ownerId });
  return rows.length > 0;
}

const isRule = ({ organizationId, scope, ownerId }: RuleKey) =>
  and(
    eq(routingRules.organizationId, organizationId),
    eq(routingRules.scope, scope),
    eq(routingRules.ownerId, ownerId),
  );

/** Name of the employee or position a rule would be about; null: there is none. */
export async function findOwnerName(
  db: Queryable,
  { organizationId, scope, ownerId }: RuleKey,
): Promise<string | null> {
  if (scope === 'organization') return '';
  const table = scope === 'employee' ? employees : positions;
  const [row] = await db
    .select({ name: table.name })
    .from(table)
    .where(and(eq(table.organizationId, organizationId), eq(table.id, ownerId)));
  return row?.name ?? null;
}

/** A tenant that was moved to another tier. */
export interface MovedTenant {
  id: string;
  name: string;
  from: string;
  to: string;
}

/**
 * Gives the own tenants of those whom a tier rule at this place decides, or decided, the tier that the rules say now: the narrowest tier
 * rule, else the position's. Who has a narrower tier rule is left alone. Tells of the tenants that changed.
 */
export async function moveTenantsToTheirTiers(tx: Transaction, key: RuleKey): Promise<MovedTenant[]> {
  const { organizationId, scope, ownerId } = key;
  const concerned = {
    employee: sql`e.id = ${ownerId}`,
    position: sql`e.position_id = ${ownerId} and re.tier_id is null`,
    organization: sql`re.tier_id is null and rp.tier_id is null`,
  }[scope];
  const { rows } = await tx.execute<{ id: string; name: string; tier_before: string; tier_after: string }>(sql`
    with concerned as (
      select t.organization_id, t.id, t.tier_id as tier_before,
        coalesce(re.tier_id, rp.tier_id, ro.tier_id, p.tier_id) as tier_after
      from employees e
      left join positions p on p.organization_id = e.organization_id and p.id = e.position_id
      join tenants t on t.organization_id = e.organization_id and t.employee_id = e.id and t.state <> 'deleted'
      ${rulesOfEmployee}
      where e.organization_id = ${organizationId} and ${concerned}
        and t.tier_id <> coalesce(re.tier_id, rp.tier_id, ro.tier_id, p.tier_id)
      order by t.id
      for update of t
    )
    update tenants t set tier_id = c.tier_after from concerned c
    where t.organization_id = c.organization_id and t.id = c.id
    returning t.id, t.name, c.tier_before, c.tier_after, ${notificationOf(organizationId)}`);
  return rows.map((row) => ({ id: row.id, name: row.name, from: row.tier_before, to: row.tier_after }));
}

/** As `notification` does, with the row's own id. */
const notificationOf = (organizationId: string) => {
  const payload = sql`jsonb_build_object('organizationId', ${organizationId}::text, 'tenantId', t.id)`;
  return sql`pg_notify('clawpool', jsonb_build_object('name', 'tenant_changed', 'payload', ${payload})::text)`;
};

/** Many at once: a rule of the organization moves everybody's. */
export async function recordMoves(
  tx: Transaction,
  organizationId: string,
  actor: { id: string; name: string },
  moved: readonly MovedTenant[],
): Promise<void> {
  for (let at = 0; at < moved.length; at += 1_000) {
    await tx.insert(auditEvents).values(
      moved.slice(at, at + 1_000).map(({ id, name, from, to }) => ({
        organizationId,
        actorType: 'person' as const,
        actorId: actor.id,
        actorName: actor.name,
        action: 'tenant.tier_changed',
        targetType: 'tenant',
        targetId: id,
        targetName: name,
        outcome: 'allowed' as const,
        detail: { from, to, by: 'routing rule' },
      })),
    );
  }
}

/** What decides where messages of the organization go has changed. */
export async function tellRoutingChanged(tx: Transaction, organizationId: string): Promise<void> {
  await notify(tx, 'routing_changed', { organizationId });
}
