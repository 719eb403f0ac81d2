/**
 * Writes files where a hostile tenant may have planted anything. Folders are opened one by one without following symbolic
 * links and used through their descriptor, so that swapping a folder behind our back changes nothing; files are replaced by
 * renaming, which never writes through a link.
 */

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chmod, lchown, mkdir, open, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { WorkspaceFile } from '@clawpool/workspace';
import { removeTree } from './remove-tree.ts';

/** A path component inside a tenant's folder is no folder but, for example, a symbolic link. */
export class PlantedFileError extends Error {
  constructor(path: string) {
    super(`${path} in the tenant's folder is not a folder`);
    this.name = 'PlantedFileError';
  }
}

/** As a `WorkspaceFile`, or with any bytes. */
export type WrittenFile = Omit<WorkspaceFile, 'content'> & { content: string | Uint8Array };

/**
 * Makes the files below `root` (ours, exists) have their content. Files that have it already are left alone.
 *
 * @param owner uid and gid of what is made; undefined leaves it ours
 * @throws PlantedFileError, or the file system's error, for example ENOSPC
 */
export async function writeFiles(root: string, files: readonly WrittenFile[], owner?: number): Promise<void> {
  // At once: this is done before every turn, and mostly it is nothing but looking.
  const results = await Promise.allSettled(
    files.map(({ path, content, mode = 0o600 }) =>
      inFolder(root, dirname(path), owner, (folder) => writeFileIn(folder, basename(path), content, mode, owner)),
    ),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Makes folders below `root`, 0700. */
export async function makeFolders(root: string, paths: readonly string[], owner?: number): Promise<void> {
  for (const path of paths) await inFolder(root, path, owner, async () => {});
}

/** What a file below `root` has in it. Null: there is no such file, or more in it than `atMost` bytes. */
export async function readFileBelow(root: string, path: string, atMost: number): Promise<string | null> {
  let content: string | null = null;
  await inExistingFolder(root, dirname(path), async (folder) => {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(join(folder, basename(path)), flags).catch(() => null);
    try {
      const found = await file?.stat();
      if (found?.isFile() && found.size <= atMost) content = (await file?.readFile('utf8')) ?? null;
    } finally {
      await file?.close();
    }
  });
  return content;
}

/**
 * Removes files and folders below `root`, of a tenant of which nothing runs. Where the way to one leads through something that is no
 * folder, nothing is there to remove.
 */
export async function removePaths(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await inExistingFolder(root, dirname(path), (folder) => removeTree(join(folder, basename(path))));
  }
}

/** Of a skill, below the agent's workspace. */
export const skillFile = (name: string): string => `skills/${name}/SKILL.md`;

/** The skill that a file of the workspace is; null: none. */
export const skillOf = (path: string): string | null => /^skills\/([^/]+)\/SKILL\.md$/u.exec(path)?.[1] ?? null;

/**
 * Removes skills of ours below a workspace, also while its tenant runs. What the agent itself put beside one stays, without being a
 * skill any more.
 */
export async function removeSkills(workspace: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = skillFile(name);
    await inExistingFolder(workspace, dirname(file), (folder) => gone(unlink(join(folder, basename(file)))));
    await inExistingFolder(workspace, dirname(dirname(file)), (folder) => gone(rmdir(join(folder, name))));
  }
}

/** Something else has the name by now, or there is more in the folder: that is the agent's own. */
async function gone(removal: Promise<void>): Promise<void> {
  await removal.catch((error) => {
    if (!['ENOENT', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR', 'EPERM'].includes(codeOf(error))) throw error;
  });
}

/** Makes an empty folder of ours at an absolute path, whatever was there. */
export async function freshFolder(path: string, owner?: number): Promise<void> {
  await rm(path, { recursive: true, force: true }); // removes links, does not follow them
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  if (owner !== undefined) await lchown(path, owner, owner);
}

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

function inFolder(
  root: string,
  path: string,
  owner: number | undefined,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  return goInto(root, path, (parent, name) => makeFolder(parent, name, owner), use);
}

/** Nothing is done where there is no such folder, or something that is none is on the way to it. */
export async function inExistingFolder(
  root: string,
  path: string,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  try {
    await goInto(root, path, async () => {}, use);
  } catch (error) {
    if (!(error instanceof PlantedFileError) && codeOf(error) !== 'ENOENT') throw error;
  }
}

/** @param before called for each step of the way, with the folder it is in */
async function goInto(
  root: string,
  path: string,
  before: (parent: string, name: string) => Promise<void>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  let folder = await open(root, folderOnly);
  try {
    for (const name of path.split('/').filter((step) => step !== '' && step !== '.')) {
      if (name === '..') throw new PlantedFileError(path);
      await before(through(folder), name);
      const next = await openFolder(folder, name, path);
      await folder.close();
      folder = next;
    }
    await use(through(folder));
  } finally {
    await folder.close();
  }
}

async function makeFolder(parent: string, name: string, owner: number | undefined): Promise<void> {
  const child = join(parent, name);
  try {
    await mkdir(child, { mode: 0o700 });
    if (owner !== undefined) await lchown(child, owner, owner);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function openFolder(parent: FileHandle, name: string, path: string): Promise<FileHandle> {
  return open(join(through(parent), name), folderOnly).catch((error) => {
    throw ['ELOOP', 'ENOTDIR'].includes(codeOf(error)) ? new PlantedFileError(path) : error;
  });
}

/** The folder behind the descriptor, whatever its name leads to by now (proc_pid_fd(5)). */
const through = (folder: FileHandle): string => `/proc/${process.pid}/fd/${folder.fd}`;

async function writeFileIn(
  folder: string,
  name: string,
  content: string | Uint8Array,
  mode: number,
  owner?: number,
): Promise<void> {
  const path = join(folder, name);
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (await hasContent(path, bytes)) return;
  const temporary = join(folder, `.clawpool-${randomBytes(6).toString('hex')}`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(temporary, flags, mode);
    try {
      await file.writeFile(bytes);
      await file.chmod(mode);
      if (owner !== undefined) await file.chown(owner, owner);
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch(async (error) => {
      if (codeOf(error) !== 'EISDIR') throw error;
      // A folder with our file's name: it is the agent's, so it is kept, out of the way.
      await rename(path, join(folder, `${name}.moved-${randomBytes(4).toString('hex')}`));
      await rename(temporary, path);
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Looks without blocking on a planted pipe, and reads no more than there ought to be. */
async function hasContent(path: string, expected: Buffer): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (!file) return false;
  try {
    const found = await file.stat();
    // A second name would let what is written here later show up elsewhere.
    if (!found.isFile() || found.nlink !== 1 || found.size !== expected.length) return false;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(expected.length + 1), 0, expected.length + 1, 0);
    return bytesRead === expected.length && buffer.subarray(0, bytesRead).equals(expected);
  } finally {
    await file.close();
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
