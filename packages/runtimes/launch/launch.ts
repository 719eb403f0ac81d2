import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Runtime, RuntimeExit, RuntimeLimits, RuntimeUsage } from '@clawpool/contracts';
import { RuntimeStartError } from '@clawpool/contracts';
import type { Cgroup } from '../cgroups/cgroup.ts';
import type { Pauses } from '../standstill/pauses.ts';
import { countPauses } from '../standstill/pauses.ts';
import { stopSignals } from '../standstill/stop-signals.ts';
import { exitOf } from './exit-status.ts';
import { answerGuard, lifeline } from './handshake.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import type { ProcessEntry } from './process-table.ts';
import {
  descendant,
  readProcessTable,
  recentProcessTable,
  treeUsage,
  untilGone,
  withDescendants,
} from './process-table.ts';
import type { RuntimeRecords } from './records.ts';
import type { RuntimeLog } from './runtime-log.ts';
import { openRuntimeLog } from './runtime-log.ts';
import { startError } from './start-error.ts';

export interface Launch {
  tenantId: string;
  /** Ends in a `guarded` command. */
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** What the process can read from descriptors 4, 5, …: kept off its command line, which every user of the host can see. */
  handedOver: readonly Buffer[];
  logFile: string;
  limits: RuntimeLimits;
  cgroup: Cgroup;
  records: RuntimeRecords;
  /** How many processes of the boundary stand above the command; each is the only child of the one before. */
  boundaryProcesses: number;
}

/**
 * Starts a process in its cgroup with its output in a bounded log, and looks after it until nothing of it is left. Resolves
 * when all that is around the command stands. Both drivers start through here; they differ in the command line.
 */
export async function launch(options: Launch): Promise<Runtime> {
  const { cgroup, records, tenantId } = options;
  const log = await openRuntimeLog(options.logFile).catch((error) => {
    throw startError(error, `The runtime's log ${options.logFile} cannot be opened`);
  });
  try {
    await cgroup.create(options.limits);
    const child = await spawnInCgroup(options);
    const supervised = supervise(options, child, log);
    await records.write(tenantId, child.pid as number).catch(async (error) => {
      await supervised.runtime.stop(0);
      throw startError(error, 'The runtime cannot be recorded in the state folder');
    });
    if (await answerGuard(child.stdio[lifeline] as Duplex, supervised.ended)) return supervised.runtime;
    await supervised.runtime.stop(0);
    const said = await lastLine(options.logFile);
    throw new RuntimeStartError('driver_unavailable', `The boundary around the runtime did not come to stand: ${said}`);
  } catch (error) {
    await log.close().catch(() => {});
    await cgroup.remove();
    throw (error as NodeJS.ErrnoException).code ? startError(error, 'The runtime could not be started') : error;
  }
}

async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').at(-1) || 'it said nothing';
}

/**
 * Joins the cgroups, then becomes the command: nothing of the tenant's ever runs outside its limits. The core dump limit
 * keeps a crash from writing a memory image. Exit status 125 says that a cgroup refused.
 */
const joinThenBecome =
  'count=$1; shift; while [ "$count" -gt 0 ]; do echo $$ >"$1" || exit 125; shift; count=$((count - 1)); done; ' +
  'ulimit -c 0; exec "$@" 2>&1';

