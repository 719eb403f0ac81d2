import { expect, test } from 'vitest';
import { defaultBounds, demandPerMinute, noDemand, slotTarget, withTake } from './demand.ts';
import { newGroup, targetsOf } from './slot-group.ts';
import type { SlotTier } from './warm-slot-store.ts';

const minute = 60_000;
const bootMs = 15_000;

/** Demand after that many takes, evenly spread over the last minutes. */
function after(takes: number, minutes: number, until: number) {
  let demand = noDemand(until - minutes * minute);
  for (let n = 1; n <= takes; n++) demand = withTake(demand, until - minutes * minute + (n * minutes * minute) / takes);
  return demand;
}

test('boots nothing where nobody asked for anything', () => {
  expect(slotTarget(noDemand(0), bootMs, defaultBounds, 0)).toBe(0);
});

test('keeps one for an hour after a tier was used, so that the first wake after a pause is fast', () => {
  const once = withTake(noDemand(0), 0);
  expect(slotTarget(once, bootMs, defaultBounds, 0)).toBe(1);
  expect(slotTarget(once, bootMs, defaultBounds, 59 * minute)).toBe(1);
  expect(slotTarget(once, bootMs, defaultBounds, 61 * minute)).toBe(0);
});

test('grows with demand and with the time a boot takes, up to the maximum', () => {
  const now = 100 * minute;
  const bounds = { minimum: 0, maximum: 20 };
  const some = slotTarget(after(30, 30, now), bootMs, bounds, now);
  const many = slotTarget(after(300, 30, now), bootMs, bounds, now);
  expect(some).toBeGreaterThan(0);
  expect(many).toBeGreaterThan(some);
  expect(slotTarget(after(300, 30, now), 4 * bootMs, bounds, now)).toBeGreaterThan(many);
  expect(slotTarget(after(3_000, 30, now), bootMs, bounds, now)).toBe(20);
});

test('never goes below the minimum, however quiet it is', () => {
  expect(slotTarget(noDemand(0), bootMs, { minimum: 2, maximum: 4 }, 1_000 * minute)).toBe(2);
});

test('forgets: demand falls to about a third in ten minutes', () => {
  const demand = after(100, 10, 0);
  expect(demandPerMinute(demand, 10 * minute) / demandPerMinute(demand, 0)).toBeCloseTo(1 / Math.E, 5);
});

test('shares a tier’s maximum among its images, and keeps the minimum of the tier’s own', () => {
  const tier = { organizationId: 'org', tierId: 'standard', bounds: { minimum: 1, maximum: 2 } } as SlotTier;
  const own = newGroup({ organizationId: 'org', tierId: 'standard', image: 'default' }, 0);
  const lean = {
    ...newGroup({ organizationId: 'org', tierId: 'standard', image: 'lean' }, 0),
    demand: after(500, 10, 0),
  };
  const targets = targetsOf([lean, own], tier, 'default', 0);
  expect(targets.get(own)).toBe(1);
  expect(targets.get(lean)).toBe(1);
});
