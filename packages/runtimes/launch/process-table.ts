import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeUsage } from '@clawpool/contracts';

export interface ProcessEntry {
  pid: number;
  parent: number;
  /** Process group. */
  group: number;
  /** Clock ticks since boot: with the pid, names a process apart from a later one that got the same pid. */
  startTicks: number;
  cpuTicks: number;
  residentPages: number;
  zombie: boolean;
  /** Stopped by a signal or by whoever traces it: it runs nothing until it is continued. */
  stopped: boolean;
}

/** Every process this process can see. One that ends while we read is left out. */
export async function readProcessTable(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map(readProcess));
  return entries.filter((entry) => entry !== undefined);
}

/**
 * The table as it was within the last second. For measuring: on a machine without cgroups all runtimes are measured with one reading,
 * however many ask at once.
 */
export function recentProcessTable(): Promise<ProcessEntry[]> {
  const now = performance.now();
  if (recent && now - recent.readAt < 1000) return recent.table;
  recent = { readAt: now, table: readProcessTable() };
  return recent.table;
}

let recent: { readAt: number; table: Promise<ProcessEntry[]> } | undefined;

/** Reads `/proc/<pid>/stat` (format: proc_pid_stat(5)). */
export async function readProcess(pid: number): Promise<ProcessEntry | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name in parentheses may hold anything
  const field = (number: number) => Number(fields[number - 3]); // the format counts from 1, and two fields come before
  if (fields.length < 22) return undefined;
  return {
    pid,
    parent: field(4),
    group: field(5),
    startTicks: field(22),
    cpuTicks: field(14) + field(15),
    residentPages: field(24),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    stopped: fields[0] === 'T' || fields[0] === 't',
  };
}

/**
 * The process `depth` generations below `root`, going down through each one's first child: how a command is found below the
 * processes of its boundary. Orphans that were handed to one of these are younger than its own child.
 */
export function descendant(table: readonly ProcessEntry[], root: number, depth: number): number | undefined {
  if (depth === 0) return root;
  const [first] = table
    .filter((entry) => entry.parent === root)
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
  return first && descendant(table, first.pid, depth - 1);
}

/** What a process and all below it use, for machines without cgroups. Undefined once it is gone. */
export function treeUsage(table: readonly ProcessEntry[], root: number): RuntimeUsage | undefined {
  const family = withDescendants(table, root).filter((entry) => !entry.zombie);
  if (family.length === 0) return undefined;
  const sum = (of: (entry: ProcessEntry) => number) => family.reduce((total, entry) => total + of(entry), 0);
  return {
    memoryBytes: sum((entry) => entry.residentPages) * pageBytes,
    cpuSeconds: sum((entry) => entry.cpuTicks) / ticksPerSecond,
    processes: family.length,
  };
}

/** A process and everything below it, itself first. */
export function withDescendants(table: readonly ProcessEntry[], root: number): ProcessEntry[] {
  const self = table.find((entry) => entry.pid === root);
  if (!self) return [];
  const children = table.filter((entry) => entry.parent === root);
  return [self, ...children.flatMap((child) => withDescendants(table, child.pid))];
}

/**
 * Waits until no process of a group, and none of the others, is alive. Killing returns before the killed is gone, and the first
 * process of a process namespace, which belongs to the group of whoever made it, goes last of all in it.
 */
export async function untilGone(group: number, others: readonly ProcessEntry[] = []): Promise<void> {
  const isOneOf = (entry: ProcessEntry) =>
    entry.group === group || others.some((other) => other.pid === entry.pid && other.startTicks === entry.startTicks);
  for (let round = 0; round < rounds; round += 1) {
    const table = await readProcessTable();
    if (!table.some((entry) => !entry.zombie && isOneOf(entry))) return;
    await sleep(Math.min(2 + round, 50));
  }
}

/** About five seconds: longer only if a process hangs in the kernel; the next sweep finds it again. */
const rounds = 120;

// Both are what the kernel reports to user space on every x86-64 and nearly every arm64 machine; used for display only.
const pageBytes = 4096;
const ticksPerSecond = 100;
