import type { Standstill } from './standstill.ts';

/** The pauses of one runtime: it stands still while there are more pauses than resumes. */
export interface Pauses {
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** It runs from now on, so that it can end. A later pause waits for its end, which is a standstill too. */
  release(): Promise<void>;
}

export function countPauses(standstill: Standstill, exited: Promise<unknown>): Pauses {
  const released = new AbortController();
  let wanted = 0;
  let frozen = false;
  let last: Promise<void> = Promise.resolve();

  /** One after the other: each step looks at what is wanted by then. */
  function settle(): Promise<void> {
    const step = last.then(async () => {
      const wantsFrozen = wanted > 0 && !released.signal.aborted;
      if (wantsFrozen === frozen) return;
      if (wantsFrozen) await standstill.freeze(released.signal);
      else await standstill.thaw();
      frozen = wantsFrozen;
    });
    last = step.catch(() => {});
    return step;
  }

  async function pause(): Promise<void> {
    wanted += 1;
    try {
      await settle();
    } catch (error) {
      wanted -= 1;
      if (!released.signal.aborted) throw error;
    }
    if (released.signal.aborted) await exited;
  }

  async function resume(): Promise<void> {
    wanted = Math.max(0, wanted - 1);
    await settle();
  }

  async function release(): Promise<void> {
    released.abort();
    await settle();
  }

  return { pause, resume, release };
}
