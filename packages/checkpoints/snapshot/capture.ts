import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openFileInside } from './open-inside.ts';
import { type FoundFile, type Scan, statOf } from './scan.ts';

/** What is kept in memory of one snapshot between freezing and storing; the rest is copied to disk. */
const memoryBytes = 64 * 1024 * 1024;

/**
 * Takes the content of all changed files as it is in this moment. Afterwards they may change. A file that has gone, or that we may not
 * read, has no content then.
 *
 * @param copies folder for what is too much for memory; ours, made here
 * @throws the system's error, for example ENOSPC
 */
export function captureChanged(scan: Scan, copies: string): void {
  let left = memoryBytes;
  rmSync(copies, { recursive: true, force: true }); // of a snapshot that was killed
  for (const [index, file] of scan.changed.entries()) {
    const descriptor = openFound(file, scan);
    if (descriptor === null) continue;
    try {
      if (file.stat.size <= left) {
        file.content = readUpTo(descriptor, file.stat.size);
        left -= file.stat.size;
      } else {
        mkdirSync(copies, { recursive: true, mode: 0o700 });
        const copy = join(copies, `${index}`);
        copyTo(descriptor, copy, file.stat.size);
        file.content = { copy };
      }
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Opens a file that was found, and notes what it is now. Null: it has gone, or we may not read it, which is counted. */
export function openFound(file: FoundFile, scan: Scan): number | null {
  let descriptor: number | null;
  try {
    descriptor = openFileInside(file.path);
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    scan.skipped += 1;
    return null;
  }
  if (descriptor === null) return null;
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) {
    closeSync(descriptor);
    return null;
  }
  file.stat = statOf(stats);
  file.mode = stats.mode;
  return descriptor;
}

/** At most that many bytes from where the descriptor stands; fewer at the end of the file. In memory of its own. */
export function readUpTo(descriptor: number, bytes: number): Buffer {
  const content = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  while (filled < bytes) {
    const read = readSync(descriptor, content, filled, bytes - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled === bytes ? content : Buffer.from(new Uint8Array(content.subarray(0, filled)).buffer);
}

function copyTo(descriptor: number, path: string, bytes: number): void {
  const copy = openSync(path, 'wx', 0o600);
  try {
    for (let left = bytes; left > 0; ) {
      const piece = readUpTo(descriptor, Math.min(left, 1024 * 1024));
      if (piece.length === 0) return;
      writeSync(copy, piece);
      left -= piece.length;
    }
  } finally {
    closeSync(copy);
  }
}
