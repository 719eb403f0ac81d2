import { expect, test } from 'vitest';
import { defaultTiers } from './default-tiers.ts';
import { type Bounds, widenedFields } from './tier.ts';

const bounds: Bounds = {
  ...{ driver: null, cpus: 1, memoryMegabytes: 1024, diskMegabytes: 1024, pids: 128 },
  ...{ toolsCeiling: ['file'], egressHosts: ['a.example'] },
};

test.each([
  ['driver', 'process'],
  ['cpus', 1.5],
  ['memoryMegabytes', 1025],
  ['diskMegabytes', 2048],
  ['pids', 129],
  ['toolsCeiling', ['file', 'shell']],
  ['egressHosts', ['b.example']],
] as const)('more of %s widens a tier', (field, value) => {
  expect(widenedFields(bounds, { ...bounds, [field]: value })).toEqual([field]);
});

test('less of everything widens nothing', () => {
  const less = { cpus: 0.5, memoryMegabytes: 512, diskMegabytes: 512, pids: 64, toolsCeiling: [], egressHosts: [] };
  expect(widenedFields(bounds, { ...bounds, ...less })).toEqual([]);
});

test('the first tiers are three that fit the machine twice, and are the usual ones on a large machine', () => {
  const [standard, restricted, engineering] = defaultTiers({
    cpus: 1,
    memoryMegabytes: 2_500,
    diskMegabytes: 8_000,
  });
  expect([standard?.id, restricted?.id, engineering?.id]).toEqual(['standard', 'restricted', 'engineering']);
  expect(standard).toMatchObject({ memoryMegabytes: 1024, cpuMillis: 1000, diskMegabytes: 1024 });
  expect(engineering).toMatchObject({ memoryMegabytes: 1024, cpuMillis: 1000, diskMegabytes: 3_840 });
  const [, , large] = defaultTiers({ cpus: 64, memoryMegabytes: 65_536, diskMegabytes: 1_000_000 });
  expect(large).toMatchObject({ memoryMegabytes: 1536, cpuMillis: 2000, diskMegabytes: 8192 });
  expect(defaultTiers({ cpus: 1, memoryMegabytes: 600, diskMegabytes: 600 })[0]).toMatchObject({
    memoryMegabytes: 768,
    diskMegabytes: 512,
  });
});
