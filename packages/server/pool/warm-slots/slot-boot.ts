import type { Host, HostDescription, ModelChoice, StartResult } from '@clawpool/contracts';
import { tierAgent } from '../../organization/agent-definition.ts';
import type { Database } from '../../store/database.ts';
import { needOf } from '../capacity/capacity.ts';
import { releaseAll, reserve } from '../capacity/capacity-store.ts';
import { listRuntimes } from '../upkeep/hosted-runtimes.ts';
import { listSlotReservations, nextRuntimeUid, type SlotTier } from './warm-slot-store.ts';

export interface SlotBoot {
  database: Database;
  host: Host;
  description: HostDescription;
  hostId: string;
  slotId: string;
  image: string;
  tier: SlotTier;
  /** Where the tier names none. */
  model: ModelChoice;
}

/** Takes room for a slot and boots it. Without room nothing is booted. When the boot fails the room is still taken: the caller ends it. */
export async function bootSlot(boot: SlotBoot): Promise<StartResult | 'no_room'> {
  const { database, host, description, hostId, slotId, image, tier } = boot;
  const typical = description.images.find(({ id }) => id === image)?.typicalMemoryMegabytes;
  const reserved = await database.db.transaction((tx) =>
    reserve(tx, {
      ...{ ownerId: slotId, kind: 'slot', organizationId: tier.organizationId, hostId, generation: 0 },
      ...needOf(tier, typical),
    }),
  );
  if (!reserved) return 'no_room';
  return host.prepareSlot({
    slotId,
    organizationId: tier.organizationId,
    uid: await nextRuntimeUid(database.db),
    limits: { memoryBytes: tier.memoryMegabytes * 2 ** 20, pids: tier.pids, cpus: tier.cpuMillis / 1000 },
    agent: await tierAgent(database.db, tier.organizationId, tier.tierId, boot.model),
    image,
  });
}

/** Slots do not outlive the process that booted them: what a killed one left is ended, and its room free. */
export async function clearSlots(database: Database, hosts: ReadonlyMap<string, Host>): Promise<void> {
  for (const host of hosts.values()) {
    for (const { id, kind } of (await listRuntimes(host)) ?? []) if (kind === 'slot') await host.dropSlot(id);
  }
  const left = await listSlotReservations(database.db, [...hosts.keys()]);
  await database.db.transaction((tx) => releaseAll(tx, left));
}
