import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { basename } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';

/**
 * Makes sure that the port can be listened on, before anything is started for nothing.
 * @throws ClawpoolError `conflict` or `invalid_request`, saying who has the port where the machine tells, and how to choose another.
 */
export async function requireFreePort(port: number, bind: string): Promise<void> {
  const code = await tryToListen(port, bind);
  if (code === null) return;
  const another = `Choose another with --port, for example: clawpool up --port ${port === 65535 ? 8099 : port + 1}`;
  if (code === 'EADDRINUSE') {
    const owner = findPortOwner(port);
    throw new ClawpoolError('conflict', `Port ${port} is in use${owner ? ` by ${owner}` : ''}.`, another);
  }
  if (code === 'EACCES') {
    throw new ClawpoolError(
      'invalid_request',
      `This user may not listen on port ${port}: ports below 1024 need root.`,
      another,
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EINVAL') {
    throw new ClawpoolError(
      'invalid_request',
      `This machine has no address ${bind}.`,
      'Give --bind one of its own addresses, 127.0.0.1 for this machine only, or 0.0.0.0 for all of them.',
    );
  }
  throw new ClawpoolError('unavailable', `Cannot listen on ${bind}, port ${port}: ${code}.`, another);
}

/** Null: it can be listened on. Otherwise the system's error code. */
function tryToListen(port: number, bind: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, bind, () => server.close(() => resolve(null)));
  });
}

/** `nginx (process 4711)`, as far as Linux shows it to this user (see proc_pid_net(5)); undefined otherwise. */
function findPortOwner(port: number): string | undefined {
  try {
    const inodes = listeningInodes(port);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (openSockets(pid).some((inode) => inodes.has(inode))) {
        return `${basename(readlinkSync(`/proc/${pid}/exe`))} (process ${pid})`;
      }
    }
  } catch {
    // No /proc, or the process is gone: the message does without the name.
  }
  return undefined;
}

function listeningInodes(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = '0A';
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1));
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    fields
      .filter(([, local, , state]) => local?.endsWith(suffix) && state === listening)
      .flatMap(([, , , , , , , , , inode]) => inode ?? []),
  );
}

/** Nothing of another user's process, nor of one that has just ended. */
function openSockets(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return readable(() => readdirSync(folder), []).flatMap((name) => {
    const target = readable(() => readlinkSync(`${folder}/${name}`), '');
    return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
  });
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
