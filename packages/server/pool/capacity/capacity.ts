/** Room on a host: what the pool may hand out there, and what of it is taken. Thousandths of a core, and megabytes. */
export interface Room {
  hostId: string;
  state: 'active' | 'draining' | 'unreachable';
  cpuMillis: number;
  memoryMegabytes: number;
  reservedCpuMillis: number;
  reservedMemoryMegabytes: number;
}

export interface Need {
  cpuMillis: number;
  memoryMegabytes: number;
}

export const fits = (room: Room, need: Need): boolean =>
  room.reservedCpuMillis + need.cpuMillis <= room.cpuMillis &&
  room.reservedMemoryMegabytes + need.memoryMegabytes <= room.memoryMegabytes;

/** How full a host would be with it, by whatever is scarcer there: 1 is full. */
const loadWith = (room: Room, need: Need): number =>
  Math.max(
    (room.reservedCpuMillis + need.cpuMillis) / room.cpuMillis,
    (room.reservedMemoryMegabytes + need.memoryMegabytes) / room.memoryMegabytes,
  );

/**
 * Where it goes: the preferred host when there is room, else the active one that would be the least full; of two equals the one whose
 * name comes first. Null: nowhere.
 */
export function placeOf(rooms: readonly Room[], need: Need, preferred: string | null): string | null {
  const open = rooms.filter((room) => room.state === 'active' && fits(room, need));
  if (preferred !== null && open.some(({ hostId }) => hostId === preferred)) return preferred;
  const [first] = open.sort((a, b) => loadWith(a, need) - loadWith(b, need) || a.hostId.localeCompare(b.hostId));
  return first?.hostId ?? null;
}

/** CPU is shared and mostly idle: an agent waits for its model nearly all of the time. */
const cpuOvercommit = 16;

/** Kept for the system, the control plane and its database: 1 GiB, or a tenth where that is more. */
const reserveMegabytes = (memory: number) => Math.max(1024, memory / 10);

/** What the pool may hand out of a machine. */
export function totalsOf(capacity: { cpus: number; memoryMegabytes: number }): Need {
  return {
    cpuMillis: Math.floor(capacity.cpus * 1000 * cpuOvercommit),
    memoryMegabytes: Math.max(0, Math.floor(capacity.memoryMegabytes - reserveMegabytes(capacity.memoryMegabytes))),
  };
}

/**
 * What a runtime counts as. Its memory limit is what it may use at most; what a quiet one of its image takes is what it mostly uses, and
 * whoever needs more is held by its limit, not by the ledger.
 */
export function needOf(limits: Need, typicalMemoryMegabytes: number | undefined): Need {
  return {
    cpuMillis: limits.cpuMillis,
    memoryMegabytes: Math.min(limits.memoryMegabytes, typicalMemoryMegabytes ?? limits.memoryMegabytes),
  };
}
