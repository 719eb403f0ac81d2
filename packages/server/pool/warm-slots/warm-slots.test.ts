import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../../store/database.ts';
import { auditEvents, hosts as hostRows, operations, reservations, tenants, tiers } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { createScriptedHost, type ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { startWarmSlots, type WarmSlots } from './warm-slots.ts';

/** A busy machine takes its time. */
const patience = { timeout: 20_000, interval: 20 };

const want = { organizationId: 'org', tierId: 'standard', image: 'test-image' };
const open: { close(): Promise<void> }[] = [];

let database: Database;
let host: ScriptedHost;
let errors: unknown[];
/** Forward only, as the slots see it. */
let now: number;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  host = createScriptedHost();
  errors = [];
  now = 1_000_000;
  await addHost('local');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await database.close();
});
afterAll(() => vi.useRealTimers());

const addHost = (id: string, memoryMegabytes = 60_000) =>
  database.db
    .insert(hostRows)
    .values({ id, cpuMillis: 64_000, memoryMegabytes, diskMegabytes: 100_000, diskFreeMegabytes: 50_000 });

async function start(hosts = new Map([['local', host]]), quietMs = 0): Promise<WarmSlots> {
  const slots = await startWarmSlots({
    database,
    hosts,
    model: { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 },
    now: () => now,
    ...{ lookMs: 20, quietMs },
    onError: (error) => errors.push(error),
  });
  open.push(slots);
  return slots;
}

const ledger = () => database.db.select().from(reservations).where(eq(reservations.kind, 'slot'));
const running = (of = host) => [...of.runtimes.values()].filter(({ kind }) => kind === 'slot').map(({ id }) => id);
const settled = (slots: WarmSlots, count: number) =>
  vi.waitFor(async () => {
    const [group] = await slots.status('org');
    expect([group?.ready, group?.booting]).toEqual([count, 0]);
  }, patience);

test('an installation where nothing goes on boots none', async () => {
  const slots = await start();
  expect((await slots.status('org'))[0]).toMatchObject({ tier: 'Standard', target: 0, minimum: 0, maximum: 4 });
  expect(running()).toEqual([]);
});

test('a tier whose agents were active within the hour has one ready after a restart', async () => {
  await database.db
    .update(tenants)
    .set({ lastActiveAt: new Date(Date.now() - 60_000) })
    .where(eq(tenants.id, 'ann'));
  const slots = await start();
  await settled(slots, 1);
});

test('one that was asked for is there the next time, and is nobody else’s afterwards', async () => {
  const slots = await start();
  expect(slots.take(want)).toBeNull();
  await settled(slots, 1);
  const [booted] = running();
  expect(booted).toMatch(/^slot-[0-9a-f]{12}$/);
  expect(slots.take(want)).toEqual({ slotId: booted, hostId: 'local' });
  expect(slots.take(want)).toBeNull();
  expect((await slots.status('org'))[0]).toMatchObject({ claims: 1, misses: 2 });
});

test('holds its room in the ledger, as much as the image typically takes, before it is booted', async () => {
  let reservedAtBoot = 0;
  host.prepareWith(async () => {
    reservedAtBoot = (await ledger()).length;
    return { ok: true, readyMs: 1 };
  });
  const slots = await start();
  await slots.setBounds('org', 'Standard', { minimum: 1, maximum: 1 });
  await settled(slots, 1);
  expect(reservedAtBoot).toBe(1);
  expect(await ledger()).toMatchObject([
    { cpuMillis: 1000, memoryMegabytes: 512, hostId: 'local', ownerId: running()[0] },
  ]);
});

test('a slot’s agent is the tier’s: its ceiling of tools, and no person', async () => {
  const requests: Parameters<typeof host.prepareSlot>[0][] = [];
  const { prepareSlot } = host;
  host.prepareSlot = (request) => {
    requests.push(request);
    return prepareSlot(request);
  };
  const slots = await start();
  await slots.setBounds('org', 'standard', { minimum: 2, maximum: 2 });
  await settled(slots, 2);
  expect(requests[0]?.agent).toMatchObject({ tools: ['shell', 'file'], owner: { email: '' }, directory: [] });
  expect(requests[0]?.limits).toEqual({ memoryBytes: 1024 * 2 ** 20, pids: 128, cpus: 1 });
  expect(requests[0]?.uid).not.toBe(requests[1]?.uid);
});

