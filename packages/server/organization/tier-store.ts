import type { Tier, TierInput, TierUse } from '@clawpool/contracts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { tiers } from '../store/schema/index.ts';
import { allowedTools } from './position.ts';
import { namesOf } from './removal.ts';
import type { TierRow } from './tier-choice.ts';

/** By name, each with what has it. */
export async function listTiers(db: Queryable, organizationId: string, only?: string): Promise<Tier[]> {
  const rows = await db
    .select()
    .from(tiers)
    .where(
      and(
        eq(tiers.organizationId, organizationId),
        isNull(tiers.deletedAt),
        ...(only === undefined ? [] : [eq(tiers.id, only)]),
      ),
    )
    .orderBy(tiers.name, tiers.id);
  const { rows: counts } = await db.execute<{ id: string; positions: number; agents: number; awake: number }>(sql`
    select r.id,
      (select count(*)::int from positions p where p.organization_id = r.organization_id and p.tier_id = r.id) as positions,
      count(t.id)::int as agents, count(t.id) filter (where t.state in ('creating', 'running', 'paused'))::int as awake
    from tiers r
    left join tenants t on t.organization_id = r.organization_id and t.tier_id = r.id and t.state <> 'deleted'
    where r.organization_id = ${organizationId} and r.deleted_at is null
    group by r.organization_id, r.id`);
  return rows.map((row): Tier => {
    const { positions = 0, agents = 0, awake = 0 } = counts.find(({ id }) => id === row.id) ?? {};
    const { version, updatedBy } = row;
    return {
      id: row.id,
      ...saidOf(row),
      version,
      updatedAt: row.updatedAt.toISOString(),
      updatedBy,
      positions,
      agents,
      awake,
    };
  });
}

/** What a person has said of it. */
export function saidOf(row: TierRow): TierInput {
  const { name, description, driver, image, model, memoryMegabytes, diskMegabytes, pids, cpuMillis } = row;
  const { idleMinutes, alwaysOn, fastPath, heartbeatMinutes, egressHosts } = row;
  return {
    ...{ name, description, driver, image, model, cpus: cpuMillis / 1000, memoryMegabytes, diskMegabytes, pids },
    ...{ idleMinutes, alwaysOn, fastPath, heartbeatMinutes, egressHosts },
    toolsCeiling: allowedTools(row.toolsCeiling, row.toolsCeiling),
  };
}

/** The columns of what a person says. */
export const columnsOf = ({ cpus, ...said }: TierInput) => ({ ...said, cpuMillis: Math.round(cpus * 1000) });

/** Nobody else changes it until the transaction's end; with `update`, nobody begins to use it either. */
export async function lockTier(
  tx: Transaction,
  organizationId: string,
  tierId: string,
  strength: 'no key update' | 'update',
): Promise<TierRow | null> {
  const [row] = await tx
    .select()
    .from(tiers)
    .where(and(isTier(organizationId, tierId), isNull(tiers.deletedAt)))
    .for(strength);
  return row ?? null;
}

export const isTier = (organizationId: string, tierId: string) =>
  and(eq(tiers.organizationId, organizationId), eq(tiers.id, tierId));

/** Every id there ever was: what is gone is still named by deleted agents. */
export async function tierIds(db: Queryable, organizationId: string): Promise<Set<string>> {
  const rows = await db.select({ id: tiers.id }).from(tiers).where(eq(tiers.organizationId, organizationId));
  return new Set(rows.map(({ id }) => id));
}

/** A tier of this name, in any case. */
export async function findTierNamed(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<{ id: string } | null> {
  const [row] = await db
    .select({ id: tiers.id })
    .from(tiers)
    .where(
      and(
        eq(tiers.organizationId, organizationId),
        isNull(tiers.deletedAt),
        sql`lower(${tiers.name}) = lower(${name})`,
      ),
    );
  return row ?? null;
}

/** What names a tier. Templates count as their newest versions are, and name it by its id or its name. */
export async function useOfTier(
  db: Queryable,
  organizationId: string,
  { id, name }: { id: string; name: string },
): Promise<TierUse> {
  const { rows } = await db.execute<{ kind: keyof TierUse; name: string }>(sql`
    select 'positions' as kind, p.name from positions p where p.organization_id = ${organizationId} and p.tier_id = ${id}
    union all
    select 'rules', coalesce(e.name, p.name, o.name) from routing_rules r
      join organizations o on o.id = r.organization_id
      left join employees e on r.scope = 'employee' and e.organization_id = r.organization_id and e.id = r.owner_id
      left join positions p on r.scope = 'position' and p.organization_id = r.organization_id and p.id = r.owner_id
      where r.organization_id = ${organizationId} and r.tier_id = ${id}
    union all
    select 'agents', t.name from tenants t
      where t.organization_id = ${organizationId} and t.tier_id = ${id} and t.state <> 'deleted'
    union all
    select 'templates', c.name from (
        select distinct on (name) name, content from config_templates
        where organization_id = ${organizationId} order by name, version desc) c
      where c.content->>'tier' = ${id} or lower(c.content->>'tier') = lower(${name})
    order by 1, 2`);
  const of = (kind: keyof TierUse) => namesOf(rows.filter((row) => row.kind === kind));
  return { positions: of('positions'), rules: of('rules'), agents: of('agents'), templates: of('templates') };
}

/** The first few of the templates that name a tier by its name. */
export async function templatesNaming(db: Queryable, organizationId: string, name: string): Promise<string[]> {
  const { rows } = await db.execute<{ name: string }>(sql`
    select c.name from (
        select distinct on (name) name, content from config_templates
        where organization_id = ${organizationId} order by name, version desc) c
    where lower(c.content->>'tier') = lower(${name}) order by 1 limit 20`);
  return rows.map((row) => row.name);
}
