import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeLimits } from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import type { Controller } from './hierarchy.ts';

type Version = 'v1' | 'v2';

/** Periods in which the kernel hands out CPU time, in microseconds; its own default. */
const cpuPeriod = 100_000;

/**
 * Writes what one controller is to enforce in a cgroup, whether it is new or has processes in it already. `boundaryProcesses` are not
 * the tenant's to pay for: as many are added to its limit.
 *
 * @throws ClawpoolError `conflict` when the cgroup uses more memory than it is to have, and cannot give it back; nothing is changed
 */
export async function applyLimit(
  version: Version,
  folder: string,
  controller: Controller,
  limits: RuntimeLimits,
  boundaryProcesses: number,
): Promise<void> {
  const quota = Math.max(1000, Math.round(limits.cpus * cpuPeriod));
  const set = (file: string, value: string) => writeFile(join(folder, file), value);
  if (controller === 'pids') return set('pids.max', String(limits.pids + boundaryProcesses));
  if (controller === 'memory') return limitMemory(version, folder, Math.floor(limits.memoryBytes));
  if (controller === 'cpu' && version === 'v1') {
    await set('cpu.cfs_period_us', String(cpuPeriod));
    return set('cpu.cfs_quota_us', String(quota));
  }
  if (controller === 'cpu') return set('cpu.max', `${quota} ${cpuPeriod}`);
}

async function limitMemory(version: Version, folder: string, bytes: number): Promise<void> {
  return version === 'v1' ? limitMemoryV1(folder, bytes) : limitMemoryV2(folder, bytes);
}

/** Memory and swap together may never be limited below memory alone, so which of the two comes first depends on the direction. */
async function limitMemoryV1(folder: string, bytes: number): Promise<void> {
  const together = () => writeFile(join(folder, 'memory.memsw.limit_in_bytes'), String(bytes)).catch(ignoreMissing); // no swap beyond the limit
  const raised = bytes > (await numberIn(folder, 'memory.limit_in_bytes'));
  if (raised) await together();
  try {
    await writeFile(join(folder, 'memory.limit_in_bytes'), String(bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    throw inUse(await numberIn(folder, 'memory.usage_in_bytes'), bytes);
  }
  if (!raised) await together();
}

/**
 * Version 2 accepts any limit and ends processes until the rest fits. So what can be given back is given back first, by way of the
 * limit above which the kernel reclaims, and what is still too much is refused.
 */
async function limitMemoryV2(folder: string, bytes: number): Promise<void> {
  if ((await numberIn(folder, 'memory.current')) > bytes) {
    await writeFile(join(folder, 'memory.high'), String(bytes));
    const left = await numberIn(folder, 'memory.current');
    await writeFile(join(folder, 'memory.high'), 'max');
    if (left > bytes) throw inUse(left, bytes);
  }
  await writeFile(join(folder, 'memory.max'), String(bytes));
  await writeFile(join(folder, 'memory.swap.max'), '0').catch(ignoreMissing);
  await writeFile(join(folder, 'memory.oom.group'), '1').catch(ignoreMissing);
}

function inUse(usedBytes: number, wantedBytes: number): ClawpoolError {
  const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
  return new ClawpoolError(
    'conflict',
    `The agent uses ${megabytes(usedBytes)} MB of memory now and cannot be limited to ${megabytes(wantedBytes)} MB while it runs.`,
    'Stop the agent first, or choose a higher limit.',
  );
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  // EACCES: creating a file that the kernel does not offer in this folder
  if (error.code !== 'ENOENT' && error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
}

/** 0 where the file is missing. */
async function numberIn(folder: string, file: string): Promise<number> {
  return Number(await readFile(join(folder, file), 'utf8').catch(() => '0'));
}
