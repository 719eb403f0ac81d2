import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
      expect(Number(output.replace('used ', ''))).toBeLessThan(0.6);
    });

    it('gives a running runtime the memory it is raised to, and takes what it is lowered to', async () => {
      await requireLimit(pool(), 'memory');
      const megabytes = (count: number) => ({ memoryBytes: count * 1024 * 1024, pids: 100, cpus: 2 });
      const tenant = await pool().tenant(megabytes(128));
      const runtime = await tenant.start(tenant.nodeCommand(takeOnRequest));
      await vi.waitFor(async () => expect(await tenant.output()).toContain('up'), { timeout: 20_000 });

      await runtime.setLimits(megabytes(512));
      await writeFile(join(tenant.spec.folder, 'take'), '200');
      await vi.waitFor(async () => expect(await tenant.output()).toContain('has 200'), { timeout: 20_000 });

      await expect(runtime.setLimits(megabytes(128))).rejects.toMatchObject({ code: 'conflict' });
      expect((await runtime.usage())?.processes, 'a limit it does not fit in is refused, not enforced').toBe(1);
      await writeFile(join(tenant.spec.folder, 'take'), '300');
      await vi.waitFor(async () => expect(await tenant.output()).toContain('has 300'), { timeout: 20_000 });

      await runtime.setLimits(megabytes(400));
      await writeFile(join(tenant.spec.folder, 'take'), '450');
      expect(await runtime.exited).toMatchObject({ outOfMemory: true });
      await runtime.setLimits(megabytes(512)); // it is gone: nothing to change
    });

    it('lowers the number of processes and the CPU time of a running runtime', async () => {
      await requireLimit(pool(), 'pids');
      await requireLimit(pool(), 'cpu');
      const tenant = await pool().tenant({ pids: 400, cpus: 2 });
      const onRequest = `
        const { existsSync } = require('node:fs');
        const when = (file, run) => {
          const timer = setInterval(() => { if (existsSync(file)) { clearInterval(timer); run(); } }, 20);
        };
        console.log('up');
        when('burn', () => { ${burn} when('bomb', () => { ${bomb} }); });`;
      const runtime = await tenant.start(tenant.nodeCommand(onRequest));
      await vi.waitFor(async () => expect(await tenant.output()).toContain('up'), { timeout: 20_000 });

      await runtime.setLimits({ memoryBytes: 512 * 1024 * 1024, pids: 40, cpus: 0.25 });
      await writeFile(join(tenant.spec.folder, 'burn'), '');
      await vi.waitFor(async () => expect(await tenant.output()).toMatch(/used \d/u), { timeout: 30_000 });
      expect(Number(/used ([\d.]+)/u.exec(await tenant.output())?.[1])).toBeLessThan(0.6);

      await writeFile(join(tenant.spec.folder, 'bomb'), '');
      await vi.waitFor(async () => expect(await tenant.output()).toContain('refused'), { timeout: 30_000 });
      expect((await runtime.usage())?.processes).toBeLessThanOrEqual(40);
      await runtime.stop(0);
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

/** Takes as many megabytes as the file `take` says, and says how many it has. */
const takeOnRequest = `
  const { readFileSync } = require('node:fs');
  const held = [];
  console.log('up');
  setInterval(() => {
    let wanted = 0;
    try { wanted = Number(readFileSync('take', 'utf8')); } catch {}
    if (held.length === wanted) return;
    while (held.length < wanted) held.push(Buffer.alloc(1 << 20, 1));
    console.log('has ' + wanted);
  }, 20);
`;

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
  console.log('used', used() / ((performance.now() - startedAt) / 1000));
`;