test('boots one at a time on a host, and on two hosts at once', async () => {
  const other = createScriptedHost();
  await addHost('other');
  const most = new Map<ScriptedHost, number>();
  for (const one of [host, other]) {
    let under = 0;
    one.prepareWith(async () => {
      under += 1;
      most.set(one, Math.max(most.get(one) ?? 0, under));
      await new Promise((resolve) => setTimeout(resolve, 30));
      under -= 1;
      return { ok: true, readyMs: 1 };
    });
  }
  const slots = await start(
    new Map([
      ['local', host],
      ['other', other],
    ]),
  );
  await slots.setBounds('org', 'standard', { minimum: 4, maximum: 4 });
  await settled(slots, 4);
  expect(running(host).length).toBeGreaterThan(0);
  expect(running(other).length).toBeGreaterThan(0);
  expect([most.get(host), most.get(other)]).toEqual([1, 1]);
  expect(slots.take({ ...want, hostId: 'other' })?.hostId).toBe('other');
});

test('tenants come first: without room none is booted, and what room is needed is given back', async () => {
  await database.db.update(hostRows).set({ memoryMegabytes: 1_100 });
  const slots = await start();
  await slots.setBounds('org', 'standard', { minimum: 4, maximum: 4 });
  await settled(slots, 2);
  expect(await slots.yieldRoom('local', 1)).toBe(1);
  expect(await ledger()).toHaveLength(1);
  // It is not taken again at once: whoever needed the room would find it gone.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await ledger()).toHaveLength(1);
  now += 31_000;
  await settled(slots, 2);
});

test('waits while people’s agents are being started, but not for ever', async () => {
  await database.db.update(tenants).set({ hostId: 'local' }).where(eq(tenants.id, 'ann'));
  await database.db.insert(operations).values({
    ...{ organizationId: 'org', id: randomUUID(), tenantId: 'ann', kind: 'wake', state: 'running', phase: 'starting' },
    ...{ request: { kind: 'wake' }, requestedBy: 'message', deadlineAt: new Date(Date.now() + 60_000) },
  });
  const slots = await start();
  slots.take(want);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(running()).toEqual([]);
  now += 61_000;
  slots.take(want);
  await settled(slots, 1);
});

test('whoever just asked has the CPU for a while: the next slot is booted afterwards', async () => {
  const slots = await start(new Map([['local', host]]), 3_000);
  slots.take(want);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await ledger()).toEqual([]);
  now += 3_000;
  await settled(slots, 1);
});

test('a slot that ends by itself gives its room back and is booted again, after a pause', async () => {
  const slots = await start();
  slots.take(want);
  await settled(slots, 1);
  const [first] = running();
  host.crash({ tenantId: first ?? '', generation: 0, reason: 'exited', message: 'gone' });
  expect(slots.take(want)).toBeNull();
  await vi.waitFor(async () => expect(await ledger()).toEqual([]), patience);
  now += 5_001;
  await settled(slots, 1);
  expect(running()).not.toContain(first);
});

test('a slot that does not answer any more is found before it is handed out', async () => {
  const slots = await start();
  slots.take(want);
  await settled(slots, 1);
  const [silent] = running();
  for (const [id, runtime] of host.runtimes) host.runtimes.set(id, { ...runtime, answers: false });
  now += 30_001;
  await settled(slots, 0);
  expect(running()).not.toContain(silent);
});

test('is renewed by age, and its successor is ready before it goes', async () => {
  const slots = await start();
  await slots.setBounds('org', 'standard', { minimum: 1, maximum: 1 });
  await settled(slots, 1);
  const [old] = running();
  let alive: boolean | undefined;
  host.prepareWith(async () => {
    alive = running().includes(old ?? '');
    return { ok: true, readyMs: 1 };
  });
  now += 30 * 60_000 + 1;
  await vi.waitFor(() => expect(running()).not.toContain(old), patience);
  await settled(slots, 1);
  expect(alive).toBe(true);
});

test('a tier that changes gets new slots', async () => {
  const slots = await start();
  await slots.setBounds('org', 'standard', { minimum: 1, maximum: 1 });
  await settled(slots, 1);
  const [old] = running();
  await database.db.update(tiers).set({ toolsCeiling: ['file'] });
  await vi.waitFor(() => expect(running()).not.toContain(old), patience);
  await settled(slots, 1);
});

