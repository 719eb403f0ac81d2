import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { reservations, tiers, warmSlotBounds } from '../../store/schema/index.ts';
import { type Bounds, defaultBounds } from './demand.ts';

/** A tier as far as its slots are concerned. */
export interface SlotTier {
  organizationId: string;
  tierId: string;
  name: string;
  /** Null: the host's default. */
  image: string | null;
  model: string | null;
  toolsCeiling: string[];
  cpuMillis: number;
  memoryMegabytes: number;
  pids: number;
  bounds: Bounds;
}

/** Of one organization, or of all. */
export async function listSlotTiers(db: Queryable, organizationId: string | null): Promise<SlotTier[]> {
  const rows = await db
    .select({
      organizationId: tiers.organizationId,
      tierId: tiers.id,
      name: tiers.name,
      image: tiers.image,
      model: tiers.model,
      toolsCeiling: tiers.toolsCeiling,
      cpuMillis: tiers.cpuMillis,
      memoryMegabytes: tiers.memoryMegabytes,
      pids: tiers.pids,
      minimum: warmSlotBounds.minimum,
      maximum: warmSlotBounds.maximum,
    })
    .from(tiers)
    .leftJoin(
      warmSlotBounds,
      and(eq(warmSlotBounds.organizationId, tiers.organizationId), eq(warmSlotBounds.tierId, tiers.id)),
    )
    .where(and(isNull(tiers.deletedAt), organizationId === null ? undefined : eq(tiers.organizationId, organizationId)))
    .orderBy(tiers.organizationId, tiers.name);
  return rows.map(({ minimum, maximum, ...tier }) => ({
    ...tier,
    bounds: minimum === null || maximum === null ? defaultBounds : { minimum, maximum },
  }));
}

/** By id, else by name. */
export async function findSlotTier(db: Queryable, organizationId: string, tier: string): Promise<SlotTier | null> {
  const all = await listSlotTiers(db, organizationId);
  return all.find(({ tierId }) => tierId === tier) ?? all.find(({ name }) => name === tier) ?? null;
}

export async function saveBounds(
  tx: Transaction,
  organizationId: string,
  tierId: string,
  bounds: Bounds,
): Promise<void> {
  await tx
    .insert(warmSlotBounds)
    .values({ organizationId, tierId, ...bounds })
    .onConflictDoUpdate({ target: [warmSlotBounds.organizationId, warmSlotBounds.tierId], set: bounds });
}

/** Tiers and images whose tenants were active within `withinMs`, and how long ago that was. */
export async function listRecentlyUsed(
  db: Queryable,
  withinMs: number,
): Promise<{ organizationId: string; tierId: string; image: string | null; agoMs: number }[]> {
  const { rows } = await db.execute<{ organization_id: string; tier_id: string; image: string | null; ago_ms: number }>(
    sql`
      with templates as (
        select distinct on (organization_id, name) organization_id, name, content from config_templates
        order by organization_id, name, version desc)
      select t.organization_id, t.tier_id, coalesce(t.image, c.content->>'image', r.image) as image,
        extract(epoch from now() - max(t.last_active_at))::float * 1000 as ago_ms
      from tenants t
      join tiers r on r.organization_id = t.organization_id and r.id = t.tier_id
      left join templates c on c.organization_id = t.organization_id and c.name = t.config_template
      where t.state <> 'deleted' and t.last_active_at > now() - ${withinMs} * interval '1 millisecond'
      group by 1, 2, 3`,
  );
  return rows.map((row) => ({
    organizationId: row.organization_id,
    tierId: row.tier_id,
    image: row.image,
    agoMs: Math.max(0, row.ago_ms),
  }));
}

/** Hosts on which runtimes of tenants are being started now: people wait for these. */
export async function listHostsThatStart(db: Queryable): Promise<string[]> {
  const { rows } = await db.execute<{ host_id: string }>(sql`
    select distinct t.host_id from operations o
    join tenants t on t.organization_id = o.organization_id and t.id = o.tenant_id
    where o.finished_at is null and o.state = 'running' and o.phase in ('starting', 'restoring_files')
      and t.host_id is not null`);
  return rows.map((row) => row.host_id);
}

/** Ledger rows of slots on these hosts. */
export async function listSlotReservations(db: Queryable, hostIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .select({ id: reservations.ownerId })
    .from(reservations)
    .where(and(eq(reservations.kind, 'slot'), inArray(reservations.hostId, [...hostIds])));
  return rows.map(({ id }) => id);
}

export async function nextRuntimeUid(db: Queryable): Promise<number> {
  const { rows } = await db.execute<{ uid: string }>(sql`select nextval('tenant_uid') as uid`);
  return Number(rows[0]?.uid);
}
