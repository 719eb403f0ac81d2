import type { Host, HostDescription } from '@clawpool/contracts';
import { notInArray, sql } from 'drizzle-orm';
import type { Drizzle } from '../../store/database.ts';
import { hosts as hostRows } from '../../store/schema/index.ts';
import { totalsOf } from './capacity.ts';

/** Keeps the rows of the hosts that are connected, with what they can hold. Those that are not keep theirs: tenants' files are there. */
export async function registerHosts(
  db: Drizzle,
  hosts: ReadonlyMap<string, Host>,
): Promise<ReadonlyMap<string, HostDescription>> {
  const descriptions = new Map<string, HostDescription>();
  for (const [id, host] of hosts) {
    const description = await host.describe();
    descriptions.set(id, description);
    const { diskMegabytes, diskFreeMegabytes } = description.capacity;
    const values = { ...totalsOf(description.capacity), diskMegabytes, diskFreeMegabytes, lastSeenAt: sql`now()` };
    await db
      .insert(hostRows)
      .values({ id, ...values })
      .onConflictDoUpdate({
        target: hostRows.id,
        set: { ...values, state: sql`case when ${hostRows.state} = 'draining' then 'draining' else 'active' end` },
      });
  }
  await db
    .update(hostRows)
    .set({ state: 'unreachable' })
    .where(hosts.size === 0 ? undefined : notInArray(hostRows.id, [...hosts.keys()]));
  return descriptions;
}
