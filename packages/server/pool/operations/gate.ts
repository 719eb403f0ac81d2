/** Lets a bounded number in at once; whoever comes later waits in order. */
export interface Gate {
  /** Runs it when there is a place at `key`. Rejects with the signal's reason when it is aborted before. */
  pass<T>(key: string, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
}

export function createGate(places: number): Gate {
  const inside = new Map<string, number>();
  const waiting = new Map<string, (() => void)[]>();

  async function enter(key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const count = inside.get(key) ?? 0;
    if (count < places) {
      inside.set(key, count + 1);
      return;
    }
    const queue = waiting.get(key) ?? [];
    waiting.set(key, queue);
    await new Promise<void>((resolve, reject) => {
      const admit = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        queue.splice(queue.indexOf(admit), 1);
        reject(signal.reason);
      };
      queue.push(admit);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** The place goes straight to the next in line. */
  function exit(key: string): void {
    const next = waiting.get(key)?.shift();
    if (next) next();
    else inside.set(key, (inside.get(key) ?? 1) - 1);
  }

  return {
    pass: async (key, signal, run) => {
      await enter(key, signal);
      try {
        return await run();
      } finally {
        exit(key);
      }
    },
  };
}
