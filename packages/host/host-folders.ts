import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, realpath, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { fillingTenant } from './compile-cache.ts';
import { removeTree } from './remove-tree.ts';
import type { RuntimeSetting } from './runtime-setting.ts';

/** Where a host keeps what: tenants' files in `tenants`, everything of its own in `run`. */
export interface HostFolders extends Omit<RuntimeSetting['folders'], 'compileCache'> {
  /** One small record per tenant of what its folder is. */
  records: string;
  /** What checkpoints remember of files, so that unchanged ones are not read again. */
  indexes: string;
  /** Sessions to be forgotten before a tenant's next start. */
  forgotten: string;
}

/** Makes the folders where they are missing, and puts the guest program where tenants can read it. */
export async function prepareFolders(dataFolder: string): Promise<HostFolders> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const data = await realpath(dataFolder);
  const run = join(data, 'run');
  const folders = {
    tenants: join(data, 'tenants'),
    configurations: join(run, 'configurations'),
    logs: join(run, 'logs'),
    memories: join(run, 'memories'),
    guest: join(run, 'guest'),
    records: join(run, 'files'),
    indexes: join(run, 'indexes'),
    forgotten: join(run, 'forgotten'),
  };
  for (const folder of [run, ...Object.values(folders)]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const sockets = await socketFolders(run);
  await copyGuest(folders.guest);
  return { ...folders, sockets };
}

/** Unix sockets have paths of 107 bytes at most, and the driver wants room for `/in.sock` and more (contracts/runtime.ts). */
const longestSocketFolder = 90;
const longestName = 20;

/** One folder per runtime in the data folder, or, where its path is long, in a folder of ours below the temporary one. */
async function socketFolders(run: string): Promise<(id: string) => string> {
  const near = join(run, 's');
  const fits = Buffer.byteLength(near) + 1 + longestName <= longestSocketFolder;
  const uid = process.getuid?.() ?? 0;
  const base = fits ? near : join(await realpath(tmpdir()), `clawpool-${uid}-${hashed(run)}`);
  await mkdir(base, { recursive: true, mode: 0o700 });
  const found = await lstat(base);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new ClawpoolError(
      'unavailable',
      `${base} belongs to somebody else.`,
      'Remove it, or use a shorter --data path.',
    );
  }
  await chmod(base, 0o700);
  return (id) => join(base, id.length < longestName ? id : hashed(id));
}

const hashed = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, longestName);

/**
 * What a killed host agent left behind: sockets, configurations with their tokens, warm slots, half-made compile caches.
 *
 * @param kept warm slots that a tenant's files are still in (`TenantFolders.recover`)
 */
export async function removeLeftovers(folders: HostFolders, kept: ReadonlySet<string>): Promise<void> {
  const all = () => true;
  const ours = (name: string) => !kept.has(name) && (fillingTenant.test(name) || warmSlot.test(name));
  const emptied: [string, (name: string) => boolean][] = [
    [folders.configurations, all],
    [socketsBase(folders), all],
    [folders.tenants, ours],
    [folders.logs, (name) => ours(name.replace(/\.log(\.1)?$/u, ''))],
  ];
  for (const [folder, isLeft] of emptied) {
    for (const name of (await readdir(folder)).filter(isLeft)) await removeTree(join(folder, name));
  }
}

/** What may name a warm slot; no tenant's id looks so. */
export const warmSlot = /^slot-[a-z0-9-]{1,58}$/u;

/** A host that ends leaves no empty folder where it was not asked to: it may lie outside of the data folder. */
export async function removeSocketsBase(folders: HostFolders): Promise<void> {
  await rmdir(socketsBase(folders)).catch(() => {});
}

const socketsBase = (folders: HostFolders): string => dirname(folders.sockets('any'));

/** The guest is copied so that tenants can read it whatever rights the checkout's files have. */
async function copyGuest(folder: string): Promise<void> {
  const source = join(import.meta.dirname, 'guest');
  await chmod(folder, 0o755);
  for (const name of await readdir(source)) {
    await cp(join(source, name), join(folder, name));
    await chmod(join(folder, name), 0o644);
  }
}
