import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { type Confinement, shortName } from './postgres-confinement.ts';

/** unix(7): a socket's path has 108 bytes, the last of them zero. */
const longestPath = 107;
const socketName = '/.s.PGSQL.5432';

/** A private folder for PostgreSQL's socket: inside its own, or a short one under the system's temporary folder when that is too deep. */
export async function chooseSocketFolder(folder: string, confinement: Confinement): Promise<string> {
  const near = join(folder, 'socket');
  const fits = Buffer.byteLength(near + socketName) <= longestPath;
  const chosen = fits ? near : join(tmpdir(), `clawpool-${shortName(folder)}`);
  await mkdir(chosen, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(chosen).then((stat) => ({ uid: stat.uid, mode: stat.mode }));
  const ours = uid === process.getuid?.() || uid === confinement.uid;
  // Temporary folders are everybody's: somebody else may have made this one first, to listen where we connect.
  if (!ours || (mode & 0o170077) !== 0o040000) {
    throw new ClawpoolError(
      'unavailable',
      `${chosen} belongs to somebody else or is open to others.`,
      'Remove it, then start again.',
    );
  }
  await confinement.own(chosen);
  return chosen;
}
