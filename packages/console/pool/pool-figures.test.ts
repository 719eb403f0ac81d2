import type { PoolHost } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { freeRoom, imagesOf, tenantsThatFit } from './pool-figures.ts';

const host = (parts: Partial<PoolHost>): PoolHost => ({
  id: 'local',
  state: 'active',
  driver: 'sandbox',
  isolates: true,
  images: [],
  cpus: { total: 32, reserved: 4 },
  memoryMegabytes: { total: 8192, reserved: 2048 },
  diskMegabytes: { total: 100_000, free: 50_000 },
  tenants: 4,
  warmSlots: 1,
  lastSeenAt: '2026-03-10T12:00:00.000Z',
  ...parts,
});

describe('the pool', () => {
  it('has an image once, the default first, and installed only when every host has it', () => {
    const image = (id: string, installed: boolean, isDefault: boolean) => ({ id, installed, isDefault });
    const hosts = [
      host({ images: [image('openclaw-2026.3.24', true, false), image('openclaw-2026.6.35', true, true)] }),
      host({ images: [image('openclaw-2026.3.24', false, false), image('openclaw-2026.6.35', true, true)] }),
    ];
    expect(imagesOf(hosts)).toEqual([
      image('openclaw-2026.6.35', true, true),
      image('openclaw-2026.3.24', false, false),
    ]);
  });

  it('offers no room on hosts that take nobody', () => {
    const hosts = [host({}), host({ state: 'draining' }), host({ state: 'unreachable' })];
    expect(freeRoom(hosts)).toEqual({ cpus: 28, memoryMegabytes: 6144 });
    expect(tenantsThatFit(hosts, { cpus: 1, memoryMegabytes: 1024 })).toBe(6);
  });

  it('cannot put one tenant on the leftovers of two hosts', () => {
    const small = host({ memoryMegabytes: { total: 1500, reserved: 0 } });
    expect(tenantsThatFit([small, small], { cpus: 0.1, memoryMegabytes: 1000 })).toBe(2);
  });

  it('counts tenths of cores without losing one to rounding', () => {
    const three = host({ cpus: { total: 0.3, reserved: 0 } });
    expect(tenantsThatFit([three], { cpus: 0.1, memoryMegabytes: 512 })).toBe(3);
  });

  it('has room for nobody when more is reserved than there is', () => {
    expect(tenantsThatFit([host({ cpus: { total: 2, reserved: 5 } })], { cpus: 1, memoryMegabytes: 512 })).toBe(0);
  });
});
