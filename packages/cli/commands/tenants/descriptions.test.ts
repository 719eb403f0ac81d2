import type { Operation, Tenant } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { describeTenants } from './list.ts';
import { describeOperations, describeTenant } from './show.ts';

const now = Date.parse('2026-01-01T00:01:00.000Z');

const tenant: Tenant = {
  id: 'carol',
  name: 'agent-carol',
  owner: { employeeId: 'carol', name: 'Carol Zhang', position: 'Finance Analyst', department: 'Finance' },
  group: null,
  tags: {},
  tier: 'standard',
  driver: 'sandbox',
  image: 'openclaw-2026.6.35',
  configTemplate: null,
  host: 'local',
  state: 'running',
  stateSince: '2026-01-01T00:00:30.000Z',
  reason: null,
  hint: null,
  operation: null,
  health: 'up',
  gateway: 'ready',
  address: 'unix:/run/in.sock',
  port: 18_789,
  memoryBytes: 300 * 1024 ** 2,
  memoryLimitBytes: 1024 ** 3,
  cpus: 1,
  cpuPercent: 12,
  diskBytes: null,
  diskLimitBytes: 1024 ** 3,
  alwaysOn: false,
  expiresAt: null,
  onExpiry: 'stop',
  timetable: null,
  skills: [],
  skillGroups: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  lastActiveAt: null,
  lastCheckpointAt: null,
};

describe('tenants', () => {
  it('are a line each, with the reason and the hint of one that failed', () => {
    const failed: Tenant = {
      ...tenant,
      id: 'ryan',
      name: 'agent-ryan',
      state: 'failed',
      reason: 'storage_full',
      hint: 'Free space.',
      memoryBytes: null,
    };
    const [header, first, second, hint] = describeTenants([tenant, failed], now).split('\n');
    expect(header).toMatch(/^TENANT +OWNER +DEPARTMENT +TIER +STATE +SINCE +MEMORY +ID$/);
    expect(first).toMatch(/^agent-carol +Carol Zhang +Finance +standard +running +30.0 s +300 MiB of 1.0 GiB +carol$/);
    expect(second).toContain('failed (storage_full)');
    expect(hint).toBe('agent-ryan: Free space.');
  });

  it('say what is being done to them, and do without an owner', () => {
    const operation = { id: 'o', kind: 'stop', phase: 'backing_up', deadlineAt: '2026-01-01T00:02:00.000Z' };
    const text = describeTenants([{ ...tenant, owner: null, operation }], now);
    expect(text).toMatch(/agent-carol +- +- +standard +running, stop: backing_up/);
  });

  it('cannot steer the terminal with their names', () => {
    expect(describeTenants([{ ...tenant, name: '\u001b[2Jevil' }], now)).not.toContain('\u001b');
  });

  it('are shown in full, without what they do not have', () => {
    const text = describeTenant({ ...tenant, tags: { team: 'blue' }, timetable: hours }, now);
    expect(text).toContain('runtime up, gateway ready');
    expect(text).toContain('team:blue');
    expect(text).toContain('09:00-18:00 mon,fri Europe/Berlin');
    expect(text).toContain('1 cores, 12 % of one in use');
    expect(text).not.toMatch(/Expires|Template|Skills|null|undefined/);
  });
});

const hours = { start: '09:00', stop: '18:00', days: ['mon' as const, 'fri' as const], timezone: 'Europe/Berlin' };

describe('operations', () => {
  it('are a line each, with what they failed of and how long they took', () => {
    const operation: Operation = {
      id: 'op1',
      tenantId: 'carol',
      tenantName: 'agent-carol',
      kind: 'start',
      state: 'failed',
      phase: 'finished',
      reason: 'start_timeout',
      message: 'It did not answer.',
      hint: null,
      requestedBy: 'The Operator',
      batchId: null,
      result: null,
      createdAt: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-01-01T00:00:01.000Z',
      finishedAt: '2026-01-01T00:00:31.000Z',
      deadlineAt: '2026-01-01T00:02:00.000Z',
    };
    expect(describeOperations([operation]).split('\n')[1]).toMatch(
      /start +failed \(start_timeout\) +finished +30.0 s +The Operator +op1$/,
    );
  });
});
