/** Work that is looked at again and again, one round at a time. */
export interface Rounds {
  /** A round from now on, also when one is under way. */
  soon(): void;
  /** Resolves when the last round is over. */
  close(): Promise<void>;
}

/** `round` resolves with the milliseconds until the next one; null: not before somebody asks. After an error it is tried again. */
export function startRounds(round: () => Promise<number | null>, onError: (error: unknown) => void): Rounds {
  const afterErrorMs = 5_000;
  let under: Promise<void> | null = null;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  soon();

  function soon(): void {
    again = true;
    if (closed || under) return;
    under = once().finally(() => {
      under = null;
      if (again) soon();
    });
  }

  async function once(): Promise<void> {
    again = false;
    clearTimeout(timer);
    const pauseMs = await round().catch((error: unknown) => {
      onError(error);
      return afterErrorMs;
    });
    if (!closed && pauseMs !== null) timer = setTimeout(soon, pauseMs).unref();
  }

  return {
    soon,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await under;
    },
  };
}
