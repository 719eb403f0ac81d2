import { link, lstat, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeStartError } from '@clawpool/contracts';
import { describe, expect, it, vi } from 'vitest';
import type { TestPool } from './pool.ts';
import { hostProcesses, uniqueMarker } from './pool.ts';

export function describeLifecycle(pool: () => TestPool): void {
  describe('lifecycle', () => {
    it('keeps what the tenant wrote to its folder, and runs again after an end', async () => {
      const tenant = await pool().tenant();
      expect((await tenant.shell(`echo kept >note && exit 3`)).exit).toEqual({
        code: 3,
        signal: null,
        outOfMemory: false,
      });
      expect(await readFile(join(tenant.spec.folder, 'note'), 'utf8')).toBe('kept\n');
      expect((await tenant.shell('cat note')).output).toBe('kept\n');
    });

    it('names the signal that ended the command', async () => {
      const tenant = await pool().tenant();
      expect((await tenant.shell('kill -USR1 $$')).exit).toMatchObject({ code: null, signal: 'SIGUSR1' });
    });

    it('starts with an empty temporary folder every time', async () => {
      const tenant = await pool().tenant();
      const look = `ls -A ${tenant.place.temporaryFolder}; echo left >${tenant.place.temporaryFolder}/left`;
      expect((await tenant.shell(look)).output).toBe('');
      expect((await tenant.shell(look)).output).toBe('');
    });

    it('shows the image and the read-only files at the places it told', async () => {
      const tenant = await pool().tenant();
      expect((await tenant.shell(`cat ${tenant.place.imageFolder}/version`)).output).toBe('image 1\n');
      expect((await tenant.node('console.log(40 + 2)')).output).toBe('42\n');
    });

    it('writes stdout and stderr to the log, readable by nobody else', async () => {
      const tenant = await pool().tenant();
      await tenant.shell('echo out; echo err >&2');
      expect((await tenant.output()).split('\n').sort()).toEqual(['', 'err', 'out']);
      expect((await stat(tenant.logFile)).mode & 0o077).toBe(0);
    });

    it('does not let a flood of output fill the disk', async () => {
      const tenant = await pool().tenant();
      await tenant.shell('head -c 14000000 /dev/zero; echo the end');
      const kept = (await stat(tenant.logFile)).size + (await stat(`${tenant.logFile}.1`)).size;
      expect(kept).toBeGreaterThan(1_000_000);
      expect(kept).toBeLessThanOrEqual(10_000_000);
      expect((await tenant.output()).slice(-8)).toBe('the end\n');
    });

    it('asks the command to end, and tells how it did', async () => {
      const tenant = await pool().tenant();
      const runtime = await tenant.start([
        '/bin/sh',
        '-c',
        'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done',
      ]);
      await vi.waitFor(async () => expect(await tenant.output()).toContain('up'), { timeout: 20_000 });
      expect(await runtime.stop(30_000)).toEqual({ code: 7, signal: null, outOfMemory: false });
      expect(await runtime.exited).toEqual({ code: 7, signal: null, outOfMemory: false });
    });

    it('ends everything at stop, grandchildren that ignore SIGTERM included', async () => {
      const tenant = await pool().tenant();
      const marker = uniqueMarker();
      const runtime = await tenant.start(['/bin/sh', '-c', stubborn(marker), marker]);
      // Each says so once it ignores the signal.
      await vi.waitFor(async () => expect((await tenant.output()).split('up')).toHaveLength(4), { timeout: 20_000 });
      expect(await runtime.stop(100)).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(await hostProcesses(marker)).toEqual([]);
      expect(await runtime.usage()).toBeNull();
    });

    it('tells what the runtime uses', async () => {
      const tenant = await pool().tenant();
      const runtime = await tenant.start(tenant.nodeCommand('console.log("up"); setInterval(() => {}, 1000)'));
      await vi.waitFor(async () => expect(await tenant.output()).toContain('up'), { timeout: 20_000 });
      const usage = await runtime.usage();
      expect(usage?.memoryBytes).toBeGreaterThan(5_000_000);
      expect(usage?.cpuSeconds).toBeGreaterThan(0);
      expect(usage?.processes).toBe(1);
      await runtime.stop(0);
    });

    it('refuses to run a tenant twice at a time', async () => {
      const tenant = await pool().tenant();
      const runtime = await tenant.start(['/bin/sh', '-c', 'sleep 1000']);
      await expect(tenant.start(['/bin/sh', '-c', ':'])).rejects.toThrow('has a runtime already');
      await runtime.stop(0);
    });

    it('says that the image is missing', async () => {
      const { spec, place, logFile } = await pool().tenant();
      const command = { argv: ['/bin/true'] as const, env: {}, cwd: place.folder, logFile };
      const started = pool().driver.start({ ...spec, imageFolder: join(pool().folder, 'none') }, place, command);
      await expect(started).rejects.toThrow(RuntimeStartError);
      await expect(started).rejects.toMatchObject({ reason: 'image_missing' });
    });

    it('refuses places that no runtime can have', async () => {
      const { spec } = await pool().tenant();
      const { driver } = pool();
      const invalid = { reason: 'configuration_invalid' };
      await expect(driver.prepare({ ...spec, socketFolder: `/${'s'.repeat(90)}` })).rejects.toMatchObject(invalid);
      await expect(driver.prepare({ ...spec, readOnly: { '/etc/hosts': '../hosts' } })).rejects.toMatchObject(invalid);
      await expect(driver.prepare({ ...spec, readOnly: { '/etc/hosts': 'sockets' } })).rejects.toMatchObject(invalid);
    });

    it('ends what an earlier control process left at the next start or sweep, and nothing of another installation', async () => {
      const tenant = await pool().tenant();
      const marker = uniqueMarker();
      const left = await tenant.start(['/bin/sh', '-c', stubborn(marker), marker]);
      await vi.waitFor(async () => expect((await hostProcesses(marker)).length).toBeGreaterThan(1), {
        timeout: 20_000,
      });
      const foreign = pool().anotherDriver(join(pool().folder, 'foreign'));
      expect(await foreign.sweep()).toBe(0);
      expect((await hostProcesses(marker)).length).toBeGreaterThan(1);
      const later = pool().anotherDriver(pool().stateFolder);
      expect(await later.sweep()).toBe(1);
      expect(await hostProcesses(marker)).toEqual([]);
      expect(await left.exited).toMatchObject({ signal: 'SIGKILL' });
      expect(await later.sweep()).toBe(0);
    });

    it('follows no link that a tenant planted in its folder', async () => {
      const tenant = await pool().tenant();
      const victim = join(pool().folder, 'victim');
      await writeFile(victim, 'of the host');
      const before = await stat(victim);
      await tenant.shell(`ln -s ${victim} symbolic; ln -s ${pool().folder} folder; mkdir -p a/b; ln -s ../.. a/b/up`);
      await link(victim, join(tenant.spec.folder, 'second-name'));
      await writeFile(join(tenant.spec.folder, 'from-host'), 'written by the host agent');
      const { exit } = await tenant.shell('echo changed >>from-host && echo new >a/b/new');
      expect(exit.code).toBe(0);
      const after = await stat(victim);
      expect([after.uid, after.gid, after.mode]).toEqual([before.uid, before.gid, before.mode]);
      expect((await lstat(pool().folder)).uid).toBe(before.uid);
    });
  });
}

/** A command with a child and a grandchild, all of which ignore SIGTERM and carry the marker in their command line. */
function stubborn(marker: string): string {
  const loop = `trap "" TERM; echo up; while :; do sleep 0.1; done`;
  return `sh -c 'sh -c "${loop.replaceAll('"', '\\"')}" ${marker} & ${loop}' ${marker} & ${loop}`;
}
