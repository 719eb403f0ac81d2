import type { Host, PoolHost } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';
import { hosts as hostRows } from '../../store/schema/index.ts';
import { listRooms } from '../capacity/capacity-store.ts';
import { describeHost } from './hosted-runtimes.ts';

export type PoolHosts = ReadonlyMap<string, Host>;

/** Every host the pool ever had, by name; of one that is not connected or does not answer, what is known of it. */
export async function showHosts(db: Queryable, connected: PoolHosts): Promise<PoolHost[]> {
  const rows = await db.select().from(hostRows).orderBy(hostRows.id);
  const rooms = await listRooms(db);
  const { rows: counts } = await db.execute<{ host_id: string; tenants: number; slots: number }>(sql`
    select host_id, count(*) filter (where kind = 'tenant')::int as tenants, count(*) filter (where kind = 'slot')::int as slots
    from reservations group by host_id`);
  return Promise.all(
    rows.map(async (row): Promise<PoolHost> => {
      const host = connected.get(row.id);
      const description = host ? await describeHost(host) : null;
      const room = rooms.find(({ hostId }) => hostId === row.id);
      const count = counts.find(({ host_id }) => host_id === row.id);
      return {
        id: row.id,
        state: description ? row.state : 'unreachable',
        driver: description?.driver ?? 'unknown',
        isolates: description?.isolates ?? false,
        images: (description?.images ?? []).map(({ id, installed }) => ({
          ...{ id, installed, isDefault: id === description?.image },
        })),
        cpus: { total: row.cpuMillis / 1000, reserved: (room?.reservedCpuMillis ?? 0) / 1000 },
        memoryMegabytes: { total: row.memoryMegabytes, reserved: room?.reservedMemoryMegabytes ?? 0 },
        diskMegabytes: {
          total: description?.capacity.diskMegabytes ?? row.diskMegabytes,
          free: description?.capacity.diskFreeMegabytes ?? row.diskFreeMegabytes,
        },
        tenants: count?.tenants ?? 0,
        warmSlots: count?.slots ?? 0,
        lastSeenAt: row.lastSeenAt.toISOString(),
      };
    }),
  );
}

/** Of one organization. */
export async function countOperations(
  db: Queryable,
  organizationId: string,
): Promise<{ queued: number; running: number; failedLastHour: number }> {
  const { rows } = await db.execute<{ queued: number; running: number; failed: number }>(sql`
    select
      (select count(*)::int from operations
        where organization_id = ${organizationId} and finished_at is null and state = 'queued') as queued,
      (select count(*)::int from operations
        where organization_id = ${organizationId} and finished_at is null and state = 'running') as running,
      (select count(*)::int from operations
        where organization_id = ${organizationId} and state = 'failed' and finished_at > now() - interval '1 hour') as failed`);
  return { queued: rows[0]?.queued ?? 0, running: rows[0]?.running ?? 0, failedLastHour: rows[0]?.failed ?? 0 };
}