test('one that does not boot leaves nothing behind and is tried again later, less and less often', async () => {
  let boots = 0;
  host.prepareWith(async () => {
    boots += 1;
    return { ok: false, reason: 'start_timeout', message: 'too slow', hint: '' };
  });
  const slots = await start();
  slots.take(want);
  await vi.waitFor(() => expect(boots).toBe(1), patience);
  await settled(slots, 0);
  expect(await ledger()).toEqual([]);
  now += 5_001;
  await vi.waitFor(() => expect(boots).toBe(2), patience);
  await settled(slots, 0);
  now += 5_001;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(boots).toBe(2);
  now += 5_001;
  await vi.waitFor(() => expect(boots).toBe(3), patience);
  expect(String(errors[0])).toContain('too slow');
});

test('a taken one that could not be used is ended, with its room', async () => {
  const slots = await start();
  slots.take(want);
  await settled(slots, 1);
  const taken = slots.take(want);
  expect(slots.holds(taken?.slotId ?? '')).toBe(true);
  await slots.discard(taken?.slotId ?? '');
  expect(slots.holds(taken?.slotId ?? '')).toBe(false);
  expect(running()).not.toContain(taken?.slotId);
  expect((await ledger()).map(({ ownerId }) => ownerId)).not.toContain(taken?.slotId);
});

test('what a killed process left is ended at the start, and its room is free', async () => {
  const before = await start();
  before.take(want);
  await settled(before, 1);
  const [left] = running();
  open.length = 0;
  const after = await start();
  expect(running()).not.toContain(left);
  expect((await ledger()).map(({ ownerId }) => ownerId)).not.toContain(left);
  await after.close();
  await before.close();
});

/** The next boot takes until its slot is dropped, as on a real host. */
function bootForEver(): { booting: () => string | undefined } {
  let booting: string | undefined;
  let end = () => {};
  const { prepareSlot, dropSlot } = host;
  host.prepareSlot = ({ slotId }) =>
    new Promise((resolve) => {
      booting = slotId;
      end = () => resolve({ ok: false, reason: 'exited', message: 'dropped', hint: '' });
    });
  host.dropSlot = async (slotId) => {
    await dropSlot(slotId);
    if (slotId !== booting) return;
    host.prepareSlot = prepareSlot;
    end();
  };
  return { booting: () => booting };
}

test('at the end all are ended at once, also one that is booting', async () => {
  const slots = await start();
  await slots.setBounds('org', 'standard', { minimum: 2, maximum: 2 });
  await settled(slots, 2);
  const { booting } = bootForEver();
  const taken = slots.take(want);
  await vi.waitFor(() => expect(booting()).toBeDefined(), patience);
  await slots.close();
  // What was taken is its taker's.
  expect((await ledger()).map(({ ownerId }) => ownerId)).toEqual([taken?.slotId]);
  expect(running()).toEqual([taken?.slotId]);
  expect(errors).toEqual([]);
});

test('a slot that is still booting gives way first when room is needed, and that is no failure of it', async () => {
  const slots = await start();
  await slots.setBounds('org', 'standard', { minimum: 1, maximum: 2 });
  await settled(slots, 1);
  const { booting } = bootForEver();
  await slots.setBounds('org', 'standard', { minimum: 2, maximum: 2 });
  await vi.waitFor(() => expect(booting()).toBeDefined(), patience);
  expect(await slots.yieldRoom(null, 1)).toBe(1);
  expect((await ledger()).map(({ ownerId }) => ownerId)).toEqual(running());
  now += 31_000;
  await settled(slots, 2);
  expect(errors).toEqual([]);
});

test('bounds are kept, told, audited, and refused when they make no sense', async () => {
  const slots = await start();
  const actor = { type: 'person' as const, id: 'user-ann', name: 'ann' };
  expect(await slots.setBounds('org', 'Standard', { minimum: 1, maximum: 3 }, actor)).toMatchObject({
    ...{ tier: 'Standard', image: 'test-image', minimum: 1, maximum: 3, target: 1 },
  });
  expect(await database.db.select().from(auditEvents)).toMatchObject([
    { action: 'pool.warm_slots_changed', actorName: 'ann', detail: { minimum: 1, maximum: 3 } },
  ]);
  await expect(slots.setBounds('org', 'standard', { minimum: 2, maximum: 1 })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await expect(slots.setBounds('org', 'none', { minimum: 0, maximum: 1 })).rejects.toMatchObject({ code: 'not_found' });
});

test('slots of one organization are never handed to another', async () => {
  await insertSmallOrganization(database, 'two');
  const slots = await start();
  slots.take(want);
  await settled(slots, 1);
  expect(slots.take({ ...want, organizationId: 'two' })).toBeNull();
  expect(slots.take({ ...want, image: 'another' })).toBeNull();
  expect(slots.take(want)).not.toBeNull();
});
