import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultRetention } from './checkpoint.ts';
import { watchClock } from './clock-watch.ts';
import { isCollectionDue } from './housekeeping.ts';
import { expired, expiryOf, type RetainedCheckpoint } from './retention.ts';

const now = new Date('2026-06-15T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const made = (id: string, days: number, changes: Partial<RetainedCheckpoint> = {}): RetainedCheckpoint => ({
  id,
  createdAt: daysAgo(days),
  backup: true,
  pinned: false,
  inUse: false,
  ...changes,
});
const rules = { retention: defaultRetention, deletedAt: null, now };

describe('retention', () => {
  test('removes what is older than its days', () => {
    expect(expired([made('young', 6.9), made('old', 7.1)], rules)).toEqual(['old']);
  });

  test('keeps what is pinned and what a living tenant begins with, however old', () => {
    expect(expired([made('pinned', 900, { pinned: true }), made('begins', 800, { inUse: true })], rules)).toEqual([]);
  });

  test('keeps only so many backups, and so many others', () => {
    const retention = { ...defaultRetention, backupsPerTenant: 2, checkpointsPerTenant: 1 };
    const all = [
      made('b1', 1),
      made('b2', 2),
      made('b3', 3),
      made('c1', 1.5, { backup: false }),
      made('c2', 2.5, { backup: false }),
    ];
    expect(expired(all, { ...rules, retention }).sort()).toEqual(['b3', 'c2']);
  });

  test('a pinned backup takes a place', () => {
    const retention = { ...defaultRetention, backupsPerTenant: 1 };
    expect(expired([made('pinned', 1, { pinned: true }), made('other', 2)], { ...rules, retention })).toEqual([
      'other',
    ]);
  });

  test('what a deleted tenant left last is as old as the deletion', () => {
    const left = [made('last', 40), made('before', 50)];
    expect(expired(left, { ...rules, deletedAt: daysAgo(1) })).toEqual(['before']);
    expect(expired(left, { ...rules, deletedAt: daysAgo(8) })).toEqual(['last', 'before']);
  });

  test('removes exactly what it said it would: nothing before `expiryOf`, and nothing for which that is never', () => {
    const anything = fc.array(
      fc.record({
        days: fc.integer({ min: 0, max: 30 }),
        backup: fc.boolean(),
        pinned: fc.boolean(),
        inUse: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 20 }), (some, days) => {
        const all = some.map(({ days: age, ...flags }, index) => made(String(index), age + index / 1000, flags));
        const retention = { ...defaultRetention, days, backupsPerTenant: 100, checkpointsPerTenant: 100 };
        const gone = new Set(expired(all, { ...rules, retention }));
        for (const checkpoint of all) {
          const at = expiryOf(checkpoint, { retention, deletedAt: null, isNewest: false });
          expect(gone.has(checkpoint.id)).toBe(at !== null && at <= now);
        }
      }),
    );
  });
});

describe('the age of things', () => {
  test('does not count for a day after the clock jumped, in whichever direction, and not for a night’s sleep', () => {
    const hour = 3_600_000;
    const clocks = { wallMs: 1e12, steadyMs: 0 };
    const watch = watchClock({ wall: () => clocks.wallMs, steady: () => clocks.steadyMs });
    const pass = (wall: number, steady = wall) => {
      clocks.wallMs += wall * hour;
      clocks.steadyMs += steady * hour;
      return watch.isTrustworthy();
    };
    expect([pass(1), pass(10, 1)]).toEqual([true, true]);
    expect([pass(9000, 1), pass(12), pass(11.9), pass(0.2)]).toEqual([false, false, false, true]);
    expect([pass(-9000, 0), pass(25)]).toEqual([false, true]);
  });

  test('collection is due at night, and by day when the last one is long ago', () => {
    const at = (day: number, hour: number) => new Date(2026, 5, day, hour, 30);
    expect(isCollectionDue(at(2, 2), at(1, 3))).toBe(true);
    expect(isCollectionDue(at(2, 3), at(2, 2))).toBe(false);
    expect(isCollectionDue(at(2, 12), at(1, 14))).toBe(false);
    expect(isCollectionDue(at(2, 14), at(1, 11))).toBe(true);
    expect(isCollectionDue(at(2, 14), at(9, 11))).toBe(true);
  });
});
