import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { TestPool } from './pool.ts';
import { hostProcesses, uniqueMarker } from './pool.ts';

export function describeFiles(pool: () => TestPool): void {
  describe('files', () => {
    it('can write nowhere but to its own folder, its sockets and temporary files', async () => {
      const tenant = await pool().tenant();
      const places = ['/', '/etc', '/usr', '/usr/bin', '/bin', '/dev', '/run', '/run/clawpool', '/proc/sys/kernel'];
      const attempts = [...places, tenant.place.imageFolder].map(
        (place) => `echo x >${place}/attempt && echo wrote ${place}`,
      );
      expect((await tenant.shell(`exec 2>/dev/null; ${attempts.join('; ')}; true`)).output).toBe('');
      const [node] = tenant.nodeCommand('');
      expect((await tenant.shell(`(echo x >>${node}) 2>/dev/null && echo wrote`)).output).toBe('');
      const allowed = [tenant.place.folder, tenant.place.socketFolder, tenant.place.temporaryFolder, '/dev/shm'];
      const writes = allowed.map((place) => `echo x >${place}/file`).join(' && ');
      expect((await tenant.shell(writes)).exit.code).toBe(0);
    });

    it("cannot read another tenant's folder, the data folder or anything of the host but its programs", async () => {
      const marker = uniqueMarker();
      const other = await pool().tenant();
      const secrets = [join(pool().folder, marker), join(pool().stateFolder, marker), join(other.spec.folder, marker)];
      for (const file of secrets) await writeFile(file, 'secret', { mode: 0o644 });
      const tenant = await pool().tenant();
      const forbidden = [
        ...secrets,
        '/etc/shadow',
        '/etc/gshadow',
        '/etc/hostname',
        '/etc/machine-id',
        '/root',
        '/home',
      ];
      if (homedir() !== tenant.place.temporaryFolder) forbidden.push(homedir());
      forbidden.push(pool().folder, other.spec.folder, tenant.spec.folder, '/var', '/sys', '/boot', '/clawpool');
      const look = forbidden.map((path) => `(cat '${path}' || ls '${path}') 2>/dev/null && echo '${path} is there'`);
      expect((await tenant.shell(`${look.join('; ')}; true`)).output).toBe('');
      const search = `find / -path /usr -prune -o -path /proc -prune -o -name '${marker}' -print 2>/dev/null; true`;
      expect((await tenant.shell(search)).output).toBe('');
    });

    it('sees one account, its own', async () => {
      const tenant = await pool().tenant();
      expect((await tenant.shell('id -un; id -u; id -G; hostname')).output).toBe('agent\n1000\n1000\nagent\n');
    });

    it('has an environment that holds what it was given and its working folder', async () => {
      const tenant = await pool().tenant();
      const { output } = await tenant.node('console.log(JSON.stringify(process.env))', { GIVEN: 'value' });
      expect(JSON.parse(output)).toEqual({ PATH: '/usr/bin:/bin', GIVEN: 'value', PWD: tenant.place.folder });
    });

    it('hands its environment over where no other user of the host can see it', async () => {
      const tenant = await pool().tenant();
      const secret = uniqueMarker();
      const runtime = await tenant.start(['/bin/sh', '-c', 'echo up; sleep 1000'], { TOKEN: secret });
      await vi.waitFor(async () => expect(await tenant.output()).toContain('up'), { timeout: 20_000 });
      expect(await hostProcesses(secret)).toEqual([]);
      await runtime.stop(0);
    });
  });
}

export function describeProcesses(pool: () => TestPool): void {
  describe('processes and privileges', () => {
    it("cannot see the host's or other tenants' processes, nor their environment", async () => {
      const marker = uniqueMarker();
      const onHost = spawn('/bin/sh', ['-c', 'while :; do sleep 0.1; done', marker], { env: { SECRET: marker } });
      const other = await pool().tenant();
      const running = await other.start(['/bin/sh', '-c', 'while :; do sleep 0.1; done', marker], { SECRET: marker });
      await vi.waitFor(async () => expect((await hostProcesses(marker)).length).toBeGreaterThan(1), {
        timeout: 20_000,
      });
      const tenant = await pool().tenant();
      const pattern = marker.replace('clawpool', '[c]lawpool'); // does not match the command line that it stands in
      const look = `cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c '${pattern}'`;
      expect((await tenant.shell(look)).output).toBe('0\n');
      // Its own boundary's process, the shell, and what the shell runs.
      expect(Number((await tenant.shell('ls -d /proc/[0-9]* | wc -l')).output)).toBeLessThan(6);
      expect((await tenant.shell(`kill -0 ${onHost.pid} 2>/dev/null && echo found; true`)).output).toBe('');
      await running.stop(0);
      onHost.kill('SIGKILL');
    });

    it('has no capability and can gain none', async () => {
      const tenant = await pool().tenant();
      const { output } = await tenant.shell('grep -E "^(Cap|NoNewPrivs)" /proc/self/status');
      const values = output.split('\n').map((line) => line.split(/\s+/));
      for (const [name, value] of values) if (name?.startsWith('Cap')) expect(Number(value), name).toBe(0);
      expect(values).toContainEqual(['NoNewPrivs:', '1']);
    });

    it('cannot mount, make a new namespace or read the kernel log', async () => {
      const tenant = await pool().tenant();
      const attempts = ['mount -t tmpfs none /tmp', 'mount --bind /tenant /tmp', 'umount /proc', 'unshare --user true'];
      attempts.push('unshare --user --map-root-user true', 'unshare --mount true', 'unshare --net true', 'dmesg');
      const script = attempts.map((attempt) => `${attempt} >/dev/null 2>&1 && echo '${attempt}'`).join('; ');
      expect((await tenant.shell(`${script}; true`)).output).toBe('');
    });

    it('gives no power to a program that is set to run as its owner', async () => {
      const tenant = await pool().tenant();
      const script =
        'cp /usr/bin/id own-id && chmod 4755 own-id && ./own-id -u; (su -c id || sudo -n id) 2>/dev/null; true';
      expect((await tenant.shell(script)).output).toBe('1000\n');
    });

    it('runs as a host user of its own when the control process is root', async () => {
      const tenant = await pool().tenant();
      const marker = uniqueMarker();
      const runtime = await tenant.start(['/bin/sh', '-c', 'while :; do sleep 0.1; done', marker]);
      const asRoot = process.getuid?.() === 0;
      const expected = asRoot ? tenant.spec.uid : process.getuid?.();
      await vi.waitFor(async () => expect(await commandUsers(marker)).toContain(expected), { timeout: 20_000 });
      await runtime.stop(0);
    });
  });
}

/** Host users of the shells (not of the boundary's processes) that carry the marker. */
async function commandUsers(marker: string): Promise<number[]> {
  const users: number[] = [];
  for (const pid of await hostProcesses(marker)) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'sh') users.push((await stat(`/proc/${pid}`)).uid);
  }
  return users;
}
