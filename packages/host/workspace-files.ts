/**
 * Files of a tenant's workspace, as people read and change them, while its agent may run. A hostile tenant may have planted anything there, and
 * may swap anything meanwhile: everything goes through descriptors of folders, nothing is followed, and what is written is renamed into place.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, opendir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type {
  ExpectedFile,
  HostedEntry,
  HostedFile,
  HostedFolder,
  ManagedBy,
  WorkspaceChange,
  WorkspaceChanged,
} from '@clawpool/contracts';
import { ClawpoolError, managedFiles, workspaceLimits } from '@clawpool/contracts';
import { removeBelow } from './remove-below.ts';
import { inExistingFolder, makeFolders, PlantedFileError, skillFile, skillOf } from './tenant-files.ts';

/** A workspace on this host. */
export interface PresentWorkspace {
  /** The tenant's folder; ours. */
  root: string;
  /** The workspace's, relative to it. */
  workspace: string;
  /** uid and gid of what is made; undefined leaves it ours. */
  owner: number | undefined;
  /** The skills we wrote into it. */
  skills: readonly string[];
}

/** Names of one folder that are looked at: an agent that unpacks an archive there does not hold the host up. */
const mostNames = 20_000;

/** Null: there is no such folder, or something that is none is on the way to it. */
export async function listFolder(
  place: PresentWorkspace,
  path: string,
  { offset, limit }: { offset: number; limit: number },
): Promise<HostedFolder | null> {
  let listed: HostedFolder | null = null;
  await inExistingFolder(place.root, below(place, path), async (folder) => {
    const { names, complete } = await namesIn(folder);
    const page = names.slice(offset, offset + limit);
    const entries = await Promise.all(page.map(({ name }) => entryOf(folder, name)));
    listed = {
      entries: entries.flatMap((entry) =>
        entry ? { ...entry, managed: managedAs(place, path === '' ? entry.name : `${path}/${entry.name}`) } : [],
      ),
      total: names.length,
      complete,
    };
  });
  return listed;
}

/** Null: there is no such file, or what has its name is not one that can be opened. */
export async function openFile(place: PresentWorkspace, path: string): Promise<HostedFile | null> {
  let opened: HostedFile | null = null;
  await inExistingFolder(place.root, below(place, dirname(path)), async (folder) => {
    const file = await openRegular(folder, basename(path));
    if (file === null) return;
    const { size, mtime } = await file.stat();
    const content = size === 0 ? Readable.from([]) : file.createReadStream({ start: 0, end: size - 1 });
    if (size === 0) await file.close();
    opened = {
      bytes: size,
      modifiedAt: mtime,
      managed: managedAs(place, path),
      content,
      close: () => void content.destroy(),
    };
  });
  return opened;
}

/** @throws ClawpoolError as `Host.changeWorkspace`; the file system's error, for example ENOSPC */
export async function changeFile(place: PresentWorkspace, change: WorkspaceChange): Promise<WorkspaceChanged> {
  for (const path of change.kind === 'move' ? [change.path, change.to] : [change.path]) refuseManaged(place, path);
  try {
    if (change.kind === 'write') return await write(place, change);
    if (change.kind === 'folder') return await makeFolder(place, change.path);
    if (change.kind === 'move') return await move(place, change);
    return await remove(place, change.path);
  } catch (error) {
    throw error instanceof PlantedFileError ? inTheWay() : error;
  }
}

const below = ({ workspace }: PresentWorkspace, path: string): string =>
  path === '' ? workspace : `${workspace}/${path}`;

// --- what is ours -------------------------------------------------------------------------------------------------------

function managedAs({ skills }: PresentWorkspace, path: string): ManagedBy | null {
  const skill = skillOf(path);
  if (skill !== null && skills.includes(skill)) return 'skill';
  return Object.hasOwn(managedFiles, path) ? managedFiles[path as keyof typeof managedFiles] : null;
}

/** Also a folder with something of ours in it. */
function refuseManaged(place: PresentWorkspace, path: string): void {
  const holdsSkill = place.skills.some((name) => skillFile(name).startsWith(`${path}/`));
  if (managedAs(place, path) === null && !holdsSkill) return;
  throw new ClawpoolError(
    'not_allowed',
    `Clawpool writes ${path} itself, before every turn.`,
    'Change what it is made of: the SOUL layers, the profile, the position or the skills.',
  );
}

// --- looking ------------------------------------------------------------------------------------------------------------

const order = new Intl.Collator('en', { numeric: true });

async function namesIn(folder: string): Promise<{ names: Dirent[]; complete: boolean }> {
  const names: Dirent[] = [];
  let complete = true;
  for await (const entry of await opendir(folder, { bufferSize: 500 })) {
    // What we are writing just now, and names whose bytes are no text: nobody could ask for those.
    if (entry.name.startsWith('.clawpool-') || entry.name.includes('\ufffd')) continue;
    if (names.length === mostNames) {
      complete = false;
      break;
    }
    names.push(entry);
  }
  names.sort(
    (a, b) =>
      Number(b.isDirectory()) - Number(a.isDirectory()) || order.compare(a.name, b.name) || (a.name < b.name ? -1 : 1),
  );
  return { names, complete };
}

/** Null: it is gone. */
async function entryOf(folder: string, name: string): Promise<Omit<HostedEntry, 'managed'> | null> {
  const found = await lstat(join(folder, name)).catch(() => null);
  if (found === null) return null;
  // With a second name it may be more than what was left here.
  const isFile = found.isFile() && found.nlink === 1;
  const kind = found.isDirectory() ? 'folder' : isFile ? 'file' : 'other';
  return { name, kind, bytes: isFile ? found.size : 0, modifiedAt: found.mtime };
}

