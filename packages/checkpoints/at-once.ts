/** Work that may overlap. None is begun after one has failed. */
export interface AtOnce {
  /** Resolves when the work has begun; rejects with what went wrong in earlier work. */
  begin(work: () => Promise<unknown>): Promise<void>;
  /** Resolves when everything has ended; rejects with the first failure. */
  end(): Promise<void>;
}

/** At most that many at once. Always `end` it, also after an error of one's own: otherwise work goes on behind one's back. */
export function atOnce(most: number): AtOnce {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  const check = () => {
    if (failure) throw failure.error;
  };
  return {
    begin: async (work) => {
      while (running.size >= most) await Promise.race(running);
      check();
      const task: Promise<void> = work()
        .then(
          () => {},
          (error) => {
            failure ??= { error };
          },
        )
        .finally(() => running.delete(task));
      running.add(task);
    },
    end: async () => {
      await Promise.all(running);
      check();
    },
  };
}