async function spawnInCgroup(options: Launch): Promise<ChildProcess> {
  const { joinFiles } = options.cgroup;
  const nothing = await open('/dev/null', 'r+');
  try {
    const argv = ['-c', joinThenBecome, 'clawpool', String(joinFiles.length), ...joinFiles, ...options.argv];
    const child = spawn('/bin/sh', argv, {
      cwd: options.cwd,
      env: options.env,
      detached: true, // a process group of its own: Ctrl-C at our terminal is for us, not for the agents
      stdio: descriptorsOf(options.handedOver, nothing.fd, await inheritedDescriptors()),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    for (const [index, content] of options.handedOver.entries()) {
      const pipe = child.stdio[lifeline + 1 + index] as Writable;
      pipe.on('error', () => {}); // it ended before it read everything; its exit tells
      pipe.end(content);
    }
    return child;
  } finally {
    await nothing.close();
  }
}

/** The child's descriptors by number: its own, and nothing in place of each it would otherwise inherit. */
function descriptorsOf(handedOver: readonly Buffer[], nothing: number, inherited: readonly number[]) {
  const descriptors: ('ignore' | 'pipe' | number)[] = [
    'ignore',
    'pipe',
    'pipe',
    'pipe',
    ...handedOver.map(() => 'pipe' as const),
  ];
  const own = descriptors.length;
  const last = Math.max(own - 1, ...inherited);
  for (let descriptor = own; descriptor <= last; descriptor += 1) {
    descriptors.push(inherited.includes(descriptor) ? nothing : 'ignore');
  }
  return descriptors;
}

interface Supervised {
  runtime: Runtime;
  /** Aborted as soon as its first process is gone. */
  ended: AbortSignal;
}

function supervise(options: Launch, child: ChildProcess, log: RuntimeLog): Supervised {
  const { cgroup, records, tenantId } = options;
  const pid = child.pid as number;
  const outputs = [child.stdout, child.stderr] as Readable[];
  const ended = new AbortController();
  const copied = Promise.all(outputs.map((output) => log.copy(output, ended.signal)));

  const exited = new Promise<RuntimeExit>((resolve) => {
    child.once('exit', (code, signal) => resolve(putAway(exitOf(code, signal, options.boundaryProcesses > 0))));
  });

  const pauses: Pauses = countPauses(cgroup.freezer ?? stopSignals(members), exited);

  /** Everything that belongs to it, for machines where a cgroup does not say it. */
  async function members(): Promise<ProcessEntry[]> {
    const [table, inside] = await Promise.all([readProcessTable(), cgroup.processes()]);
    const family = new Set([...inside, ...withDescendants(table, pid).map((entry) => entry.pid)]);
    return table.filter((entry) => entry.group === pid || family.has(entry.pid));
  }

  async function putAway(exit: Omit<RuntimeExit, 'outOfMemory'>): Promise<RuntimeExit> {
    ended.abort();
    void pauses.release().catch(() => {});
    clearInterval(watch);
    killGroup(pid);
    await cgroup.kill().catch(() => {});
    await untilGone(pid);
    const outOfMemory = await cgroup.outOfMemory();
    await Promise.race([copied, sleep(drainMs, undefined, { ref: false })]);
    for (const output of outputs) output.destroy(); // held open by a process that escaped; only without cgroups
    await copied;
    await log.close().catch(() => {});
    await cgroup.remove().catch(() => {}); // the next sweep or start removes it
    await records.remove(tenantId).catch(() => {});
    return { ...exit, outOfMemory };
  }

  function killEverything(): void {
    killGroup(pid);
    void cgroup.kill().catch(() => {});
  }

  const watch = setInterval(async () => {
    if (await cgroup.outOfMemory()) killEverything();
  }, outOfMemoryCheckMs).unref();
  if (cgroup.endsTogether) clearInterval(watch);

  async function stop(graceMs: number): Promise<RuntimeExit> {
    const command = descendant(await readProcessTable(), pid, options.boundaryProcesses);
    const asked = command !== undefined && !ended.signal.aborted && signal(command, 'SIGTERM');
    await pauses.release().catch(() => {}); // what ends everything, below, thaws it too
    if (asked) await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
    if (!ended.signal.aborted) killEverything();
    return exited;
  }

  async function usage(): Promise<RuntimeUsage | null> {
    if (ended.signal.aborted) return null;
    const measured = (await cgroup.usage()) ?? treeUsage(await recentProcessTable(), pid);
    if (ended.signal.aborted || !measured) return null;
    return { ...measured, processes: Math.max(0, measured.processes - options.boundaryProcesses) };
  }

  async function setLimits(limits: RuntimeLimits): Promise<void> {
    if (ended.signal.aborted) return;
    await cgroup.setLimits(limits).catch((error: NodeJS.ErrnoException) => {
      if (!ended.signal.aborted && error.code !== 'ENOENT') throw error; // otherwise it ended, and its cgroup is gone
    });
  }

  const { pause, resume } = pauses;
  return { runtime: { startedAt: new Date(), exited, stop, pause, resume, setLimits, usage }, ended: ended.signal };
}

/** How long output that is still in the pipe may take to reach the log. */
const drainMs = 2000;

/** Version 1 of cgroups tells nobody that it ended one process at the memory limit; the rest may wait for it for ever. */
const outOfMemoryCheckMs = 500;

function killGroup(leader: number): void {
  signal(-leader, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false; // it is gone
  }
}
