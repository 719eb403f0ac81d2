import { lchownSync, lstatSync, readdirSync } from 'node:fs';
import { setImmediate as othersTurn } from 'node:timers/promises';

/** Something in a tenant's folder stands in the way of treating it quickly. */
export class UnfitFolderError extends Error {}

/**
 * What in a folder, itself included, does not belong to a host user yet. To be asked, and acted upon, while nothing of the tenant
 * runs, since it works by path. Links are looked at themselves and never followed. Of a file with several names all of them have to be in
 * the folder: another one could be outside.
 *
 * @returns paths as bytes: a tenant's names need not be text
 * @throws UnfitFolderError when there are more than `atMost` files and folders, or a path is longer than the kernel takes
 */
export async function notYetOf(owner: number, folder: string, atMost: number): Promise<Buffer[]> {
  const foreign: Buffer[] = [];
  const named = new Map<number, { paths: Buffer[]; links: number }>();
  const device = lstatSync(folder).dev;
  const folders = [Buffer.from(folder)];
  if (isForeign(folders[0] as Buffer)) foreign.push(folders[0] as Buffer);
  let seen = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const name of readNames(next)) {
      const path = Buffer.concat([next, slash, name]);
      const found = lstatSync(path);
      seen += 1;
      if (seen > atMost) throw new UnfitFolderError(`there are more than ${atMost} files`);
      if (seen % filesAtOnce === 0) await othersTurn();
      if (found.isDirectory() && found.dev === device) folders.push(path);
      if (found.uid === owner && found.gid === owner) continue;
      if (found.isDirectory() || found.nlink === 1) foreign.push(path);
      else remember(found.ino, path, found.nlink);
    }
  }
  for (const { paths, links } of named.values()) if (paths.length === links) foreign.push(...paths);
  return foreign;

  function isForeign(path: Buffer): boolean {
    const found = lstatSync(path);
    return found.uid !== owner || found.gid !== owner;
  }

  function remember(inode: number, path: Buffer, links: number): void {
    const entry = named.get(inode) ?? { paths: [], links };
    entry.paths.push(path);
    named.set(inode, entry);
  }
}

/** Gives paths to a host user; links themselves, not what they lead to. */
export async function giveTo(owner: number, paths: readonly Buffer[]): Promise<void> {
  for (const [index, path] of paths.entries()) {
    lchownSync(path, owner, owner);
    if (index % filesAtOnce === filesAtOnce - 1) await othersTurn();
  }
}

/** System calls of some microseconds each, made directly: handing each to another thread takes ten times as long. */
const filesAtOnce = 500;

const slash = Buffer.from('/');

function readNames(folder: Buffer): Buffer[] {
  try {
    return readdirSync(folder, { encoding: 'buffer' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') throw new UnfitFolderError('a path is too long');
    throw error;
  }
}
