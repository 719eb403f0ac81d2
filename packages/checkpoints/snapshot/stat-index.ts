/**
 * What the files of a folder were at the last snapshot, by inode: a file with the same size, times and inode has the same content, and is not
 * read again. Only an optimisation: absent, damaged or of another snapshot, everything is read.
 *
 * The change time cannot be set by anybody, but it is no finer than the file system's clock: a file that changed shortly before its
 * snapshot could change again without a trace. Such files are written down as never matching (their hash is still known to be stored).
 * What leaves no trace for up to half a minute is writing through a shared memory map (the kernel notes the time when it writes the page
 * back); of what agents run, only SQLite's `-shm` is written that way, which SQLite makes anew.
 *
 * Layout: magic, key, counts, SHA-256 of the rest; rows of 64 bytes (inode, size, mtime, ctime as doubles, SHA-256); then for folders of
 * several blobs and files of several pieces: inode, count, hashes.
 */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export interface FileStat {
  ino: number;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
}

export interface KnownFiles {
  rows: number;
  /** The row of a file that is as it was; -1: it is not, or unknown. Plain numbers, since it is asked for every file. */
  find(ino: number, size: number, mtimeMs: number, ctimeMs: number): number;
  hashAt(row: number): string;
  /** Hashes of which it is certain that they are stored, of what this inode was. */
  storedOf(ino: number): Set<string>;
  /** Copies a row, and what belongs to it, as it is. */
  carry(row: number, into: IndexWriter): void;
}

export interface IndexWriter {
  /** `others`: further blobs that it consists of. Not trusted: it is read again next time. */
  add(stat: FileStat, hash: string, others: readonly string[], trusted: boolean): void;
  /** The row as it is in another index. */
  addRow(from: Buffer, at: number): void;
  addOthers(ino: number, hashes: Buffer): void;
  write(path: string, key: string): void;
}

const magic = Buffer.from('CPINDEX1');
const headerBytes = 96;
const rowBytes = 64;

/** The index is good for one root and one list of exclusions: otherwise it knows of things that are not in that tree. */
export const indexKey = (root: string, exclude: readonly string[]): string =>
  hash('sha256', JSON.stringify([root, exclude]), 'hex');

/** @param key null: nothing is known */
export function readIndex(path: string, key: string | null): KnownFiles {
  const bytes = key === null ? null : readVerified(path, key);
  const rows = bytes ? bytes.readDoubleLE(40) : 0;
  const body = bytes?.subarray(headerBytes) ?? Buffer.alloc(0);
  const numbers = new Float64Array(body.buffer, body.byteOffset, (rows * rowBytes) / 8);
  const byInode = new Map<number, number>();
  for (let row = 0; row < rows; row++) byInode.set(numbers[row * 8] ?? 0, row);
  const others = readOthers(body.subarray(rows * rowBytes));

  const hashAt = (row: number) => body.toString('hex', row * rowBytes + 32, (row + 1) * rowBytes);
  return {
    rows,
    hashAt,
    find: (ino, size, mtimeMs, ctimeMs) => {
      const row = byInode.get(ino) ?? -1;
      const at = row * 8;
      return numbers[at + 1] === size && numbers[at + 2] === mtimeMs && numbers[at + 3] === ctimeMs ? row : -1;
    },
    storedOf: (ino) => {
      const row = byInode.get(ino);
      const hashes = others.get(ino)?.toString('hex').match(/.{64}/g) ?? [];
      return new Set(row === undefined ? hashes : [hashAt(row), ...hashes]);
    },
    carry: (row, into) => {
      into.addRow(body, row * rowBytes);
      const ino = numbers[row * 8] ?? 0;
      const more = others.get(ino);
      if (more) into.addOthers(ino, more);
    },
  };
}

/** Aligned as doubles have to be. */
function readVerified(path: string, key: string): Buffer | null {
  let bytes: Buffer;
  try {
    const found = readFileSync(path);
    bytes = Buffer.from(new Uint8Array(found).buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const isOurs = bytes.length >= headerBytes && bytes.subarray(0, magic.length).equals(magic);
  if (!isOurs || bytes.toString('hex', 8, 40) !== key) return null;
  return hash('sha256', bytes.subarray(headerBytes), 'hex') === bytes.toString('hex', 64, headerBytes) ? bytes : null;
}

function readOthers(bytes: Buffer): Map<number, Buffer> {
  const others = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const end = at + 16 + bytes.readDoubleLE(at + 8) * 32;
    others.set(bytes.readDoubleLE(at), bytes.subarray(at + 16, end));
    at = end;
  }
  return others;
}

export function createIndexWriter(): IndexWriter {
  const runs: { of: Buffer; from: number; to: number }[] = [];
  const others = new Map<number, Buffer>();
  return {
    add: ({ ino, size, mtimeMs, ctimeMs }, hash, more, trusted) => {
      const row = Buffer.allocUnsafe(rowBytes);
      row.writeDoubleLE(ino, 0);
      row.writeDoubleLE(size, 8);
      row.writeDoubleLE(mtimeMs, 16);
      row.writeDoubleLE(trusted ? ctimeMs : Number.NaN, 24); // NaN equals nothing
      row.write(hash, 32, 'hex');
      runs.push({ of: row, from: 0, to: rowBytes });
      if (more.length > 0) others.set(ino, Buffer.from(more.join(''), 'hex'));
    },
    addRow: (from, at) => {
      // Mostly they are in the order in which they were written.
      const last = runs.at(-1);
      if (last?.of === from && last.to === at) last.to += rowBytes;
      else runs.push({ of: from, from: at, to: at + rowBytes });
    },
    addOthers: (ino, hashes) => void others.set(ino, hashes),
    write: (path, key) => {
      const tail = [...others].flatMap(([ino, hashes]) => [doubles(ino, hashes.length / 32), hashes]);
      const rows = Buffer.concat(runs.map(({ of, from, to }) => of.subarray(from, to)));
      const body = Buffer.concat([rows, ...tail]);
      const counts = doubles(rows.length / rowBytes, 0, 0);
      const header = [magic, Buffer.from(key, 'hex'), counts, hash('sha256', body, 'buffer')];
      const temporary = `${path}.new`;
      try {
        writeFileSync(temporary, Buffer.concat([...header, body]), { mode: 0o600 });
        renameSync(temporary, path); // Not synced: after a power failure its checksum tells.
      } catch (error) {
        // What it describes is stored all the same; without an index the next snapshot takes longer.
        if (!isFull(error)) throw error;
        rmSync(temporary, { force: true });
      }
    },
  };
}

function doubles(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 8);
  values.forEach((value, index) => {
    bytes.writeDoubleLE(value, index * 8);
  });
  return bytes;
}

/**
 * The clock that the change times of files are taken from, in milliseconds; the beginning of time when the disk is too full to ask, so
 * that nothing is trusted. `beside`: a path on the same file system.
 */
export function fileSystemNow(beside: string): number {
  const path = `${beside}.clock`;
  try {
    rmSync(path, { force: true });
    const file = openSync(path, 'w', 0o600);
    try {
      return fstatSync(file).ctimeMs;
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
  } catch (error) {
    if (isFull(error)) return Number.NEGATIVE_INFINITY;
    throw error;
  }
}

/** No space, or no quota, is left. */
export const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
