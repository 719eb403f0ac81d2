import { describe, expect, it, vi } from 'vitest';
import type { TestPool } from './pool.ts';

export function describeLimits(pool: () => TestPool): void {
  describe('limits', () => {
    it('ends a runtime at its memory limit while its neighbour keeps running', async () => {
      await requireLimit(pool(), 'memory');
      const neighbour = await pool().tenant();
      const running = await neighbour.start(['/bin/sh', '-c', 'while :; do sleep 0.1; done']);
      const hog = await pool().tenant({ memoryBytes: 128 * 1024 * 1024 });
      expect((await hog.node(takeMemory)).exit).toMatchObject({ outOfMemory: true });
      expect((await running.usage())?.processes).toBeGreaterThan(0);
      await running.stop(0);
    });

    it('ends the whole runtime when a child of the command reaches the limit', async () => {
      await requireLimit(pool(), 'memory');
      const tenant = await pool().tenant({ memoryBytes: 128 * 1024 * 1024 });
      const [node] = tenant.nodeCommand('');
      const script = `'${node}' -e '${takeMemory}' & wait; echo survived; sleep 1000`;
      const runtime = await tenant.start(['/bin/sh', '-c', script]);
      expect(await runtime.exited).toMatchObject({ code: null, signal: 'SIGKILL', outOfMemory: true });
    });

    it('does not call another end out of memory', async () => {
      const tenant = await pool().tenant();
      expect((await tenant.shell('kill -KILL $$')).exit).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false });
    });

    it('stops a fork bomb at the limit of processes', async () => {
      await requireLimit(pool(), 'pids');
      const tenant = await pool().tenant({ pids: 40 });
      const runtime = await tenant.start(tenant.nodeCommand(bomb));
      await vi.waitFor(async () => expect(await tenant.output()).toContain('refused'), { timeout: 30_000 });
      expect((await runtime.usage())?.processes).toBeLessThanOrEqual(40);
      expect(await runtime.stop(0)).toMatchObject({ signal: expect.stringMatching(/SIG(TERM|KILL)/) });
    });

    it('slows a runtime down at its limit of CPU time', async () => {
      await requireLimit(pool(), 'cpu');
      const tenant = await pool().tenant({ cpus: 0.25 });
      // CPU time that it got per second that passed: over the limit only by what one period lets through at once.
      const { output } = await tenant.node(burn);
      expect(Number(output)).toBeLessThan(0.6);
    });
  });
}

async function requireLimit(pool: TestPool, limit: 'memory' | 'pids' | 'cpu'): Promise<void> {
  const probe = await pool.driver.probe();
  if (!probe.usable) throw new Error(`${probe.reason}. ${probe.hint}`);
  const message = `No cgroup of this machine is writable for ${limit}: ${probe.notes.join(' ')}`;
  expect(probe.limits[limit], message).not.toBe('none');
}

const takeMemory = 'const held = []; for (;;) held.push(Buffer.alloc(4 << 20, 1));';

const bomb = `
  const { spawn } = require('node:child_process');
  for (let i = 0; i < 100; i += 1) {
    try {
      spawn('/bin/sh', ['-c', 'sleep 1000 & sleep 1000 & wait']).on('error', () => console.log('refused'));
    } catch {
      console.log('refused');
    }
  }
  setInterval(() => {}, 1000);
`;

const burn = `
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const used = () => { const { user, system } = process.cpuUsage(before); return (user + system) / 1e6; };
  let rounds = 0;
  while (used() < 0.5) rounds += 1;
  console.log(used() / ((performance.now() - startedAt) / 1000));
`;
