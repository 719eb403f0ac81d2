import type { Tenant } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { countStates, pageOf, selectTenants, type TenantView, withTenantEvents } from './tenant-list.ts';

const tenant = (id: string, parts: Partial<Tenant> = {}): Tenant => ({
  id,
  name: `agent-${id}`,
  owner: { employeeId: id, name: 'Carol Zhang', position: 'Finance Analyst', department: 'Finance' },
  tier: 'standard',
  driver: 'sandbox',
  image: 'openclaw-2026.6.35',
  state: 'hibernated',
  stateSince: '2026-03-10T12:00:00.000Z',
  reason: null,
  hint: null,
  memoryBytes: null,
  memoryLimitBytes: 2 ** 30,
  cpus: 1,
  lastActiveAt: null,
  ...parts,
});
const view: TenantView = { search: '', state: 'all', sort: 'name', descending: false };
const ids = (tenants: Tenant[]) => tenants.map(({ id }) => id);

describe('the tenants, live', () => {
  it('are those of the last snapshot, with every change since', () => {
    const first = withTenantEvents(new Map(), [{ type: 'snapshot', tenants: [tenant('a'), tenant('b')] }]);
    const second = withTenantEvents(first, [
      { type: 'tenant', tenant: tenant('b', { state: 'running' }) },
      { type: 'tenant', tenant: tenant('c') },
    ]);
    expect([...second.values()].map(({ id, state }) => [id, state])).toEqual([
      ['a', 'hibernated'],
      ['b', 'running'],
      ['c', 'hibernated'],
    ]);
    const reconnected = withTenantEvents(second, [{ type: 'snapshot', tenants: [tenant('c')] }]);
    expect([...reconnected.keys()]).toEqual(['c']);
    expect([...first.values()].map(({ state }) => state)).toEqual(['hibernated', 'hibernated']);
  });

  it('are counted by state, states without any included', () => {
    expect(countStates([tenant('a'), tenant('b', { state: 'failed' })])).toEqual({
      hibernated: 1,
      creating: 0,
      running: 0,
      stopping: 0,
      failed: 1,
    });
  });
});

describe('the selection', () => {
  it('finds every word anywhere in the row', () => {
    const ryan = tenant('r', {
      owner: { employeeId: 'r', name: 'Ryan Park', position: 'Software Engineer', department: 'Backend Team' },
    });
    const all = [tenant('c'), ryan];
    expect(ids(selectTenants(all, { ...view, search: ' BACKEND  ryan ' }, 'en'))).toEqual(['r']);
    expect(ids(selectTenants(all, { ...view, search: 'ryan finance' }, 'en'))).toEqual([]);
  });

  it('holds only the wanted state', () => {
    const all = [tenant('a'), tenant('b', { state: 'failed' })];
    expect(ids(selectTenants(all, { ...view, state: 'failed' }, 'en'))).toEqual(['b']);
  });

  it('counts numbers in names as numbers', () => {
    const all = ['agent-10', 'agent-9', 'Agent-1'].map((name) => tenant(name, { name }));
    expect(ids(selectTenants(all, view, 'en'))).toEqual(['Agent-1', 'agent-9', 'agent-10']);
  });

  it('puts what needs attention first when sorted by state', () => {
    const all = (['hibernated', 'running', 'failed'] as const).map((state) => tenant(state, { state }));
    expect(ids(selectTenants(all, { ...view, sort: 'state' }, 'en'))).toEqual(['failed', 'running', 'hibernated']);
  });

  it('counts a tenant that does not run as using the least memory, and one never used as the longest ago', () => {
    const all = [
      tenant('a', { memoryBytes: 5, lastActiveAt: '2026-03-10T12:00:00.000Z' }),
      tenant('b'),
      tenant('c', { memoryBytes: 9, lastActiveAt: '2026-03-09T12:00:00.000Z' }),
    ];
    expect(ids(selectTenants(all, { ...view, sort: 'memory', descending: true }, 'en'))).toEqual(['c', 'a', 'b']);
    expect(ids(selectTenants(all, { ...view, sort: 'lastActive' }, 'en'))).toEqual(['b', 'c', 'a']);
  });
});

describe('a page of rows', () => {
  const rows = Array.from({ length: 120 }, (_, index) => index);

  it('shows fifty', () => {
    expect(pageOf(rows, 1)).toMatchObject({ page: 1, pages: 3, from: 51, to: 100 });
    expect(pageOf(rows, 2).rows).toHaveLength(20);
  });

  it('becomes the last one when there are fewer rows than before', () => {
    expect(pageOf(rows.slice(0, 60), 2)).toMatchObject({ page: 1, from: 51, to: 60 });
    expect(pageOf([], 2)).toMatchObject({ page: 0, pages: 1, from: 0, to: 0 });
  });
});
