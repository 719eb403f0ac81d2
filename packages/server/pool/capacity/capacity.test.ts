import { expect, test } from 'vitest';
import { needOf, placeOf, type Room, totalsOf } from './capacity.ts';

const room = (hostId: string, reserved: Partial<Room> = {}): Room => ({
  ...{ hostId, state: 'active', cpuMillis: 10_000, memoryMegabytes: 10_000 },
  ...{ reservedCpuMillis: 0, reservedMemoryMegabytes: 0, ...reserved },
});
const need = { cpuMillis: 1_000, memoryMegabytes: 1_000 };

test('a tenant goes where whatever is scarcer is the least taken', () => {
  const rooms = [
    room('much-memory-taken', { reservedMemoryMegabytes: 8_000 }),
    room('much-cpu-taken', { reservedCpuMillis: 7_000 }),
    room('half', { reservedCpuMillis: 5_000, reservedMemoryMegabytes: 5_000 }),
  ];
  expect(placeOf(rooms, need, null)).toBe('half');
});

test('the preferred host wins while it has room, and is passed over when it has none', () => {
  const rooms = [room('empty'), room('liked', { reservedCpuMillis: 8_000 })];
  expect(placeOf(rooms, need, 'liked')).toBe('liked');
  expect(placeOf([room('empty'), room('liked', { reservedCpuMillis: 9_500 })], need, 'liked')).toBe('empty');
  expect(placeOf(rooms, need, 'unknown')).toBe('empty');
});

test('nothing new goes to hosts that drain or do not answer, and what fits exactly fits', () => {
  expect(placeOf([room('a', { state: 'draining' }), room('b', { state: 'unreachable' })], need, 'a')).toBeNull();
  expect(placeOf([room('full', { reservedMemoryMegabytes: 9_000 })], need, null)).toBe('full');
  expect(placeOf([room('full', { reservedMemoryMegabytes: 9_001 })], need, null)).toBeNull();
});

test('of equals the first by name, so that every process decides the same', () => {
  expect(placeOf([room('b'), room('a')], need, null)).toBe('a');
});

test('memory is handed out once with a reserve for the system, CPU sixteen times', () => {
  expect(totalsOf({ cpus: 2, memoryMegabytes: 4_096 })).toEqual({ cpuMillis: 32_000, memoryMegabytes: 3_072 });
  expect(totalsOf({ cpus: 8, memoryMegabytes: 65_536 })).toEqual({ cpuMillis: 128_000, memoryMegabytes: 58_982 });
  expect(totalsOf({ cpus: 1, memoryMegabytes: 512 })).toEqual({ cpuMillis: 16_000, memoryMegabytes: 0 });
});

test('a runtime counts as what one of its image typically takes, and never as more than its limit', () => {
  expect(needOf({ cpuMillis: 1, memoryMegabytes: 2_048 }, 700)).toEqual({ cpuMillis: 1, memoryMegabytes: 700 });
  expect(needOf({ cpuMillis: 1, memoryMegabytes: 512 }, 700)).toEqual({ cpuMillis: 1, memoryMegabytes: 512 });
  expect(needOf({ cpuMillis: 1, memoryMegabytes: 512 }, undefined)).toEqual({ cpuMillis: 1, memoryMegabytes: 512 });
});
