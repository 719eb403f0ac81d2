import { closeSync, lstatSync, readdirSync } from 'node:fs';
import { nameFromBytes, pathToBytes } from '../tree/file-name.ts';
import { openFolderInside } from './open-inside.ts';

/** What is in one folder: names, and six numbers of each: see `numbers`. Flat, so that threads can hand it over cheaply. */
export interface Listing {
  names: string[];
  stats: Float64Array;
}

/** Where in a listing's stats which number is. A mode of 0: it had gone when it was looked at. */
export const numbers = { mode: 0, ino: 1, size: 2, mtimeMs: 3, ctimeMs: 4, dev: 5, each: 6 } as const;

const kindBits = 0o170000;
export const kinds = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;
export const kindOf = (mode: number): number => mode & kindBits;

/** The system takes no longer paths than 4096 bytes. */
export const longestPath = 4000;

/** Null: it is no folder, or not there, any more, or we may not read it. */
export function listFolder(path: string): Listing | null {
  const names = namesIn(path);
  if (names === null) return null;
  const stats = new Float64Array(names.length * numbers.each);
  let at = 0;
  for (const name of names) {
    const found = lstatSync(pathToBytes(`${path}/${name}`), { throwIfNoEntry: false });
    if (found) {
      stats[at] = found.mode;
      stats[at + numbers.ino] = found.ino;
      stats[at + numbers.size] = found.size;
      stats[at + numbers.mtimeMs] = found.mtimeMs;
      stats[at + numbers.ctimeMs] = found.ctimeMs;
      stats[at + numbers.dev] = found.dev;
    }
    at += numbers.each;
  }
  return { names, stats };
}

function namesIn(path: string): string[] | null {
  try {
    const descriptor = openFolderInside(path);
    if (descriptor === null) return null;
    try {
      const here = `/proc/self/fd/${descriptor}`;
      const names = readdirSync(here);
      // U+FFFD stands for bytes that are no UTF-8: then the bytes themselves are needed.
      if (!names.some((name) => name.includes('\ufffd'))) return names;
      return readdirSync(here, 'buffer').map(nameFromBytes);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** Paths of the folders in a folder. */
function foldersIn(path: string, { names, stats }: Listing): string[] {
  return names.flatMap((name, index) => {
    const isFolder = kindOf(stats[index * numbers.each] ?? 0) === kinds.folder;
    return isFolder && path.length + name.length < longestPath ? [`${path}/${name}`] : [];
  });
}

export type Listings = Map<string, Listing | null>;

export interface Extent {
  excluded: ReadonlySet<string>;
  /** Files, folders and links. Once there are more, nothing further is listed. */
  maxFiles: number;
}

/** Lists the folders and everything below them into `listings`. Stops when so many folders wait that it is `isEnough`, and gives those. */
export function listBelow(
  folders: readonly string[],
  { excluded, maxFiles }: Extent,
  listings: Listings,
  isEnough: (waiting: number) => boolean = () => false,
): string[] {
  const waiting = [...folders];
  // First come, first listed: the tree is widest soon, which is when it can be shared.
  let next = 0;
  let found = 0;
  while (next < waiting.length && found <= maxFiles && !isEnough(waiting.length - next)) {
    const path = waiting[next++] as string;
    const listing = listFolder(path);
    listings.set(path, listing);
    found += listing?.names.length ?? 0;
    if (listing) waiting.push(...foldersIn(path, listing).filter((folder) => !excluded.has(folder)));
  }
  return waiting.slice(next);
}
