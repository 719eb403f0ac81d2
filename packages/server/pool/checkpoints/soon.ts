/** When, after a turn, a tenant's files are stored: a moment later, because turns come in rows, but not later and later. */
export interface Soon {
  ask(key: string): void;
  /** Drops what has not begun, waits for what has. */
  close(): Promise<void>;
}

export interface SoonOptions {
  /** Never rejects. */
  run: (key: string) => Promise<void>;
  /** After the last time it was asked. */
  quietMs: number;
  /** After the first time, however often it is asked. */
  latestMs: number;
  concurrency: number;
}

interface Asked {
  firstAt: number;
  timer: NodeJS.Timeout | null;
}

/** One run per key at a time, and `concurrency` of them over all; asked while it runs, it runs again afterwards. */
export function createSoon({ run, quietMs, latestMs, concurrency }: SoonOptions): Soon {
  const asked = new Map<string, Asked>();
  const due: string[] = [];
  const running = new Map<string, Promise<void>>();
  let closed = false;

  function begin(): void {
    for (let at = 0; at < due.length && running.size < concurrency; ) {
      const key = due[at] as string;
      if (running.has(key)) {
        at += 1;
        continue;
      }
      due.splice(at, 1);
      asked.delete(key);
      running.set(
        key,
        run(key).finally(() => {
          running.delete(key);
          begin();
        }),
      );
    }
  }

  return {
    ask: (key) => {
      if (closed) return;
      const before = asked.get(key);
      // Its time has come, and it only waits for its place.
      if (before && before.timer === null) return;
      if (before?.timer) clearTimeout(before.timer);
      const firstAt = before?.firstAt ?? performance.now();
      const entry: Asked = { firstAt, timer: null };
      entry.timer = setTimeout(
        () => {
          entry.timer = null;
          due.push(key);
          begin();
        },
        Math.max(0, Math.min(quietMs, firstAt + latestMs - performance.now())),
      );
      entry.timer.unref();
      asked.set(key, entry);
    },
    close: async () => {
      closed = true;
      for (const { timer } of asked.values()) if (timer) clearTimeout(timer);
      asked.clear();
      due.length = 0;
      await Promise.all(running.values());
    },
  };
}
