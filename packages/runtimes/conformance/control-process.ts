import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { DriverUnderProof, TestPool, TestTenant } from './pool.ts';
import { hostProcesses, uniqueMarker } from './pool.ts';

export function describeControlProcess(pool: () => TestPool, subject: DriverUnderProof): void {
  describe('the end of the control process', () => {
    it('leaves nothing running, at the latest after the next sweep', async () => {
      const tenant = await pool().tenant();
      const marker = uniqueMarker();
      const loop = 'while :; do sleep 0.1; done';
      const script = `trap "" TERM HUP; (setsid sh -c '${loop}' ${marker}) & ${loop}`;
      const control = await startControlProcess(subject, pool(), tenant, ['/bin/sh', '-c', script, marker]);
      await vi.waitFor(async () => expect((await hostProcesses(marker)).length).toBeGreaterThan(2), {
        timeout: 20_000,
      });
      control.kill('SIGKILL');
      await once(control, 'exit');
      if (subject.isolates) {
        await vi.waitFor(async () => expect(await hostProcesses(marker)).toEqual([]), { timeout: 20_000 });
      }
      await pool().driver.sweep();
      expect(await hostProcesses(marker)).toEqual([]);
      expect((await tenant.shell('echo again')).output).toContain('again');
    });

    it('leaves the tenant no descriptor that the control process inherited itself', async () => {
      const tenant = await pool().tenant();
      const open = await openOutside(pool());
      const script = 'ls -l /proc/self/fd | sed -n "s/.* -> //p"; cat /proc/self/fd/*/secret; echo end';
      const control = await startControlProcess(subject, pool(), tenant, ['/bin/sh', '-c', script], open.fd);
      await vi.waitFor(async () => expect(await tenant.output()).toContain('end\n'), { timeout: 20_000 });
      expect(await tenant.output()).not.toContain('outside');
      control.kill('SIGKILL');
      await once(control, 'exit');
      await open.close();
    });
  });
}

/** A folder outside every tenant's boundary, opened: with its descriptor a tenant could leave. */
async function openOutside(pool: TestPool) {
  const folder = join(pool.folder, 'outside');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'secret'), 'outside', { mode: 0o644 });
  return await open(folder);
}

/** Starts the tenant's runtime from a control process of its own, and resolves when the runtime exists. */
async function startControlProcess(
  subject: DriverUnderProof,
  pool: TestPool,
  tenant: TestTenant,
  argv: readonly string[],
  inherited?: number,
) {
  const options = { ...subject, stateFolder: pool.stateFolder, spec: tenant.spec, argv, logFile: tenant.logFile };
  const control = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit', ...(inherited === undefined ? [] : highDescriptor(inherited))],
  });
  await once(control.stdout as NodeJS.ReadableStream, 'data');
  return control;
}

/** Node closes the first descriptors it inherits at exec by itself; those beyond a gap it does not find. */
function highDescriptor(descriptor: number): ('ignore' | number)[] {
  return [...Array.from({ length: 37 }, () => 'ignore' as const), descriptor];
}

const program = fileURLToPath(new URL('./control-process-program.ts', import.meta.url));
