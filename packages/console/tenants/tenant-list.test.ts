import type { Tenant } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { knownTags, needsReload, type TenantPage, withTenantEvents } from './tenant-list.ts';

const tenant = (id: string, parts: Partial<Tenant> = {}): Tenant => ({
  id,
  name: `agent-${id}`,
  owner: { employeeId: id, name: 'Carol Zhang', position: 'Finance Analyst', department: 'Finance' },
  group: null,
  tags: {},
  tier: 'standard',
  driver: 'sandbox',
  image: 'openclaw-2026.6.35',
  configTemplate: null,
  host: 'local',
  state: 'hibernated',
  stateSince: '2026-03-10T12:00:00.000Z',
  reason: null,
  hint: null,
  operation: null,
  health: 'none',
  gateway: 'none',
  address: null,
  port: null,
  memoryBytes: null,
  memoryLimitBytes: 2 ** 30,
  cpus: 1,
  cpuPercent: null,
  diskBytes: null,
  diskLimitBytes: 2 ** 31,
  alwaysOn: false,
  expiresAt: null,
  onExpiry: 'stop',
  timetable: null,
  skills: [],
  skillGroups: [],
  createdAt: '2026-03-10T12:00:00.000Z',
  lastActiveAt: null,
  lastCheckpointAt: null,
  ...parts,
});
const page = (...tenants: Tenant[]): TenantPage => ({ tenants, total: tenants.length, counts: {}, groups: [] });
const told = (changed: Tenant) => ({ type: 'tenant' as const, tenant: changed });

describe('a page of tenants, live', () => {
  it('shows the newest of each row, and no row that it did not have', () => {
    const next = withTenantEvents(page(tenant('a'), tenant('b')), [
      told(tenant('b', { memoryBytes: 1 })),
      told(tenant('b', { memoryBytes: 2 })),
      told(tenant('c')),
    ]);
    expect(next.tenants.map(({ id, memoryBytes }) => [id, memoryBytes])).toEqual([
      ['a', null],
      ['b', 2],
    ]);
  });

  it('is the same as before when the news is about others', () => {
    const before = page(tenant('a'));
    expect(withTenantEvents(before, [told(tenant('z')), { type: 'gone', tenantId: 'y' }])).toBe(before);
  });

  it('is not asked for again when a row only reports its memory', () => {
    expect(needsReload(page(tenant('a')), [told(tenant('a', { memoryBytes: 5, cpuPercent: 3 }))])).toBe(false);
  });

  it('is asked for again when counts, order or rows may have changed', () => {
    const before = page(tenant('a'));
    for (const event of [
      told(tenant('a', { state: 'running' })),
      told(tenant('a', { tags: { team: 'x' } })),
      told(tenant('new')),
      { type: 'gone', tenantId: 'elsewhere' } as const,
    ]) {
      expect(needsReload(before, [event]), JSON.stringify(event)).toBe(true);
    }
  });
});

describe('the tags to choose from', () => {
  it('are those of the rows, the most frequent first', () => {
    expect(
      knownTags([tenant('a', { tags: { env: 'prod', team: 'x' } }), tenant('b', { tags: { team: 'x' } }), tenant('c')]),
    ).toEqual(['team:x', 'env:prod']);
  });
});
