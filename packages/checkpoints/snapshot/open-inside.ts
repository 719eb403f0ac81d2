/**
 * Opens what is in a tenant's folder without being led out of it. A tenant may swap any component of a path for a link between two of our
 * steps, so the last one is not followed, and afterwards the kernel is asked where the descriptor really is.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { nameFromBytes, pathToBytes } from '../tree/file-name.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/** Null: it is gone, is a link or a socket by now, or is not where its path says. Errors: the system's, such as EACCES. */
export function openFileInside(path: string): number | null {
  return openInside(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); // without waiting for who writes to a pipe
}

export function openFolderInside(path: string): number | null {
  return openInside(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
}

function openInside(path: string, flags: number): number | null {
  let descriptor: number;
  try {
    descriptor = openSync(pathToBytes(path), flags);
  } catch (error) {
    if (elsewhere.has((error as NodeJS.ErrnoException).code)) return null;
    throw error;
  }
  // proc_pid_fd(5)
  if (nameFromBytes(readlinkSync(`/proc/self/fd/${descriptor}`, 'buffer')) === path) return descriptor;
  closeSync(descriptor);
  return null;
}

const elsewhere = new Set<string | undefined>(['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'ENODEV']);
