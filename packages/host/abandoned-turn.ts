import type { RunningTurn, TurnEvent } from '@clawpool/contracts';

/** Milliseconds that a run has to end by itself once its model calls have; what takes longer is a tool. */
export const windDownMs = 1_000;

export interface WaitedFor {
  events: AsyncGenerator<TurnEvent, void>;
  running: RunningTurn;
  /** Aborted: nobody waits any more. */
  signal: AbortSignal;
  /** Breaks the request off; null: the gateway would not notice. */
  hangUp: AbortController | null;
  /** Told that nobody waits any more, with what resolves when the run is over. */
  abandoned: (over: Promise<void>) => void;
}

/**
 * Passes a turn's events on while somebody waits for them. When nobody does any more, its model calls end, with which the run ends by
 * itself; what the gateway still says until then is read unheard, because the calls have to be refused for as long as it is at it. Only a
 * run that is at a tool is broken off: one that is before its first model call would keep its session locked for a minute (OpenClaw
 * 2026.6 waits for its own lock then), and comes to that call anyway.
 */
export async function* whileWaitedFor(turn: WaitedFor): AsyncGenerator<TurnEvent, void> {
  const { events, signal } = turn;
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
  } catch (error) {
    over = true;
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (over) turn.running.end();
    else turn.abandoned(windDown(turn, next));
  }
}

async function windDown({ events, running, hangUp }: WaitedFor, next: Promise<unknown>): Promise<void> {
  const askedBefore = running.asked();
  running.cancel();
  const timer = askedBefore ? setTimeout(() => hangUp?.abort(), windDownMs) : undefined;
  try {
    await next;
    for await (const _ of events);
  } catch {
    // the runtime is gone, was hung up on, or was at it for longer than a turn may take
  } finally {
    clearTimeout(timer);
    running.end();
  }
}
