/** Who is with an agent now: any number of turns side by side, or one alone. */
export interface TurnQueue {
  /**
   * Resolves when it may begin, in the order of arrival, with what is to be called once it is over. Null: `signal` was aborted before.
   *
   * @param alone with no other beside it
   */
  enter(alone: boolean, signal: AbortSignal): Promise<(() => void) | null>;
}

export function createTurnQueue(): TurnQueue {
  const waiting: { alone: boolean; admit: () => void }[] = [];
  let inside = 0;
  let isAlone = false;

  const mayEnter = (alone: boolean) => (alone ? inside === 0 : !isAlone);

  function admitNext(): void {
    for (let next = waiting[0]; next && mayEnter(next.alone); next = waiting[0]) {
      waiting.shift();
      next.admit();
    }
  }

  function enterNow(alone: boolean): () => void {
    inside += 1;
    isAlone = alone;
    return () => {
      inside -= 1;
      if (alone) isAlone = false;
      admitNext();
    };
  }

  return {
    enter: (alone, signal) => {
      if (signal.aborted) return Promise.resolve(null);
      if (waiting.length === 0 && mayEnter(alone)) return Promise.resolve(enterNow(alone));
      const { promise, resolve } = Promise.withResolvers<(() => void) | null>();
      const giveUp = () => {
        waiting.splice(waiting.indexOf(entry), 1);
        resolve(null);
        admitNext(); // those behind it may not have to wait for anybody else
      };
      const entry = {
        alone,
        admit: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(enterNow(alone));
        },
      };
      waiting.push(entry);
      signal.addEventListener('abort', giveUp, { once: true });
      return promise;
    },
  };
}
