import type { Checkpoint, LoadTest } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { describeBackups } from './backups.ts';
import { describeLoadTest } from './load-test.ts';
import { describePool } from './pool.ts';

describe('the pool', () => {
  it('is shown with its room, its slots, its operations and what drifted', () => {
    const text = describePool({
      hosts: [
        {
          id: 'local',
          state: 'active',
          driver: 'sandbox',
          isolates: true,
          images: [],
          cpus: { total: 32, reserved: 1.5 },
          memoryMegabytes: { total: 20_000, reserved: 800 },
          diskMegabytes: { total: 1_000, free: 400 },
          tenants: 2,
          warmSlots: 1,
          lastSeenAt: '2026-01-01T00:00:00.000Z',
        },
      ],
      warmSlots: [
        {
          tier: 'standard',
          image: 'openclaw-2026.6.35',
          ready: 1,
          booting: 1,
          target: 2,
          demandPerMinute: 0.5,
          minimum: 0,
          maximum: 4,
          claims: 3,
          misses: 1,
        },
      ],
      drifts: [
        {
          id: '1',
          kind: 'ghost_runtime',
          tenantId: 'carol',
          host: 'local',
          detail: 'Nobody knew of it.',
          action: 'removed',
          at: '2026-01-01T00:00:00.000Z',
        },
      ],
      reconciledAt: null,
      operations: { queued: 1, running: 2, failedLastHour: 3 },
    });
    expect(text).toMatch(
      /local +active +sandbox +1.5 of 32 cores +800 of 20000 MiB +400 of 1000 MiB free +2 \+ 1 warm/,
    );
    expect(text).toMatch(/standard +openclaw-2026.6.35 +1 of 2, 1 booting +0 to 4 +0.50 +3 claimed, 1 missed/);
    expect(text).toContain('Operations: 2 running, 1 waiting, 3 failed in the last hour');
    expect(text).toContain('Reconciled: not yet');
    expect(text).toMatch(/ghost_runtime +carol +local +removed +Nobody knew of it\./);
  });
});

describe('backups', () => {
  const checkpoint: Checkpoint = {
    id: 'c1',
    tenantId: 'carol',
    tenantName: 'agent-carol',
    orphan: true,
    cause: 'before_delete',
    backup: true,
    pinned: false,
    note: 'the last one',
    image: 'openclaw-2026.6.35',
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: null,
    files: 3,
    bytes: 2 * 1024 ** 2,
    storedBytes: 100,
    skipped: 0,
    tookMs: 5,
    root: 'a'.repeat(64),
  };

  it('are a line each, and say whose tenant is gone', () => {
    expect(describeBackups([checkpoint]).split('\n')[1]).toMatch(
      /agent-carol \(carol\), deleted +before_delete +backup +3 files, 2 MiB +kept +c1 +the last one$/,
    );
  });

  it('cannot steer the terminal with their notes', () => {
    expect(describeBackups([{ ...checkpoint, note: '\u001b[2J' }])).not.toContain('\u001b');
  });
});

describe('a load test', () => {
  const test: LoadTest = {
    id: 'lt1',
    state: 'finished',
    count: 3,
    tier: 'standard',
    accepted: 3,
    running: 2,
    failed: 1,
    requestMs: { p50: 10.4, p99: 20, max: 20 },
    runningMs: null,
    times: { requestMs: [10.4, 20], runningMs: [] },
    allRunningMs: 4_000,
    failures: [{ tenant: 'lt-1-3', reason: 'capacity_unavailable', message: 'No host has room.' }],
    remaining: 3,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:10.000Z',
  };

  it('tells its times, what failed, and how to clean up', () => {
    const text = describeLoadTest(test);
    expect(text).toContain('2 of 3 running, 1 failed');
    expect(text).toContain('p50 10 ms, p99 20 ms, at most 20 ms');
    expect(text).toContain('after 4.0 s');
    expect(text).toContain('lt-1-3: capacity_unavailable. No host has room.');
    expect(text).toContain('clawpool load-test clean lt1');
  });
});
