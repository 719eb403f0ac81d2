import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { hosts, reservations } from '../../store/schema/index.ts';
import { fits, type Need, placeOf, type Room } from './capacity.ts';

export interface Wanted extends Need {
  /** A tenant's id, or a warm slot's. One that holds room already gets what it holds changed. */
  ownerId: string;
  kind: 'tenant' | 'slot';
  organizationId: string;
  /** Null: the least loaded active one. */
  hostId: string | null;
  /** Where `hostId` is null: this one, if there is room. */
  preferred?: string | undefined;
  generation: number;
}

/**
 * Writes what a runtime will hold into the ledger, before it is started. Hosts are locked meanwhile, so that two never share the last
 * room. Null: there is none, and nothing was written.
 */
export async function reserve(tx: Transaction, wanted: Wanted): Promise<{ hostId: string } | null> {
  const rooms = await lockRooms(tx, wanted.hostId, wanted.ownerId);
  const hostId = placeOn(rooms, wanted);
  if (hostId === null) return null;
  const { ownerId, kind, organizationId, generation, cpuMillis, memoryMegabytes } = wanted;
  const held = { hostId, generation, cpuMillis, memoryMegabytes };
  await tx
    .insert(reservations)
    .values({ ownerId, kind, organizationId, ...held })
    .onConflictDoUpdate({ target: reservations.ownerId, set: held });
  return { hostId };
}

/** The room of a warm slot becomes the tenant's. Null: the slot holds none any more, or the tenant needs more than there is. */
export async function moveReservation(
  tx: Transaction,
  wanted: Need & { fromSlot: string; tenantId: string; generation: number },
): Promise<{ hostId: string } | null> {
  const [slot] = await tx
    .select()
    .from(reservations)
    .where(and(eq(reservations.ownerId, wanted.fromSlot), eq(reservations.kind, 'slot')))
    .for('update');
  if (!slot) return null;
  const { cpuMillis, memoryMegabytes, generation, tenantId } = wanted;
  // A tenant that is no larger than the slot takes no room from anybody: the host need not be locked.
  if (cpuMillis > slot.cpuMillis || memoryMegabytes > slot.memoryMegabytes) {
    const [room] = await lockRooms(tx, slot.hostId, wanted.fromSlot);
    if (!room || !fits(room, wanted)) return null;
  }
  await tx.delete(reservations).where(eq(reservations.ownerId, tenantId));
  await tx
    .update(reservations)
    .set({ ownerId: tenantId, kind: 'tenant', generation, cpuMillis, memoryMegabytes })
    .where(eq(reservations.ownerId, wanted.fromSlot));
  return { hostId: slot.hostId };
}

/** Once: the second time there is nothing to release. Whoever waits for room is told with the commit. */
export async function release(tx: Transaction, ownerId: string): Promise<boolean> {
  const [row] = await tx
    .delete(reservations)
    .where(eq(reservations.ownerId, ownerId))
    .returning({ hostId: reservations.hostId });
  if (!row) return false;
  await notify(tx, 'room_released', { hostId: row.hostId });
  return true;
}

/** Rows of tenants or slots that this says are gone, for example after a restart. */
export async function releaseAll(tx: Transaction, ownerIds: readonly string[]): Promise<number> {
  if (ownerIds.length === 0) return 0;
  const rows = await tx
    .delete(reservations)
    .where(inArray(reservations.ownerId, [...ownerIds]))
    .returning({ hostId: reservations.hostId });
  for (const hostId of new Set(rows.map((row) => row.hostId))) await notify(tx, 'room_released', { hostId });
  return rows.length;
}

export async function findReservation(db: Queryable, ownerId: string) {
  const [row] = await db.select().from(reservations).where(eq(reservations.ownerId, ownerId));
  return row ?? null;
}

/** Every host with what is taken there. */
export async function listRooms(db: Queryable): Promise<Room[]> {
  const rows = await db.select().from(hosts).orderBy(hosts.id);
  return withReserved(db, rows, null);
}

/** Locked in one order, so that two who lock several never wait for each other. What the owner holds already counts as free. */
async function lockRooms(tx: Transaction, hostId: string | null, ownerId: string): Promise<Room[]> {
  const rows = await tx
    .select()
    .from(hosts)
    .where(hostId === null ? undefined : eq(hosts.id, hostId))
    .orderBy(hosts.id)
    .for('update');
  return withReserved(tx, rows, ownerId);
}

async function withReserved(
  db: Queryable,
  rows: readonly (typeof hosts.$inferSelect)[],
  exceptOwner: string | null,
): Promise<Room[]> {
  if (rows.length === 0) return [];
  const sums = await db
    .select({
      hostId: reservations.hostId,
      cpuMillis: sql<number>`sum(${reservations.cpuMillis})::int`,
      memoryMegabytes: sql<number>`sum(${reservations.memoryMegabytes})::int`,
    })
    .from(reservations)
    .where(
      and(
        inArray(
          reservations.hostId,
          rows.map(({ id }) => id),
        ),
        exceptOwner === null ? undefined : sql`${reservations.ownerId} <> ${exceptOwner}`,
      ),
    )
    .groupBy(reservations.hostId);
  return rows.map(({ id, state, cpuMillis, memoryMegabytes }) => {
    const taken = sums.find(({ hostId }) => hostId === id);
    return {
      hostId: id,
      state,
      cpuMillis,
      memoryMegabytes,
      reservedCpuMillis: taken?.cpuMillis ?? 0,
      reservedMemoryMegabytes: taken?.memoryMegabytes ?? 0,
    };
  });
}

/** A tenant whose files are on a host goes there while it is reachable, even when the host takes no new ones. */
function placeOn(rooms: readonly Room[], wanted: Wanted): string | null {
  if (wanted.hostId === null) return placeOf(rooms, wanted, wanted.preferred ?? null);
  const room = rooms.find(({ hostId }) => hostId === wanted.hostId);
  return room && room.state !== 'unreachable' && fits(room, wanted) ? room.hostId : null;
}