/** Looks without blocking on a planted pipe. Null: no regular file, or one that has more names than this. */
async function openRegular(folder: string, name: string): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, name), flags).catch(() => null);
  const found = await file?.stat();
  if (file && found?.isFile() && found.nlink === 1) return file;
  await file?.close();
  return null;
}

// --- writing ------------------------------------------------------------------------------------------------------------

async function write(
  place: PresentWorkspace,
  { path, content, expected }: WorkspaceChange & { kind: 'write' },
): Promise<WorkspaceChanged> {
  const folderPath = below(place, dirname(path));
  let written: WorkspaceChanged | null = null;
  await makeFolders(place.root, [folderPath], place.owner);
  await inExistingFolder(place.root, folderPath, async (folder) => {
    const temporary = join(folder, `.clawpool-${randomBytes(6).toString('hex')}`);
    try {
      const file = await open(
        temporary,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
      );
      try {
        written = await fill(file, content);
        // As late as can be: the agent may be writing it too.
        const mode = await refuseUnlessExpected(folder, basename(path), expected);
        await file.chmod(mode);
        if (place.owner !== undefined) await file.chown(place.owner, place.owner);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(folder, basename(path)));
    } finally {
      await rm(temporary, { force: true });
    }
  });
  return written ?? raise(inTheWay());
}

async function fill(file: FileHandle, content: AsyncIterable<Uint8Array>): Promise<WorkspaceChanged> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > workspaceLimits.uploadBytes) throw tooLarge();
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return { bytes, hash: hash.digest('hex') };
}

/** The mode that the new file gets: that of the one it replaces. */
async function refuseUnlessExpected(folder: string, name: string, expected: ExpectedFile): Promise<number> {
  const found = await lstat(join(folder, name)).catch(() => null);
  if (found?.isDirectory()) throw inTheWay();
  const mode = found?.isFile() ? found.mode & 0o777 : 0o600;
  if (expected === 'any' || (found === null && expected === 'none')) return mode;
  const hash = found === null ? null : await hashOf(folder, name);
  if (hash !== null && hash === expected) return mode;
  throw new ClawpoolError(
    'conflict',
    found === null
      ? 'The file is not there any more.'
      : expected === 'none'
        ? `${name} is there already.`
        : `${name} was changed meanwhile.`,
    'Look at the newest, then decide which of the two stays.',
    { details: found === null ? null : { hash, bytes: found.size, modifiedAt: found.mtime.toISOString() } },
  );
}

/** Null: not of a regular file, nor of one that is larger than what people write. */
async function hashOf(folder: string, name: string): Promise<string | null> {
  const file = await openRegular(folder, name);
  if (file === null) return null;
  const { size } = await file.stat();
  if (size > workspaceLimits.uploadBytes) {
    await file.close();
    return null;
  }
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream()) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

// --- folders, names, removal --------------------------------------------------------------------------------------------

async function makeFolder(place: PresentWorkspace, path: string): Promise<WorkspaceChanged> {
  await inExistingFolder(place.root, below(place, dirname(path)), async (folder) => {
    if (await lstat(join(folder, basename(path))).catch(() => null)) throw nameIsTaken(path);
  });
  await makeFolders(place.root, [below(place, path)], place.owner);
  return nothing;
}

async function move(place: PresentWorkspace, { path, to }: { path: string; to: string }): Promise<WorkspaceChanged> {
  if (to === path) return nothing;
  if (to.startsWith(`${path}/`)) {
    throw new ClawpoolError('invalid_request', 'A folder cannot be moved into itself.', 'Choose another folder.');
  }
  let moved = false;
  await inExistingFolder(place.root, below(place, dirname(path)), async (from) => {
    const source = join(from, basename(path));
    if (!(await lstat(source).catch(() => null))) return;
    await inExistingFolder(place.root, below(place, dirname(to)), async (into) => {
      const target = join(into, basename(to));
      if (await lstat(target).catch(() => null)) throw nameIsTaken(to);
      await rename(source, target);
      moved = true;
    });
  });
  if (!moved) throw noSuchFile(path);
  return nothing;
}

async function remove(place: PresentWorkspace, path: string): Promise<WorkspaceChanged> {
  let removed: WorkspaceChanged | null = null;
  await inExistingFolder(place.root, below(place, dirname(path)), async (folder) => {
    const found = await lstat(join(folder, basename(path))).catch(() => null);
    if (found === null) return;
    await removeBelow(folder, basename(path));
    removed = { bytes: found.isFile() ? found.size : 0, hash: '' };
  });
  return removed ?? raise(noSuchFile(path));
}

const nothing: WorkspaceChanged = { bytes: 0, hash: '' };

const raise = (error: Error): never => {
  throw error;
};

const noSuchFile = (path: string) =>
  new ClawpoolError('not_found', `There is no ${path}.`, 'Load the folder again: the agent may have moved it.');

const nameIsTaken = (path: string) =>
  new ClawpoolError('conflict', `${path} is there already.`, 'Choose another name, or delete what is there first.');

const inTheWay = () =>
  new ClawpoolError(
    'conflict',
    'Something else of the agent’s has this name, or one on the way to it.',
    'Load the folder again, and choose another name.',
  );

const tooLarge = () =>
  new ClawpoolError(
    'too_large',
    `A file may have ${workspaceLimits.uploadBytes / 2 ** 20} MiB.`,
    'Send a smaller file, or pack it into several.',
  );
