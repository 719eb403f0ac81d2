import type { RunningTurn, TurnEvent } from '@clawpool/contracts';

/**
 * Passes a turn's events on while somebody waits for them. When nobody does any more, its model calls end, with which the run ends by
 * itself; what the gateway still says until then is read unheard, because the calls have to be refused for as long as it is at it.
 */
export async function* whileWaitedFor(
  events: AsyncGenerator<TurnEvent, void>,
  running: RunningTurn,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, void> {
  const { promise: left, resolve: leave } = Promise.withResolvers<null>();
  const onAbort = () => leave(null);
  signal.addEventListener('abort', onAbort, { once: true });
  let next = events.next();
  let over = false;
  try {
    for (;;) {
      const result = signal.aborted ? null : await Promise.race([next, left]);
      if (result === null) return;
      over = result.done === true;
      if (result.done) return;
      yield result.value;
      next = events.next();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!over) running.cancel();
    void readToTheEnd(next, events).finally(() => running.end());
  }
}

async function readToTheEnd(next: Promise<unknown>, events: AsyncGenerator<TurnEvent, void>): Promise<void> {
  try {
    await next;
    for await (const _ of events);
  } catch {
    // the runtime is gone, or was at it for longer than a turn may take
  }
}
