import { setTimeout as sleep } from 'node:timers/promises';

/** A way to make all processes of a runtime stand still. */
export interface Standstill {
  /** Resolves when all of them stand still; rejects, with all of them running, when that takes too long or `signal` is aborted. */
  freeze(signal: AbortSignal): Promise<void>;
  thaw(): Promise<void>;
}

/** Asks until it is so: at first every millisecond, because somebody waits while nothing runs. */
export async function poll(signal: AbortSignal, isSo: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    if (await isSo()) return;
    await sleep(round < 50 ? 1 : 10);
  }
  throw new Error('The processes of the runtime could not be brought to a standstill; one of them hangs in the kernel');
}

/** About ten seconds: a process that waits for a disk stands still when the disk has answered. */
const rounds = 1000;
