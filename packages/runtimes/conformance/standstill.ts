import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { TestPool, TestTenant } from './pool.ts';
import { hostProcesses, uniqueMarker } from './pool.ts';

export function describeStandstill(pool: () => TestPool): void {
  describe('pause', () => {
    it('stands still while paused, and goes on after as many resumes as pauses', async () => {
      const tenant = await pool().tenant();
      const runtime = await tenant.start(['/bin/sh', '-c', writer('lines')]);
      await grows(tenant, 'lines');

      await Promise.all([runtime.pause(), runtime.pause()]);
      await runtime.pause();
      await staysAsItIs(tenant, 'lines');
      expect((await runtime.usage())?.processes, 'it can be measured').toBeGreaterThan(0);
      await runtime.resume();
      await runtime.resume();
      await staysAsItIs(tenant, 'lines');
      await runtime.resume();
      await grows(tenant, 'lines');

      await runtime.resume(); // one too many counts for nothing
      await runtime.pause();
      await staysAsItIs(tenant, 'lines');
      await runtime.stop(0);
    });

    it('holds processes that are always starting others, and lets all of them go on', async () => {
      const tenant = await pool().tenant({ pids: 60 });
      const busy = ['a', 'b', 'c', 'd'].map((name) => `(while :; do (echo x >>${name}; true) & wait; done) &`);
      const runtime = await tenant.start(['/bin/sh', '-c', `${busy.join(' ')} ${writer('lines')}`]);
      const files = ['a', 'b', 'c', 'd', 'lines'];
      for (let round = 0; round < 5; round += 1) {
        for (const file of files) await grows(tenant, file);
        await runtime.pause();
        const before = await Promise.all(files.map((file) => sizeOf(tenant, file)));
        await sleep(50);
        expect(await Promise.all(files.map((file) => sizeOf(tenant, file)))).toEqual(before);
        await runtime.resume();
      }
      await runtime.stop(0);
    });

    it('leaves stopped what the tenant itself had stopped', async () => {
      const tenant = await pool().tenant();
      const script = `(${writer('stopped')}) & child=$!; while [ ! -s stopped ]; do sleep 0.01; done; kill -STOP $child; ${writer('lines')}`;
      const runtime = await tenant.start(['/bin/sh', '-c', script]);
      await grows(tenant, 'lines');
      await runtime.pause();
      await runtime.resume();
      await grows(tenant, 'lines');
      await staysAsItIs(tenant, 'stopped');
      await runtime.stop(0);
    });

    it('ends in order when it is stopped while paused', async () => {
      const tenant = await pool().tenant();
      const script = 'trap "echo in order; exit 7" TERM; echo up; while :; do sleep 0.02; done';
      const runtime = await tenant.start(['/bin/sh', '-c', script]);
      await vi.waitFor(async () => expect(await tenant.output()).toContain('up'), { timeout: 20_000 });
      await runtime.pause();
      await runtime.pause();
      expect(await runtime.stop(30_000)).toMatchObject({ code: 7 });
      expect(await tenant.output()).toContain('in order');
      await runtime.pause(); // gone is as still as can be
      await runtime.resume();
    });

    it('ends at once when it is killed while paused, and nothing of it is left', async () => {
      const tenant = await pool().tenant();
      const marker = uniqueMarker();
      const script = `trap "" TERM; sh -c 'while :; do sleep 0.05; done' ${marker} & while :; do sleep 0.05; done`;
      const runtime = await tenant.start(['/bin/sh', '-c', script, marker]);
      await vi.waitFor(async () => expect((await hostProcesses(marker)).length).toBeGreaterThan(1), {
        timeout: 20_000,
      });
      await runtime.pause();
      const stopped = runtime.stop(0);
      await runtime.pause(); // asked for while it ends: there is nothing to wait for but its end
      expect(await stopped).toMatchObject({ code: null });
      expect(await hostProcesses(marker)).toEqual([]);
      expect((await tenant.shell('echo again')).output).toContain('again');
    });

    it('is found and ended by a sweep when the control process that paused it is gone', async () => {
      const tenant = await pool().tenant();
      const marker = uniqueMarker();
      const runtime = await tenant.start(['/bin/sh', '-c', writer('lines'), marker]);
      await grows(tenant, 'lines');
      await runtime.pause();
      const later = pool().anotherDriver(pool().stateFolder);
      expect(await later.sweep()).toBe(1);
      expect(await hostProcesses(marker)).toEqual([]);
      expect(await runtime.exited).toMatchObject({ signal: 'SIGKILL' });
    });
  });
}

/** A shell loop that appends a line about every ten milliseconds. */
const writer = (file: string): string => `while :; do echo x >>${file}; sleep 0.01; done`;

async function sizeOf(tenant: TestTenant, file: string): Promise<number> {
  return (await readFile(join(tenant.spec.folder, file), 'utf8').catch(() => '')).length;
}

async function grows(tenant: TestTenant, file: string): Promise<void> {
  const before = await sizeOf(tenant, file);
  await vi.waitFor(async () => expect(await sizeOf(tenant, file)).toBeGreaterThan(before), { timeout: 20_000 });
}

async function staysAsItIs(tenant: TestTenant, file: string): Promise<void> {
  const before = await sizeOf(tenant, file);
  await sleep(200);
  expect(await sizeOf(tenant, file)).toBe(before);
}
