/**
 * The installation that runs on a data folder: `up` announces it, the other commands find it.
 * That it runs is shown by a socket in Linux' abstract namespace, named after the folder: the kernel gives it to one
 * process only and takes it back when that process ends, however it ends. Nothing stale can be left behind.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';

export interface RunningInstallation {
  pid: number;
  url: string;
  startedAt: string;
}

/** Holds the data folder for this process until released. */
export interface DataFolderClaim {
  /** Tells the other commands where the console and the API are. */
  announce(url: string, startedAt: Date): void;
  /** Takes that back; the folder is still held. */
  withdraw(): void;
  /** A second call is no error. */
  release(): Promise<void>;
}

/**
 * Claims the data folder (which exists) for this process.
 * @throws ClawpoolError `conflict`, naming the address of the installation that has it.
 */
export async function claimDataFolder(data: string): Promise<DataFolderClaim> {
  const server = await listen(socketName(data));
  if (server === 'taken') throw alreadyRunning(data, readAnnouncement(data));
  rmSync(announcementFile(data), { force: true });
  return {
    announce(url, startedAt) {
      mkdirSync(join(data, 'run'), { recursive: true, mode: 0o700 });
      const announcement: RunningInstallation = { pid: process.pid, url, startedAt: startedAt.toISOString() };
      const draft = `${announcementFile(data)}.${process.pid}`;
      writeFileSync(draft, `${JSON.stringify(announcement)}\n`, { mode: 0o600 });
      renameSync(draft, announcementFile(data));
    },
    withdraw: () => rmSync(announcementFile(data), { force: true }),
    async release() {
      rmSync(announcementFile(data), { force: true });
      await new Promise<void>((resolve) => (server?.listening ? server.close(() => resolve()) : resolve()));
    },
  };
}

/** The installation that runs on the data folder now, or null: nothing runs, or it is still starting. */
export async function findRunning(data: string): Promise<RunningInstallation | null> {
  const announcement = readAnnouncement(data);
  return announcement && (await isClaimed(data, announcement.pid)) ? announcement : null;
}

/** The secret with which a command on this machine speaks to the installation; null when it cannot be read. */
export function readOperatorToken(data: string): string | null {
  try {
    return readFileSync(join(data, 'operator.token'), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function alreadyRunning(data: string, announcement: RunningInstallation | null): ClawpoolError {
  return new ClawpoolError(
    'conflict',
    announcement
      ? `Clawpool already runs on ${data}: ${announcement.url} (process ${announcement.pid}).`
      : `Clawpool is already starting or stopping on ${data}.`,
    'Use that one, stop it with Ctrl-C, or give this one a folder of its own with --data DIR (and another --port).',
  );
}

function announcementFile(data: string): string {
  return join(data, 'run', 'clawpool.json');
}

function readAnnouncement(data: string): RunningInstallation | null {
  try {
    return JSON.parse(readFileSync(announcementFile(data), 'utf8')) as RunningInstallation;
  } catch {
    return null;
  }
}

/** The same folder by any name gives the same socket. */
function socketName(data: string): string {
  return `\0clawpool-${createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 32)}`;
}

/** Null where there are no abstract sockets (not Linux): the database's own lock is what is left there. */
function listen(name: string): Promise<net.Server | 'taken' | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((connection) => connection.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else if (process.platform === 'linux') reject(error);
      else resolve(null);
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

function isClaimed(data: string, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(isAlive(pid));
  return new Promise((resolve) => {
    const connection = net.connect(socketName(data));
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
