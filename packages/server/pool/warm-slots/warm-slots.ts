import { randomBytes } from 'node:crypto';
import {
  ClawpoolError,
  type Host,
  type ModelChoice,
  type NewAuditEvent,
  type WarmSlotGroup,
} from '@clawpool/contracts';
import type { Database } from '../../store/database.ts';
import { release } from '../capacity/capacity-store.ts';
import { startBackoffMs } from '../tenant.ts';
import { listRuntimes } from '../upkeep/hosted-runtimes.ts';
import { startRounds } from '../upkeep/rounds.ts';
import { demandPerMinute, usedWithinMs, withTake } from './demand.ts';
import { bootSlot, clearSlots } from './slot-boot.ts';
import { changeBounds } from './slot-bounds.ts';
import { fingerprintOf, groupKey, newGroup, type SlotGroup, shownGroup, targetsOf } from './slot-group.ts';
import { listHostsThatStart, listRecentlyUsed, listSlotTiers, type SlotTier } from './warm-slot-store.ts';

/** Booted gateways that belong to nobody yet, kept at the number that demand asks for. */
export interface WarmSlots {
  /**
   * A checked, ready slot, from now on the caller's alone (its ledger row stays until the caller moves it); null: none ready. Counts
   * demand either way. Never waits.
   */
  take(want: { organizationId: string; tierId: string; image: string; hostId?: string | undefined }): {
    slotId: string;
    hostId: string;
  } | null;
  /** The caller could not use it after all, or it is gone: ends it and releases its ledger row. */
  discard(slotId: string): Promise<void>;
  /** Is the slot booting, ready, ending, or taken a moment ago? What is not held and yet runs, or is reserved, was left behind. */
  holds(slotId: string): boolean;
  /** Of one organization; null: of all, with the organization's id. */
  status(organizationId: string | null): Promise<(WarmSlotGroup & { organizationId: string })[]>;
  /** `tier` by id or name. ClawpoolError: `not_found`, `invalid_request`. */
  setBounds(
    organizationId: string,
    tier: string,
    bounds: { minimum: number; maximum: number },
    actor?: NewAuditEvent['actor'],
  ): Promise<WarmSlotGroup>;
  /** Room is needed for a tenant: gives up to that many slots back (frees ledger rows). Resolves with how many. */
  yieldRoom(hostId: string | null, slots: number): Promise<number>;
  /** Ends every slot. */
  close(): Promise<void>;
}

export interface WarmSlotsOptions {
  database: Database;
  hosts: ReadonlyMap<string, Host>;
  /** What a slot's agent asks the model gateway for when its tier names no model. */
  model: ModelChoice;
  /** Milliseconds, forward only. */
  now?: () => number;
  /** Between two looks at what should be there. */
  lookMs?: number;
  /** After somebody asked for a slot none is booted for so long: the one who waits has the CPU, until the first words are there. */
  quietMs?: number;
  onError: (error: unknown) => void;
}

interface Slot {
  id: string;
  hostId: string;
  group: SlotGroup;
  state: 'booting' | 'ready' | 'taken' | 'ending';
  fingerprint: string;
  /** When it came into its state. */
  since: number;
}

/** A gateway grows slowly and holds what it read at its boot. */
const maximumAgeMs = 30 * 60_000;
const checkMs = 30_000;
/** While people's agents start, slots wait; under steady load they would wait for ever. */
const patienceMs = 60_000;
/** After slots were given back for want of room, none is booted there: whoever needs the room takes it first. */
const holdBackMs = 30_000;
/** By then a claim is over, one way or the other. */
const takenForMs = 5 * 60_000;

