import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { ClawpoolError } from '@clawpool/contracts';
import { nameFromBytes, pathToBytes } from '../tree/file-name.ts';
import {
  type Extent,
  kindOf,
  kinds,
  type Listing,
  type Listings,
  listFolder,
  longestPath,
  numbers,
} from './listing.ts';
import type { FileStat } from './stat-index.ts';

/** A folder as it was found: what is in it, and what of it is as it was at the last snapshot. */
export interface Scan {
  root: FoundFolder;
  files: number;
  bytes: number;
  skipped: number;
  /** Files to read. */
  changed: FoundFile[];
  changedBytes: number;
}

type Found = FoundFile | FoundFolder | FoundLink;

export interface FoundFile {
  type: 'file';
  name: string;
  path: string;
  mode: number;
  stat: FileStat;
  /** Of the index; -1: it has to be read. */
  row: number;
  /** What was read already; absent: it is in its place. */
  content?: Buffer | CopiedContent;
}

export interface CopiedContent {
  copy: string;
}

export interface FoundFolder {
  type: 'folder';
  name: string;
  mode: number;
  stat: FileStat;
  row: number;
  /** Nothing in it or below has changed. */
  same: boolean;
  /** Everything in it; when all is the same, only the folders. */
  entries: Found[];
  /** When all is the same: rows of the files in it. */
  fileRows: number[];
}

interface FoundLink {
  type: 'link';
  name: string;
  target: string;
}

export interface ScanOptions extends Extent {
  /** Absolute, without links. */
  folder: string;
  maxBytes: number;
  find: (ino: number, size: number, mtimeMs: number, ctimeMs: number) => number;
  /** What was listed already. */
  listings: Listings;
}

/** Deeper than anything that is made in earnest. */
const deepest = 100;

/**
 * Looks at everything below the folder. What is neither file, folder nor link, and what we may not read, is skipped and counted.
 *
 * @throws ClawpoolError `storage_full` when there is more than `maxBytes` or `maxFiles`, `invalid_request` for folders nested too deep
 */
export function scanFolder({ folder, excluded, maxBytes, maxFiles, find, listings }: ScanOptions): Scan {
  const top = lstatSync(folder);
  const scan = { files: 0, bytes: 0, skipped: 0, changed: [] as FoundFile[], changedBytes: 0 };
  let entries = 0;
  const root = visit('', folder, top.mode, statOf(top), 0);
  if (!root) throw new ClawpoolError('unavailable', `The folder ${folder} cannot be read.`);
  return { ...scan, root };

  /** Null: it has gone, or we may not read it. */
  function visit(name: string, path: string, mode: number, stat: FileStat, depth: number): FoundFolder | null {
    if (depth > deepest || path.length > longestPath) throw tooDeep();
    const listing = listings.get(path) ?? listFolder(path);
    if (!listing) return null;
    entries += listing.names.length;
    if (entries > maxFiles) throw tooMany(maxFiles);
    const row = find(stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs);
    const found: FoundFolder = { type: 'folder', name, mode, stat, row, same: row >= 0, entries: [], fileRows: [] };
    const links: number[] = [];
    const files: number[] = [];

    for (let index = 0; index < listing.names.length; index++) {
      const inside = listing.names[index] as string;
      const kind = kindOf(numberAt(listing, index, numbers.mode));
      if (excluded.size > 0 && excluded.has(`${path}/${inside}`)) continue;
      if (kind === kinds.file) files.push(index);
      else if (kind === kinds.link) links.push(index);
      else if (kind === kinds.folder && numberAt(listing, index, numbers.dev) === top.dev) {
        const below = visit(
          inside,
          `${path}/${inside}`,
          numberAt(listing, index, numbers.mode),
          statAt(listing, index),
          depth + 1,
        );
        if (below) found.entries.push(below);
        else scan.skipped += 1;
        if (!below?.same) found.same = false;
      } else if (kind !== 0) scan.skipped += 1;
    }

    for (const index of files) {
      const size = numberAt(listing, index, numbers.size);
      scan.files += 1;
      scan.bytes += size;
      if (scan.bytes > maxBytes) throw tooLarge(maxBytes);
      const ctimeMs = numberAt(listing, index, numbers.ctimeMs);
      const fileRow = find(
        numberAt(listing, index, numbers.ino),
        size,
        numberAt(listing, index, numbers.mtimeMs),
        ctimeMs,
      );
      found.fileRows.push(fileRow);
      if (fileRow < 0) found.same = false;
    }
    // Another target is another link, and that shows in the folder: while all of it is the same nobody asks.
    if (!found.same) describe(found, path, listing, files, links);
    return found;
  }

  function describe(found: FoundFolder, path: string, listing: Listing, files: number[], links: number[]): void {
    for (const index of links) {
      const name = listing.names[index] as string;
      const target = targetOf(`${path}/${name}`);
      if (target !== '') found.entries.push({ type: 'link', name, target });
    }
    files.forEach((index, place) => {
      const name = listing.names[index] as string;
      const mode = numberAt(listing, index, numbers.mode);
      const row = found.fileRows[place] ?? -1;
      const file: FoundFile = { type: 'file', name, path: `${path}/${name}`, mode, stat: statAt(listing, index), row };
      found.entries.push(file);
      if (row >= 0) return;
      scan.changed.push(file);
      scan.changedBytes += file.stat.size;
    });
  }
}

export const statOf = ({ ino, size, mtimeMs, ctimeMs }: Stats): FileStat => ({ ino, size, mtimeMs, ctimeMs });

const statAt = (listing: Listing, index: number): FileStat => ({
  ino: numberAt(listing, index, numbers.ino),
  size: numberAt(listing, index, numbers.size),
  mtimeMs: numberAt(listing, index, numbers.mtimeMs),
  ctimeMs: numberAt(listing, index, numbers.ctimeMs),
});

const numberAt = ({ stats }: Listing, index: number, which: number): number =>
  stats[index * numbers.each + which] as number;

/** Empty when it is no link any more. */
function targetOf(path: string): string {
  try {
    return nameFromBytes(readlinkSync(pathToBytes(path), 'buffer'));
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function tooLarge(maxBytes: number): ClawpoolError {
  return new ClawpoolError(
    'storage_full',
    `The agent’s files are more than the ${Math.floor(maxBytes / 1024 / 1024)} MB that are allowed.`,
    'Remove files of the agent, or give it more disk.',
  );
}

function tooMany(maxFiles: number): ClawpoolError {
  return new ClawpoolError(
    'storage_full',
    `The agent has more than ${maxFiles} files and folders.`,
    'Remove files of the agent; many small ones can be packed into one.',
  );
}

function tooDeep(): ClawpoolError {
  return new ClawpoolError(
    'invalid_request',
    `The agent’s folders are nested more than ${deepest} deep, or their path is longer than ${longestPath} characters.`,
    'Move or remove the folders that are nested so deep.',
  );
}
