import type { RuntimeUsage } from '@clawpool/contracts';
import { inArray, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { tenantSamples, tenants } from '../../store/schema/index.ts';
import type { TenantPool } from '../tenant-service.ts';

/** One reading of a runtime's CPU time. */
export interface CpuReading {
  generation: number;
  cpuSeconds: number;
  /** Milliseconds of a clock that only goes forward. */
  at: number;
}

/** Of one core, between two readings of the same runtime. Null: it is another runtime by now, or there is nothing to compare with. */
export function cpuPercentBetween(last: CpuReading | undefined, now: CpuReading): number | null {
  if (!last || last.generation !== now.generation || now.at <= last.at) return null;
  const percent = ((now.cpuSeconds - last.cpuSeconds) / ((now.at - last.at) / 1000)) * 100;
  return percent < 0 ? null : Math.round(percent * 10) / 10;
}

/** Measured at once: each measurement is a few small reads on its host. */
const atOnce = 16;

export interface Sampler {
  /** Measures every running tenant and writes one sample each. */
  sample(): Promise<void>;
  /** Of one core, at the last sample; null: not measured yet, or it did not run for a whole interval. */
  cpuPercentOf(tenantId: string): number | null;
}

export function createSampler(database: Database, pool: Pick<TenantPool, 'usage'>, steady: () => number): Sampler {
  const readings = new Map<string, CpuReading & { percent: number | null }>();
  let sampledUntil: Date | null = null;

  async function sample(): Promise<void> {
    const running = await database.db
      .select({
        organizationId: tenants.organizationId,
        id: tenants.id,
        generation: tenants.generation,
        diskBytes: tenants.diskBytes,
      })
      .from(tenants)
      .where(inArray(tenants.state, ['running', 'paused']));
    const usages = new Map<string, RuntimeUsage>();
    for (let first = 0; first < running.length; first += atOnce) {
      await Promise.all(
        running.slice(first, first + atOnce).map(async ({ id }) => {
          const usage = await pool.usage(id).catch(() => null);
          if (usage) usages.set(id, usage);
        }),
      );
    }
    for (const id of readings.keys()) if (!usages.has(id)) readings.delete(id);
    const { at, turns } = await countTurnsSince(sampledUntil);
    sampledUntil = at;
    const rows = running.flatMap(({ organizationId, id, generation, diskBytes }) => {
      const usage = usages.get(id);
      if (!usage) return [];
      const reading = { generation, cpuSeconds: usage.cpuSeconds, at: steady() };
      const cpuPercent = cpuPercentBetween(readings.get(id), reading);
      readings.set(id, { ...reading, percent: cpuPercent });
      const { memoryBytes, processes } = usage;
      return {
        organizationId,
        tenantId: id,
        at,
        memoryBytes,
        cpuPercent,
        diskBytes,
        processes,
        turns: turns.get(id) ?? 0,
      };
    });
    for (let first = 0; first < rows.length; first += 1_000) {
      await database.db
        .insert(tenantSamples)
        .values(rows.slice(first, first + 1_000))
        .onConflictDoNothing();
    }
  }

  /** Turns that ended since the last sample, by tenant, and until when that is. */
  async function countTurnsSince(since: Date | null): Promise<{ at: Date; turns: Map<string, number> }> {
    const { rows } = await database.db.execute<{ ms: number; tenant_id: string | null; n: number }>(sql`
      with until as (select date_trunc('milliseconds', now()) as at)
      select extract(epoch from until.at)::float8 * 1000 as ms, t.tenant_id, count(t.id)::int as n
      from until left join turns t
        on t.finished_at > coalesce(${since}::timestamptz, until.at - interval '1 minute') and t.finished_at <= until.at
      group by until.at, t.tenant_id`);
    return {
      at: new Date(rows[0]?.ms ?? Date.now()),
      turns: new Map(rows.flatMap(({ tenant_id, n }) => (tenant_id === null ? [] : [[tenant_id, n] as const]))),
    };
  }

  return { sample, cpuPercentOf: (tenantId) => readings.get(tenantId)?.percent ?? null };
}

/** After a day one sample per ten minutes is left, with all their turns; after a week none. */
export async function thinSamples({ db }: Database): Promise<void> {
  await db.execute(sql`delete from tenant_samples where at < now() - interval '7 days'`);
  await db.execute(sql`
    with old as (
      select organization_id, tenant_id, at, turns,
        min(at) over bucket as first, sum(turns) over bucket as all_turns
      from tenant_samples where at < date_bin('10 minutes', now() - interval '1 day', timestamptz 'epoch')
      window bucket as (partition by organization_id, tenant_id, date_bin('10 minutes', at, timestamptz 'epoch'))
    ), removed as (
      delete from tenant_samples s using old
      where s.organization_id = old.organization_id and s.tenant_id = old.tenant_id and s.at = old.at and old.at > old.first
    )
    update tenant_samples s set turns = old.all_turns from old
    where s.organization_id = old.organization_id and s.tenant_id = old.tenant_id and s.at = old.at
      and old.at = old.first and old.all_turns <> s.turns`);
}
