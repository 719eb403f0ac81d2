import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ClawpoolError } from '@clawpool/contracts';
import { processIdentity } from './data-folder.ts';
import { type Confinement, shortName } from './postgres-confinement.ts';

export interface Postmaster {
  /** Resolves when it is gone, whatever ended it. */
  readonly exited: Promise<void>;
  /** Fast shutdown; resolves when it is gone. */
  stop(): Promise<void>;
}

interface StartOptions {
  confinement: Confinement;
  cluster: string;
  socketFolder: string;
  logFile: string;
  onProgress: (line: string) => void;
}

/**
 * Runs PostgreSQL until its own standard input ends, then shuts it down fast. The other end of that pipe is held by the process
 * that started it, so even `kill -9` of that process leaves no server behind.
 */
const untilInputEnds = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null & lifeline=$!
wait "$server"; code=$?
kill "$lifeline" 2>/dev/null
exit "$code"`;

/** For a machine that runs agents beside it: little memory, few processes, and everything that makes a commit durable left on. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  shared_buffers: '64MB',
  min_wal_size: '64MB',
  max_wal_size: '512MB',
  // Nothing replicates from it, and its backups are taken while it is locked or down.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // Without its own I/O workers: three processes fewer, and the data fits the page cache.
  io_method: 'sync',
  jit: 'off',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/** Nothing of our own environment reaches PostgreSQL: it may hold provider keys. */
const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** How long a clean shutdown may take before it is made an unclean one, which the next start recovers from. */
const shutdownMs = 30_000;

/**
 * What PostgreSQL says while something is left of a server that was killed, though the caller holds the data folder and nothing
 * runs: workers that have not noticed yet hold its shared memory, and its process keeps its number until its parent, perhaps a
 * slow init, has asked how it ended.
 */
const remainsOfAKilledServer = /shared memory block|lock file "postmaster\.pid" already exists/;

/** Resolves when it accepts connections. Errors: `storage_full`, `unavailable` with the reason from its log. */
export async function startPostmaster(options: StartOptions): Promise<Postmaster> {
  const startedAt = Date.now();
  for (;;) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!remainsOfAKilledServer.test((error as Error).message) || Date.now() - startedAt > shutdownMs) throw error;
      await sleep(100);
    }
  }
}

async function startOnce({
  confinement,
  cluster,
  socketFolder,
  logFile,
  onProgress,
}: StartOptions): Promise<Postmaster> {
  const logStart = await rotateLog(logFile);
  const before = await readPidFile(cluster);
  if (before) onProgress('Recovering the database: it was not shut down in order');

  const args = Object.entries({
    ...settings,
    unix_socket_directories: confinement.inside(socketFolder),
    cluster_name: nameOf(cluster),
  });
  const [file = '', ...rest] = confinement.command(
    [cluster, socketFolder],
    'postgres',
    ['-D', confinement.inside(cluster), ...args.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    untilInputEnds,
  );
  const log = openSync(logFile, 'a', 0o600);
  // Detached: Ctrl-C in a terminal is for us; we then stop it in order, after everything that uses it.
  const child = spawn(file, rest, { stdio: ['pipe', log, log], env: environment, cwd: '/', detached: true });
  closeSync(log);
  child.stdin?.on('error', () => {});
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const ended = exited.then(() => true);

  for (;;) {
    if (await Promise.race([ended, sleep(10, false)])) throw await startFailure(logFile, logStart);
    const now = await readPidFile(cluster);
    if (now?.ready && now.text !== before?.text) break;
  }
  return { exited, stop: () => stop(child, exited, cluster) };
}

async function stop(child: ChildProcess, exited: Promise<void>, cluster: string): Promise<void> {
  child.stdin?.end();
  const gone = exited.then(() => true);
  if (await Promise.race([gone, sleep(shutdownMs, false, { ref: false })])) return;
  const found = await readPidFile(cluster);
  if (found) signal(found.pid, 'SIGQUIT');
  if (await Promise.race([gone, sleep(5_000, false, { ref: false })])) return;
  if (found) signal(found.pid, 'SIGKILL');
  child.kill('SIGKILL');
  await exited;
}

/** A server of this cluster whose Clawpool is gone and that has not noticed yet: shut down. The caller holds the data folder. */
export async function stopAbandonedPostmaster(cluster: string, onProgress: (line: string) => void): Promise<void> {
  const found = await readPidFile(cluster);
  const identity = found && processIdentity(found.pid);
  if (!found || identity === null) return;
  // After a reboot, or in a new container, the number may belong to anybody; PostgreSQL itself would then refuse to start.
  if (!(await commandOf(found.pid)).includes(nameOf(cluster))) return rm(join(cluster, 'postmaster.pid'));
  onProgress('Stopping the PostgreSQL that an earlier start left behind');
  signal(found.pid, 'SIGINT');
  for (let waited = 0; processIdentity(found.pid) === identity; waited += 20) {
    if (waited === shutdownMs) signal(found.pid, 'SIGQUIT');
    await sleep(20);
  }
}

/** Runs a program that ends by itself. `folder` is the one it writes to. */
export async function runPostgresProgram(
  confinement: Confinement,
  program: string,
  folder: string,
  args: string[],
): Promise<void> {
  const [file = '', ...rest] = confinement.command([folder], program, args);
  try {
    await promisify(execFile)(file, rest, { env: environment, cwd: '/' });
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw explain(stderr || message);
  }
}

async function startFailure(logFile: string, from: number): Promise<ClawpoolError> {
  const file = await open(logFile);
  try {
    const { buffer, bytesRead } = await file.read({ position: from, buffer: Buffer.alloc(64 * 1024) });
    return explain(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

function explain(output: string): ClawpoolError {
  const lines = output.split('\n').filter((line) => line.trim());
  const reason = lines.find((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? 'it ended without a word';
  const text = reason.replace(/^.*?(FATAL|PANIC|error):\s*/, '');
  return /No space left|Disk quota/.test(output)
    ? new ClawpoolError(
        'storage_full',
        `There is no space left for the database: ${text}`,
        'Free space on that disk, then start again.',
      )
    : new ClawpoolError(
        'unavailable',
        `PostgreSQL does not start: ${text}`,
        /effective user ID/.test(text)
          ? 'This user has no entry in /etc/passwd, which PostgreSQL needs. Add one, or set DATABASE_URL.'
          : 'Its log is postgres/log in the data folder.',
      );
}

/** Only the current log and the one before are kept. Returns where the next entry will begin. */
async function rotateLog(logFile: string): Promise<number> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size < 5 * 1024 * 1024) return size;
  await rename(logFile, `${logFile}.before`);
  return 0;
}

/** `postmaster.pid`: the first line is the process, the eighth its state (PostgreSQL's `pidfile.h`). */
async function readPidFile(cluster: string): Promise<{ text: string; pid: number; ready: boolean } | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return pid > 0 ? { text, pid, ready: lines[7]?.trim() === 'ready' } : null;
}

/** Stands in the command line of the cluster's server, wherever it sees the cluster. */
const nameOf = (cluster: string) => `clawpool-${shortName(cluster)}`;

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', `${pid}`]);
  return stdout;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}
