import type { ModelFailure, ModelUsage, RunningTurns } from '@clawpool/contracts';

/** The turns that hosts run now, each with what its model calls have come to. */
export interface TurnRegistry extends RunningTurns {
  /** Undefined: no host said that it runs this turn. */
  find(tenantId: string, turnId: string): TrackedTurn | undefined;
  /** Ids of the turns that hosts run for a tenant, also of one that nobody waits for any more. */
  of(tenantId: string): string[];
}

export interface TrackedTurn {
  /** Aborted when nobody waits for the turn any more. */
  readonly cancelled: AbortSignal;
  /** Told of each of its calls, also of those that are refused. */
  noteCall(): void;
  /** Told of each attempt to answer one of its calls. */
  note(attempt: Pick<ModelUsage, 'outcome' | 'failure'>): void;
}

/** In memory: a turn does not outlive the host that runs it. */
export function createTurnRegistry(): TurnRegistry {
  /** A turn that was cancelled and is sent again is in the list twice until the first one is over. */
  const running = new Map<string, TrackedTurn[]>();
  const keyOf = (tenantId: string, turnId: string) => `${tenantId}\n${turnId}`;

  return {
    begin(tenantId, turnId) {
      const key = keyOf(tenantId, turnId);
      const cancelling = new AbortController();
      let failure: ModelFailure | null = null;
      let asked = false;
      const turn: TrackedTurn = {
        cancelled: cancelling.signal,
        noteCall: () => {
          asked = true;
        },
        note: (attempt) => {
          if (attempt.outcome !== 'cancelled') failure = attempt.failure;
        },
      };
      running.set(key, [...(running.get(key) ?? []), turn]);
      return {
        asked: () => asked,
        failure: () => failure,
        cancel: () => cancelling.abort(),
        end: () => {
          const left = (running.get(key) ?? []).filter((other) => other !== turn);
          if (left.length > 0) running.set(key, left);
          else running.delete(key);
        },
      };
    },
    // The oldest: an agent works on the turns of one session in the order in which they came.
    find: (tenantId, turnId) => running.get(keyOf(tenantId, turnId))?.[0],
    of: (tenantId) => {
      const prefix = keyOf(tenantId, '');
      return [...running.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
    },
  };
}
