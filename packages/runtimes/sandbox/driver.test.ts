import { join } from 'node:path';
import { arch } from 'node:process';
import { describe, expect, it } from 'vitest';
import { createTestPool } from '../conformance/pool.ts';
import { describeDriver } from '../conformance/suite.ts';
import { createSandboxDriver } from './driver.ts';
import { syscallFilter } from './syscall-filter.ts';

describeDriver({
  module: new URL('./driver.ts', import.meta.url).href,
  factory: 'createSandboxDriver',
  isolates: true,
});

describe('the sandbox', () => {
  it('filters system calls on the processors it has a filter for, and says so on others', async () => {
    const pool = await createTestPool(createSandboxDriver);
    const { output } = await (await pool.tenant()).shell('grep ^Seccomp: /proc/self/status');
    const filtered = syscallFilter(arch) !== undefined;
    expect(output).toBe(`Seccomp:\t${filtered ? 2 : 0}\n`);
    const probe = await pool.driver.probe();
    expect(probe.usable && probe.notes.some((note) => note.startsWith('System calls are not filtered'))).toBe(
      !filtered,
    );
    await pool.close();
  });

  it('says what the boundary lacks when it does not come to stand', async () => {
    const pool = await createTestPool(createSandboxDriver);
    const { spec, logFile } = await pool.tenant();
    const incomplete = { ...spec, readOnly: { [join(pool.folder, 'none')]: 'none' } };
    const place = await pool.driver.prepare(incomplete);
    const command = { argv: ['/bin/true'] as const, env: {}, cwd: place.folder, logFile };
    await expect(pool.driver.start(incomplete, place, command)).rejects.toMatchObject({
      reason: 'driver_unavailable',
      message: expect.stringMatching(/bwrap: .*none/),
    });
    await pool.close();
  });
});
