import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** How much of a runtime's output is kept, and how fast it may come. */
export interface LogBounds {
  /** The log and the one before it (`<file>.1`) each hold at most this much. */
  fileBytes: number;
  /** A runtime that writes faster for long is made to wait, as with any full pipe. */
  bytesPerSecond: number;
}

/** 10 MB in two files; the rate is far above what an agent that works writes, and far below what would wear out a disk. */
const logBounds: LogBounds = { fileBytes: 5_000_000, bytesPerSecond: 4_000_000 };

export interface RuntimeLog {
  /**
   * Copies a runtime's output into the log until it ends. Never rejects: on a full disk the output is dropped. Once `ended`
   * is aborted, what is still in the pipe is no longer held back.
   */
  copy(output: Readable, ended: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Opens a log for appending, readable by us alone. Rejects with the file system's error, for example `ENOSPC`. */
export async function openRuntimeLog(file: string, bounds: LogBounds = logBounds): Promise<RuntimeLog> {
  let handle = await openToAppend(file);
  let size = (await handle.stat()).size;

  async function append(chunk: Buffer): Promise<void> {
    if (size > 0 && size + chunk.length > bounds.fileBytes) {
      await handle.close();
      await rename(file, `${file}.1`);
      handle = await openToAppend(file);
      size = 0;
    }
    await handle.write(chunk);
    size += chunk.length;
  }

  async function copy(output: Readable, ended: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    let taken = 0;
    try {
      for await (const chunk of output as AsyncIterable<Buffer>) {
        await append(chunk).catch(() => {}); // a full disk must not stop the agent
        taken += chunk.length;
        const due = (Math.max(0, taken - bounds.fileBytes) / bounds.bytesPerSecond) * 1000;
        const ahead = due - (performance.now() - startedAt);
        if (ahead > 0) await sleep(ahead, undefined, { ref: false, signal: ended }).catch(() => {});
      }
    } catch {
      // the pipe was closed under us because the runtime is gone
    }
  }

  return { copy, close: () => handle.close() };
}

/** Never through a symbolic link: the folder is ours, and stays harmless should a tenant ever get a hand on it. */
function openToAppend(file: string) {
  return open(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
}
