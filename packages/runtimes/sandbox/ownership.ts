import type { Stats } from 'node:fs';
import { lchown, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives a folder and everything in it to a tenant, touching only what is not the tenant's yet. To be called while nothing of
 * the tenant runs, since it works by path.
 *
 * The tenant may have planted anything in there before. Symbolic links are given away themselves and never followed, other file
 * systems are not entered, and a file with a second name is left alone: the other name may be outside.
 */
export async function giveTo(folder: string, uid: number): Promise<void> {
  const top = await lstat(folder);
  if (!top.isDirectory()) throw Object.assign(new Error(`${folder} is not a folder`), { code: 'ENOTDIR' });
  await giveTree(folder, top, uid, top.dev);
}

async function giveTree(path: string, found: Stats, uid: number, device: number): Promise<void> {
  if (found.dev !== device) return;
  const isFolder = found.isDirectory();
  if ((found.uid !== uid || found.gid !== uid) && (isFolder || found.nlink === 1)) await lchown(path, uid, uid);
  if (!isFolder) return;
  const folder = await opendir(path, { bufferSize: 256 }).catch(ignoreTooDeep);
  if (!folder) return;
  const batch: Promise<void>[] = [];
  for await (const entry of folder) {
    const child = join(path, entry.name);
    // Folders one after the other, so that a wide and deep tree does not open every folder of it at once.
    if (entry.isDirectory()) await giveEntry(child, uid, device);
    else if (batch.push(giveEntry(child, uid, device)) >= batchSize) await Promise.all(batch.splice(0));
  }
  await Promise.all(batch);
}

const batchSize = 64;

async function giveEntry(path: string, uid: number, device: number): Promise<void> {
  const found = await lstat(path).catch(ignoreTooDeep);
  if (found) await giveTree(path, found, uid, device);
}

/** A path longer than the kernel takes can only have been made step by step from inside: it is the tenant's already. */
function ignoreTooDeep(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENAMETOOLONG' && error.code !== 'ENOENT') throw error;
}
