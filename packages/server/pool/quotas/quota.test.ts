import { expect, test } from 'vitest';
import { refuseBeyondQuotas, unlimited } from './quota.ts';

const used = { tenants: 2, runningTenants: 1, cpus: 3, memoryMegabytes: 2_000, diskMegabytes: 4_000 };
const resources = { cpus: 1, memoryMegabytes: 1_000, diskMegabytes: 1_000 };
const oneMore = { tenants: 1, runningTenants: 1, resources };

test('without limits nothing is refused', () => {
  expect(() => refuseBeyondQuotas(unlimited, used, oneMore)).not.toThrow();
});

test.each([
  ['tenants', 3],
  ['runningTenants', 2],
  ['totalCpus', 4],
  ['totalMemoryMegabytes', 3_000],
  ['totalDiskMegabytes', 5_000],
  ['cpusPerTenant', 1],
  ['memoryMegabytesPerTenant', 1_000],
  ['diskMegabytesPerTenant', 1_000],
] as const)('%s of exactly what is needed is enough, and one less is not', (limit, enough) => {
  expect(() => refuseBeyondQuotas({ ...unlimited, [limit]: enough }, used, oneMore)).not.toThrow();
  expect(() => refuseBeyondQuotas({ ...unlimited, [limit]: enough - 1 }, used, oneMore)).toThrow(
    expect.objectContaining({ code: 'quota_exceeded', hint: expect.any(String) }),
  );
});

test('who uses more than a limit that was lowered later may use less, or the same', () => {
  const limits = { ...unlimited, totalCpus: 1, cpusPerTenant: 1, tenants: 1 };
  const smaller = {
    tenants: 0,
    runningTenants: 0,
    resources: { ...resources, cpus: 2 },
    before: { ...resources, cpus: 3 },
  };
  expect(() => refuseBeyondQuotas(limits, used, smaller)).not.toThrow();
  expect(() => refuseBeyondQuotas(limits, used, { ...smaller, before: smaller.resources })).not.toThrow();
  expect(() => refuseBeyondQuotas(limits, used, { ...smaller, before: { ...resources, cpus: 1.5 } })).toThrow();
});
