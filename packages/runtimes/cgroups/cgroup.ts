import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeLimits, RuntimeUsage } from '@clawpool/contracts';
import { freezerOf } from '../standstill/freezer.ts';
import type { Standstill } from '../standstill/standstill.ts';
import type { Branch, Controller } from './hierarchy.ts';
import { ensureBranch } from './hierarchy.ts';
import { applyLimit } from './limits.ts';

/** The cgroups of one tenant's runtime: one folder in every branch. Without branches every method is an honest no-op. */
export interface Cgroup {
  /** Files to which a process writes its pid to join, before it runs anything of the tenant's. */
  readonly joinFiles: readonly string[];
  /** True when the kernel ends all processes together at the memory limit; otherwise it picks one, and we end the rest. */
  readonly endsTogether: boolean;
  /** Creates it with its limits. Whatever an earlier runtime of the tenant left in it is ended first. */
  create(limits: RuntimeLimits): Promise<void>;
  /** Changes the limits of one that exists. @throws ClawpoolError `conflict` when it uses more memory than that; nothing is changed then */
  setLimits(limits: RuntimeLimits): Promise<void>;
  /** Null where no cgroup can be frozen. */
  readonly freezer: Standstill | null;
  processes(): Promise<number[]>;
  /** Null where memory is not accounted. `processes` counts everything in it. */
  usage(): Promise<RuntimeUsage | null>;
  outOfMemory(): Promise<boolean>;
  /** Kills every process in it and waits until they are gone. Returns how many there were. */
  kill(): Promise<number>;
  /** Kills, then removes the folders. */
  remove(): Promise<number>;
}

/** Processes of the boundary itself are not the tenant's to pay for: as many are added to its limit. */
export function cgroupOf(branches: readonly Branch[], name: string, boundaryProcesses: number): Cgroup {
  const folders = branches.map((branch) => join(branch.folder, name));
  const folderOf = (controller: Controller) => {
    const index = branches.findIndex((branch) => branch.controllers.includes(controller));
    const branch = branches[index];
    const folder = folders[index];
    return branch && folder ? { folder, version: branch.version } : undefined;
  };
  const memory = folderOf('memory');
  const frozenIn = folderOf('freezer');
  const freezer = frozenIn ? freezerOf(frozenIn.folder, frozenIn.version) : null;

  async function create(limits: RuntimeLimits): Promise<void> {
    await remove();
    for (const [index, branch] of branches.entries()) {
      const folder = folders[index] as string;
      await ensureBranch(branch);
      await mkdir(folder);
      for (const controller of branch.controllers) {
        await applyLimit(branch.version, folder, controller, limits, boundaryProcesses);
      }
    }
  }

  async function setLimits(limits: RuntimeLimits): Promise<void> {
    // Memory first: the only one that may be refused.
    for (const controller of ['memory', 'pids', 'cpu'] as const) {
      const found = folderOf(controller);
      if (found) await applyLimit(found.version, found.folder, controller, limits, boundaryProcesses);
    }
  }

  async function processes(): Promise<number[]> {
    const pids = new Set<number>();
    for (const folder of folders) for (const pid of await numbers(join(folder, 'cgroup.procs'))) pids.add(pid);
    return [...pids];
  }

  async function usage(): Promise<RuntimeUsage | null> {
    if (!memory) return null;
    const [memoryBytes, cpu, pids] = await Promise.all([
      workingSet(memory.folder, memory.version),
      cpuSeconds(folderOf('cpu'), folderOf('cpuacct')),
      numbers(join(memory.folder, 'cgroup.procs')),
    ]);
    return { memoryBytes, cpuSeconds: cpu, processes: pids.length };
  }

  async function outOfMemory(): Promise<boolean> {
    if (!memory) return false;
    const file = memory.version === 'v1' ? 'memory.oom_control' : 'memory.events';
    return ((await counters(join(memory.folder, file))).get('oom_kill') ?? 0) > 0;
  }

  async function kill(): Promise<number> {
    const before = await processes();
    for (let round = 0, left = before; left.length > 0 && round < killRounds; round += 1) {
      for (const pid of left) endProcess(pid);
      await freezer?.thaw(); // a frozen process of version 1 ends only once it may run
      await sleep(Math.min(5 + round, 50));
      left = await processes();
    }
    return before.length;
  }

  async function remove(): Promise<number> {
    const ended = await kill();
    for (const folder of folders) await removeFolder(folder);
    return ended;
  }

  return {
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    endsTogether: memory?.version !== 'v1',
    create,
    setLimits,
    freezer,
    processes,
    usage,
    outOfMemory,
    kill,
    remove,
  };
}

/** About five seconds: longer only if a process hangs in the kernel; the next sweep finds it again. */
const killRounds = 130;

/** Memory that cannot be given back at once: what is charged, without the file cache nobody used lately. */
async function workingSet(folder: string, version: 'v1' | 'v2'): Promise<number> {
  const [[current], details] = await Promise.all([
    numbers(join(folder, version === 'v1' ? 'memory.usage_in_bytes' : 'memory.current')),
    counters(join(folder, 'memory.stat')),
  ]);
  const idleCache = details.get(version === 'v1' ? 'total_inactive_file' : 'inactive_file') ?? 0;
  return Math.max(0, (current ?? 0) - idleCache);
}

async function cpuSeconds(
  cpu: { folder: string; version: 'v1' | 'v2' } | undefined,
  accounting: { folder: string } | undefined,
): Promise<number> {
  if (cpu?.version === 'v2') return ((await counters(join(cpu.folder, 'cpu.stat'))).get('usage_usec') ?? 0) / 1e6;
  if (!accounting) return 0;
  const [nanoseconds] = await numbers(join(accounting.folder, 'cpuacct.usage'));
  return (nanoseconds ?? 0) / 1e9;
}

async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const error = await rmdir(folder).catch((reason: NodeJS.ErrnoException) => reason);
    if (error?.code !== 'EBUSY') return; // removed, or was not there
    await sleep(25); // the kernel still puts away the last process
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}

async function numbers(file: string): Promise<number[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
}

async function counters(file: string): Promise<Map<string, number>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, value] = line.split(' ');
      return name && value ? [[name, Number(value)] as const] : [];
    }),
  );
}
