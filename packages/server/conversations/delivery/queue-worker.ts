import { leaseRenewalMs } from './retry.ts';

/** What a worker needs to know of a queue whose rows are claimed with a lease. */
export interface Queue<R extends { id: string }> {
  /** Claims at most `limit` rows that may be worked on now. */
  claim(limit: number): Promise<R[]>;
  /** False: the row is somebody else's now. */
  renew(row: R): Promise<boolean>;
  /** Frees the leases of processes that are gone. */
  releaseDead(): Promise<void>;
  /** When the next row is due that waits for a time; null: none does. */
  nextDue(): Promise<Date | null>;
  /** Works on one row. Must stop when the signal is aborted, writing nothing any more. Failures of the work itself are its own affair. */
  handle(row: R, signal: AbortSignal): Promise<void>;
}

export interface QueueWorkerOptions {
  /** Rows that are worked on at once, asked again with every claim. */
  concurrency: () => number;
  onError: (error: unknown) => void;
}

export interface QueueWorker {
  /** There may be something to claim. */
  look(): void;
  /** Claims no more; what runs is given up to the next process. */
  close(): Promise<void>;
}

/** A slow poll catches whatever a lost notification would have told. */
const pollMs = 5_000;

/** How soon is looked again when a row has ended while more than half of the room is taken. */
const fullMs = 20;

/** Claims as much as there is room for, then sleeps until the next due row, notification or poll. */
export function startQueueWorker<R extends { id: string }>(
  queue: Queue<R>,
  { concurrency, onError }: QueueWorkerOptions,
): QueueWorker {
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  let closed = false;
  let wanted = false;
  let claiming: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let deadLookedForAt = 0;

  function look(): void {
    if (closed) return;
    wanted = true;
    claiming ??= claimAll().finally(() => {
      claiming = null;
      if (wanted && running.size < concurrency()) look();
    });
  }

  async function claimAll(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    let delay = pollMs;
    try {
      if (Date.now() - deadLookedForAt >= pollMs) {
        deadLookedForAt = Date.now();
        await queue.releaseDead();
      }
      while (!closed && running.size < concurrency()) {
        const rows = await queue.claim(concurrency() - running.size);
        for (const row of rows) begin(row);
        if (rows.length === 0) break;
      }
      // With no room for more there is nothing to wait for but the end of what runs.
      const due = running.size < concurrency() ? await queue.nextDue() : null;
      if (due) delay = Math.min(pollMs, Math.max(50, due.getTime() - Date.now()));
    } catch (error) {
      if (!closed) onError(error);
    }
    if (!closed) timer = setTimeout(look, delay);
  }

  function begin(row: R): void {
    const abort = new AbortController();
    const renewal = setInterval(() => {
      queue.renew(row).then(
        (held) => held || abort.abort(),
        () => undefined, // The database is away; the lease decides when it is back.
      );
    }, leaseRenewalMs);
    const done = queue
      .handle(row, abort.signal)
      .catch((error: unknown) => {
        if (!abort.signal.aborted) onError(error);
      })
      .finally(() => {
        clearInterval(renewal);
        // A claim of the same row after its lease was lost has an entry of its own.
        if (running.get(row.id)?.abort === abort) running.delete(row.id);
        if (closed || running.size <= concurrency() / 2) return look();
        // Under load a claim takes several rows: claiming one for each that ends would be most of the work.
        clearTimeout(timer);
        timer = setTimeout(look, fullMs);
      });
    running.set(row.id, { abort, done });
  }

  look();
  return {
    look,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await claiming;
      const open = [...running.values()];
      for (const { abort } of open) abort.abort();
      await Promise.all(open.map(({ done }) => done));
    },
  };
}
