/**
 * What an agent remembers, kept as it is while somebody only tries the agent out. The copy is a file of ours, so that it outlives this
 * process. A tenant may have planted anything in its own folder.
 */
import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inExistingFolder, readFileBelow, writeFiles } from './tenant-files.ts';

/** Bytes of one file, and how many files: far above what an agent's notes come to. What is beyond is not held. */
const mostBytes = 256 * 1024;
const mostFiles = 400;

const longTerm = 'MEMORY.md';
const notesFolder = 'memory';

export interface MemoryPlace {
  /** The tenant's folder. */
  folder: string;
  /** The agent's workspace, in it. */
  workspace: string;
  /** Where the copy is; not in the tenant's folder. */
  copy: string;
  /** uid and gid of what is written; undefined leaves it ours. */
  owner: number | undefined;
}

interface Memory {
  /** All there is, in the workspace. */
  paths: string[];
  /** What is in them, as far as it is held: of notes the newest by name. */
  contents: [path: string, content: string][];
}

/** Copies MEMORY.md and the notes in memory/, after what was copied before and not put back has been. */
export async function keepMemory(place: MemoryPlace): Promise<void> {
  await putMemoryBack(place);
  await writeCopy(place.copy, await readMemory(place));
}

/** Makes them what they were when they were copied, once; what was added since is removed. Without a copy nothing is done. */
export async function putMemoryBack(place: MemoryPlace): Promise<void> {
  const before = await readCopy(place.copy);
  if (before === null) return;
  const { folder, workspace, owner } = place;
  await clearWay(folder, join(workspace, notesFolder));
  const now = await readMemory(place);
  const known = new Set(before.paths);
  for (const path of now.paths) if (!known.has(path)) await removeFile(folder, join(workspace, path));
  const present = new Map(now.contents);
  const changed = before.contents.filter(([path, content]) => present.get(path) !== content);
  const files = changed.map(([path, content]) => ({ path: join(workspace, path), content }));
  await writeFiles(folder, files, owner);
  await dropCopy(place.copy);
}

/** Whether what is at a path of the workspace, or in it, is what is put back. */
export const isMemory = (path: string): boolean =>
  path === longTerm || path === notesFolder || path.startsWith(`${notesFolder}/`);

/** Of files that have been replaced by others. */
export const dropCopy = (copy: string): Promise<void> => rm(copy, { force: true });

async function readMemory({ folder, workspace }: MemoryPlace): Promise<Memory> {
  const paths: string[] = [];
  await inExistingFolder(folder, workspace, async (at) => {
    if ((await readdir(at)).includes(longTerm)) paths.push(longTerm);
  });
  await inExistingFolder(folder, join(workspace, notesFolder), async (at) => {
    const names = (await readdir(at)).filter((name) => name.endsWith('.md')).sort();
    paths.push(...names.map((name) => `${notesFolder}/${name}`));
  });
  const contents: Memory['contents'] = [];
  for (const path of new Set([...paths.slice(0, 1), ...paths.slice(-mostFiles)])) {
    const content = await readFileBelow(folder, join(workspace, path), mostBytes);
    if (content !== null) contents.push([path, content]);
  }
  return { paths, contents };
}

/** What is no folder where the notes' folder was is in the way of putting them back. */
async function clearWay(folder: string, path: string): Promise<void> {
  await inExistingFolder(folder, dirname(path), async (at) => {
    const found = await lstat(join(at, basename(path))).catch(() => null);
    if (found && !found.isDirectory()) await unlink(join(at, basename(path)));
  });
}

/** A folder with such a name is no memory. */
async function removeFile(folder: string, path: string): Promise<void> {
  await inExistingFolder(folder, dirname(path), (at) => unlink(join(at, basename(path))).catch(() => {}));
}

/** Whole, and on the disk, before the agent may change anything. */
async function writeCopy(copy: string, memory: Memory): Promise<void> {
  const unfinished = `${copy}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify(memory));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function readCopy(copy: string): Promise<Memory | null> {
  const text = await readFile(copy, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  try {
    return text === null ? null : (JSON.parse(text) as Memory);
  } catch {
    return null; // a damaged disk: what it was cannot be known any more
  }
}
