import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';

export interface DataFolderLock {
  /** A second call is no error. */
  release(): Promise<void>;
}

/**
 * Creates the data folder (0700) when missing and takes it for this process. The lock is a file that names its holder; one whose
 * holder is gone (`kill -9`, a reboot) is taken over. Errors: `conflict` when another Clawpool holds it, `storage_full`,
 * `unavailable` when the folder cannot be written.
 */
export async function lockDataFolder(dataFolder: string): Promise<DataFolderLock> {
  const path = join(dataFolder, 'clawpool.lock');
  const own = `${path}.${process.pid}`;
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    await chmod(dataFolder, 0o700);
    await writeFile(own, `${process.pid} ${processIdentity(process.pid) ?? ''}\n`, { mode: 0o600 });
  } catch (error) {
    throw notWritable(dataFolder, error);
  }
  try {
    await take(path, own, dataFolder);
  } finally {
    await rm(own, { force: true });
  }
  return {
    release: async () => {
      if ((await holderOf(path))?.pid === process.pid) await rm(path, { force: true });
    },
  };
}

/** `link` fails when the lock exists, so exactly one of several processes gets it. */
async function take(path: string, own: string, dataFolder: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return await link(own, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(dataFolder, error);
    }
    const holder = await holderOf(path);
    if (holder && processIdentity(holder.pid) === holder.identity) break;
    // Moved aside rather than deleted: of two starts that find the same stale lock only one can move it.
    await rename(path, `${own}.stale`).catch(() => {});
    await rm(`${own}.stale`, { force: true });
  }
  const holder = await holderOf(path);
  throw new ClawpoolError(
    'conflict',
    `Another Clawpool${holder ? ` (process ${holder.pid})` : ''} uses ${dataFolder}.`,
    'Stop it first, or start this one with another --data folder and --port.',
  );
}

async function holderOf(path: string): Promise<{ pid: number; identity: string } | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, pid, identity] = /^(\d+) (.*)\n$/.exec(text) ?? [];
  return pid ? { pid: Number(pid), identity: identity ?? '' } : null;
}

/** When the process started, which tells it from a later one with the same pid. Null: there is no such process. */
export function processIdentity(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
    // proc(5): field 22 is the start time; the command in field 2 may contain spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? '');
  } catch {
    return null;
  }
}

/** What it means for the person when the data folder, or something in it, cannot be written. */
export function notWritable(folder: string, error: unknown): ClawpoolError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ClawpoolError(
      'storage_full',
      `There is no space left for ${folder}.`,
      'Free space on that disk, then start again.',
      {
        cause: error,
      },
    );
  }
  return new ClawpoolError(
    'unavailable',
    `Cannot write to the data folder ${folder}: ${message}`,
    'Choose a folder you own with --data, or start as the user who owns this one.',
    { cause: error },
  );
}
