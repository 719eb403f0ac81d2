import type { PoolHost } from '@clawpool/contracts';

export interface ImageChoice {
  id: string;
  /** On every host that may take tenants. */
  installed: boolean;
  isDefault: boolean;
}

/** The images of all hosts, each once, the default first. */
export function imagesOf(hosts: readonly PoolHost[]): ImageChoice[] {
  const byId = Map.groupBy(
    hosts.flatMap(({ images }) => images),
    ({ id }) => id,
  );
  return [...byId]
    .map(([id, images]) => ({
      id,
      installed: images.every(({ installed }) => installed),
      isDefault: images.some(({ isDefault }) => isDefault),
    }))
    .sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || b.id.localeCompare(a.id));
}

/** What the hosts that take tenants have left to give. */
export function freeRoom(hosts: readonly PoolHost[]): { cpus: number; memoryMegabytes: number } {
  const active = hosts.filter(({ state }) => state === 'active');
  const free = (room: (host: PoolHost) => { total: number; reserved: number }) =>
    active.reduce((sum, host) => sum + Math.max(0, room(host).total - room(host).reserved), 0);
  return { cpus: free(({ cpus }) => cpus), memoryMegabytes: free(({ memoryMegabytes }) => memoryMegabytes) };
}

/**
 * How many tenants of one size have room at the same time, host by host: what is left over on one is no use to another. At least so
 * many, because a tenant whose image takes less memory than it may counts with less.
 */
export function tenantsThatFit(hosts: readonly PoolHost[], size: { cpus: number; memoryMegabytes: number }): number {
  return hosts
    .filter(({ state }) => state === 'active')
    .reduce((sum, host) => {
      const byCpu = (host.cpus.total - host.cpus.reserved) / size.cpus;
      const byMemory = (host.memoryMegabytes.total - host.memoryMegabytes.reserved) / size.memoryMegabytes;
      // A sum of tenths of cores is rarely exact.
      return sum + Math.max(0, Math.floor(Math.min(byCpu, byMemory) + 1e-9));
    }, 0);
}