/** Ends what an earlier process left, and begins to keep slots of the tiers that were used within the hour. */
export async function startWarmSlots(options: WarmSlotsOptions): Promise<WarmSlots> {
  const { database, hosts, onError } = options;
  const now = options.now ?? (() => performance.now());
  const { lookMs = 10_000, quietMs = 3_000 } = options;
  const slots = new Map<string, Slot>();
  const groups = new Map<string, SlotGroup>();
  /** By host. */
  const boots = new Map<string, Promise<void>>();
  const ends = new Map<string, Promise<void>>();
  const heldBackUntil = new Map<string, number>();
  const delayedSince = new Map<string, number>();
  const silentHosts = new Set<string>();
  const descriptions = await describeHosts();
  let checkedAt = now();
  let askedAt = Number.NEGATIVE_INFINITY;
  let closing = false;

  await clearSlots(database, hosts);
  for (const { agoMs, image, ...used } of await listRecentlyUsed(database.db, usedWithinMs)) {
    const group = groupOf({ ...used, image: image ?? defaultImage() });
    group.demand = { ...group.demand, lastTakeAt: now() - agoMs };
  }
  for (const [hostId, host] of hosts) host.onExit(({ tenantId }) => slotEnded(hostId, tenantId));
  // Whoever waits for people's agents looks again soon.
  const rounds = startRounds(async () => ((await keepTargets()) ? Math.min(lookMs, 1_000) : lookMs), onError);

  async function describeHosts() {
    const all = await Promise.all([...hosts].map(async ([id, host]) => [id, await host.describe()] as const));
    return new Map(all);
  }

  function defaultImage(): string {
    return descriptions.values().next().value?.image ?? '';
  }

  function groupOf(key: { organizationId: string; tierId: string; image: string }): SlotGroup {
    const known = groups.get(groupKey(key));
    if (known) return known;
    const group = newGroup(key, now());
    groups.set(groupKey(key), group);
    return group;
  }

  const groupsOf = ({ organizationId, tierId }: SlotTier) =>
    [...groups.values()].filter((group) => group.organizationId === organizationId && group.tierId === tierId);

  const slotsOf = (group: SlotGroup, ...states: Slot['state'][]) =>
    [...slots.values()].filter((slot) => slot.group === group && states.includes(slot.state));

  /** True when something should be booted and has to wait. */
  async function keepTargets(): Promise<boolean> {
    if (now() - checkedAt >= checkMs) await check();
    const tiers = await listSlotTiers(database.db, null);
    const targets = new Map<SlotGroup, { target: number; tier: SlotTier }>();
    for (const tier of tiers) {
      const tierImage = tier.image ?? defaultImage();
      if (tier.bounds.minimum > 0) groupOf({ ...tier, image: tierImage });
      const own = targetsOf(groupsOf(tier), tier, tierImage, now());
      for (const [group, target] of own) targets.set(group, { target, tier });
    }
    await endUnwanted(targets);
    for (const [key, { organizationId, tierId }] of groups) {
      // By the tier, not by the targets: somebody may have asked for a new group meanwhile.
      const hasTier = tiers.some((tier) => tier.organizationId === organizationId && tier.tierId === tierId);
      if (!hasTier) groups.delete(key);
    }
    return closing ? false : bootMissing(targets);
  }

  async function endUnwanted(targets: ReadonlyMap<SlotGroup, { target: number; tier: SlotTier }>): Promise<void> {
    for (const slot of [...slots.values()]) {
      if (slot.state === 'taken' && now() - slot.since > takenForMs) slots.delete(slot.id);
      const wanted = targets.get(slot.group);
      if (slot.state === 'ready' && (!wanted || fingerprintOf(wanted.tier) !== slot.fingerprint)) await end(slot);
    }
    for (const [group, { target }] of targets) {
      // Oldest first. Aged ones go when their successors are ready, so that there always is one.
      const surplus = slotsOf(group, 'ready').slice(0, Math.max(0, slotsOf(group, 'ready').length - target));
      for (const slot of surplus) await end(slot);
    }
  }

  async function bootMissing(targets: ReadonlyMap<SlotGroup, { target: number; tier: SlotTier }>): Promise<boolean> {
    const missing = (group: SlotGroup) => {
      const fresh = slotsOf(group, 'ready').filter((slot) => now() - slot.since < maximumAgeMs);
      return (targets.get(group)?.target ?? 0) - fresh.length - slotsOf(group, 'booting').length;
    };
    const wanted = () =>
      [...targets.keys()]
        .filter((group) => missing(group) > 0 && group.notBefore <= now())
        .sort((a, b) => missing(b) - missing(a));
    if (wanted().length === 0) {
      delayedSince.clear();
      return false;
    }
    const isQuiet = now() - askedAt >= quietMs;
    const starting = new Set(await listHostsThatStart(database.db));
    let waits = false;
    for (const hostId of hostsByFewestSlots()) {
      if (boots.has(hostId) || silentHosts.has(hostId) || (heldBackUntil.get(hostId) ?? 0) > now()) continue;
      const group = wanted().find(({ image }) =>
        descriptions.get(hostId)?.images.some(({ id, installed }) => id === image && installed),
      );
      const tier = group && targets.get(group)?.tier;
      if (!tier) continue;
      if ((!isQuiet || starting.has(hostId)) && !lostPatience(hostId)) waits = true;
      else begin(group, tier, hostId);
    }
    return waits;
  }

  function hostsByFewestSlots(): string[] {
    const count = (hostId: string) => [...slots.values()].filter((slot) => slot.hostId === hostId).length;
    return [...hosts.keys()].sort((a, b) => count(a) - count(b));
  }

  function lostPatience(hostId: string): boolean {
    const since = delayedSince.get(hostId) ?? now();
    delayedSince.set(hostId, since);
    return now() - since > patienceMs;
  }

  /** One at a time per host. */
  function begin(group: SlotGroup, tier: SlotTier, hostId: string): void {
    delayedSince.delete(hostId);
    const id = `slot-${randomBytes(6).toString('hex')}`;
    const slot: Slot = { id, hostId, group, state: 'booting', fingerprint: fingerprintOf(tier), since: now() };
    slots.set(id, slot);
    const done = boot(slot, tier)
      .catch((error: unknown) => {
        bootFailed(slot);
        onError(error);
        return end(slot);
      })
      .finally(() => {
        boots.delete(hostId);
        rounds.soon();
      });
    boots.set(hostId, done);
  }

  async function boot(slot: Slot, tier: SlotTier): Promise<void> {
    const { group, hostId } = slot;
    const host = hosts.get(hostId);
    const description = descriptions.get(hostId);
    if (!host || !description) throw new Error(`There is no host ${hostId}.`);
    const began = now();
    const result = await bootSlot({
      database,
      host,
      description,
      hostId,
      slotId: slot.id,
      image: group.image,
      tier,
      model: options.model,
    });
    if (result === 'no_room') {
      // Tenants come first; the room may come back.
      group.notBefore = now() + holdBackMs;
      const aged = slotsOf(group, 'ready').find((other) => now() - other.since >= maximumAgeMs);
      slots.delete(slot.id);
      if (aged) await end(aged);
      return;
    }
    if (slot.state !== 'booting' || closing || (heldBackUntil.get(hostId) ?? 0) > now()) {
      await end(slot);
    } else if (!result.ok) {
      bootFailed(slot);
      onError(new Error(`A warm slot of ${tier.name} did not start: ${result.message}`));
      await end(slot);
    } else {
      group.bootMs = (group.bootMs + (now() - began)) / 2;
      group.failures = 0;
      slots.set(slot.id, Object.assign(slot, { state: 'ready', since: now() }));
    }
  }

  function bootFailed({ group }: Slot): void {
    group.failures += 1;
    group.notBefore = now() + startBackoffMs(group.failures);
  }

  /** Its room is free only when it is gone. What could not be ended keeps its row, and the reconciler sees to it. */
  function end(slot: Slot): Promise<void> {
    slot.state = 'ending';
    const under = ends.get(slot.id);
    if (under) return under;
    const ended = dropAndRelease(slot)
      .catch(onError)
      .finally(() => {
        slots.delete(slot.id);
        ends.delete(slot.id);
      });
    ends.set(slot.id, ended);
    return ended;
  }

  async function dropAndRelease({ id, hostId }: Slot): Promise<void> {
    await hosts.get(hostId)?.dropSlot(id);
    await database.db.transaction((tx) => release(tx, id));
  }

  function slotEnded(hostId: string, id: string): void {
    const slot = slots.get(id);
    // One that boots is told of by its boot, one that is taken by whoever took it.
    if (slot?.state !== 'ready' || slot.hostId !== hostId) return;
    bootFailed(slot);
    void end(slot).then(rounds.soon);
  }

  /** Asks every host what really is there: a slot that is gone or silent is not offered to anybody. */
  async function check(): Promise<void> {
    checkedAt = now();
    for (const [hostId, host] of hosts) {
      const ready = [...slots.values()].filter((slot) => slot.hostId === hostId && slot.state === 'ready');
      const runtimes = await listRuntimes(host);
      if (runtimes === null) {
        silentHosts.add(hostId);
        continue;
      }
      silentHosts.delete(hostId);
      descriptions.set(hostId, await host.describe());
      for (const slot of ready) {
        const answers = runtimes.find(({ id }) => id === slot.id)?.answers === true;
        if (answers || slot.state !== 'ready') continue;
        bootFailed(slot);
        await end(slot);
      }
    }
  }

  async function status(organizationId: string | null): Promise<(WarmSlotGroup & { organizationId: string })[]> {
    const tiers = await listSlotTiers(database.db, organizationId);
    return tiers.flatMap((tier) => {
      const image = tier.image ?? defaultImage();
      const own = groupsOf(tier);
      if (!own.some((group) => group.image === image)) own.push(newGroup({ ...tier, image }, now()));
      return [...targetsOf(own, tier, image, now())].map(([group, target]) => {
        const counts = { ready: slotsOf(group, 'ready').length, booting: slotsOf(group, 'booting').length, target };
        return { organizationId: tier.organizationId, ...shownGroup(group, tier, counts, now()) };
      });
    });
  }

  return {
    take: ({ hostId, ...want }) => {
      askedAt = now();
      const group = groupOf(want);
      group.demand = withTake(group.demand, now());
      const slot = slotsOf(group, 'ready').find(
        (ready) => !closing && !silentHosts.has(ready.hostId) && (hostId === undefined || ready.hostId === hostId),
      );
      if (slot) {
        group.claims += 1;
        Object.assign(slot, { state: 'taken', since: now() });
      } else group.misses += 1;
      rounds.soon();
      return slot ? { slotId: slot.id, hostId: slot.hostId } : null;
    },
    discard: async (slotId) => {
      const slot = slots.get(slotId);
      if (!slot) return;
      await end(slot);
      rounds.soon();
    },
    holds: (slotId) => slots.has(slotId),
    status,
    setBounds: async (organizationId, tier, bounds, actor) => {
      const { name } = await changeBounds(database, organizationId, tier, bounds, actor);
      rounds.soon();
      // The first group of a tier is the one of its own image.
      const group = (await status(organizationId)).find((one) => one.tier === name);
      if (!group) throw new ClawpoolError('not_found', `The tier “${tier}” is gone.`);
      return group;
    },
    yieldRoom: async (hostId, count) => {
      // Those first that are of no use yet, then those that are asked for least.
      const given = [...slots.values()]
        .filter(({ state }) => state === 'booting' || state === 'ready')
        .filter((slot) => hostId === null || slot.hostId === hostId)
        .sort(
          (a, b) =>
            Number(a.state === 'ready') - Number(b.state === 'ready') ||
            demandPerMinute(a.group.demand, now()) - demandPerMinute(b.group.demand, now()),
        )
        .slice(0, count);
      for (const id of hostId === null ? hosts.keys() : [hostId]) heldBackUntil.set(id, now() + holdBackMs);
      await Promise.all(given.map(end));
      return given.length;
    },
    close: async () => {
      closing = true;
      await rounds.close();
      const left = [...slots.values()].filter(({ state }) => state === 'booting' || state === 'ready');
      await Promise.all([...left.map(end), ...boots.values()]);
      await Promise.all([...ends.values()]);
    },
  };
}
