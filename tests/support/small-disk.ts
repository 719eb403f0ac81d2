import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own, small enough to be filled: what is full then is this one and not the machine's disk. */
export interface SmallDisk {
  /** Takes every byte that is free. */
  fill(): Promise<void>;
  /** Gives back what `fill` took. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

/**
 * Mounts a tmpfs (tmpfs(5)) at `folder`, which is made where missing. That takes root, as CI is; where the kernel refuses, this rejects
 * rather than let a test of a full disk pass without one.
 */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'clawpool-test', folder]);
  const ballast = join(folder, '.ballast');
  return {
    fill: async () => {
      const file = await open(ballast, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
      try {
        await writeUntilFull(file, (await statfs(folder)).bsize);
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast, { force: true }),
    // Lazily: what a process still has open goes with the process.
    unmount: async () => void (await run('umount', ['--lazy', folder])),
  };
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, blockBytes: number): Promise<void> {
  // Whole megabytes first, then block by block: a write that does not fit takes what it can.
  for (const bytes of [2 ** 20, blockBytes]) {
    const piece = Buffer.alloc(bytes);
    try {
      for (;;) await file.writeFile(piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
