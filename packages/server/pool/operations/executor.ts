import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseAway } from './database-away.ts';
import { type ClaimedOperation, OperationLost, operationLeaseMs, operationRenewalMs } from './operation.ts';
import { giveUpOperation, renewOperation } from './operation-store.ts';
import { type Outcome, walk } from './walk.ts';
import type { OperationWorld } from './world.ts';

/** Does operations that this process holds, and keeps their leases meanwhile. */
export interface Executor {
  /** Resolves when it is over, waits, or is not this process's any more. Of one tenant one at a time. Never rejects. */
  run(operation: ClaimedOperation): Promise<Outcome>;
  /** It was ended from outside: whatever is done for it here stops. */
  drop(operationId: string): void;
  /** Gives up what is under way to whoever claims it next. */
  close(): Promise<void>;
}

/** How long what is under way may take to come to a point where it can be left. */
const patienceMs = 10_000;

export function createExecutor(world: OperationWorld): Executor {
  const running = new Map<string, { abort: AbortController; done: Promise<Outcome> }>();
  /** The last one of each tenant here: one that was lost may still be busy with the host when the next begins. */
  const lastOf = new Map<string, Promise<unknown>>();
  let closing = false;

  function run(operation: ClaimedOperation): Promise<Outcome> {
    const abort = new AbortController();
    if (closing) abort.abort(new OperationLost());
    const before = lastOf.get(operation.tenantId);
    const renewal = setInterval(() => {
      renewOperation(world.database.db, operation, operationLeaseMs).then(
        (held) => held || abort.abort(new OperationLost()),
        () => undefined, // The database is away; the lease decides when it is back.
      );
    }, operationRenewalMs);
    const done = (async () => {
      await before;
      const outcome = await walk({ world, operation, signal: abort.signal });
      if (outcome.end === 'database_away' || (outcome.end === 'lost' && closing)) await giveUp(operation, abort.signal);
      return outcome;
    })().finally(() => {
      clearInterval(renewal);
      running.delete(operation.id);
      if (lastOf.get(operation.tenantId) === done) lastOf.delete(operation.tenantId);
    });
    running.set(operation.id, { abort, done });
    lastOf.set(operation.tenantId, done);
    return done;
  }

  /** As soon as the database is back, unless the lease is over before. */
  async function giveUp(operation: ClaimedOperation, signal: AbortSignal): Promise<void> {
    for (const until = Date.now() + operationLeaseMs; Date.now() < until; ) {
      try {
        return await giveUpOperation(world.database.db, operation);
      } catch (error) {
        if (!isDatabaseAway(error)) return world.onError(error);
        if (closing || signal.aborted) return;
        await sleep(500);
      }
    }
  }

  return {
    run,
    drop: (operationId) => running.get(operationId)?.abort.abort(new OperationLost()),
    close: async () => {
      closing = true;
      const left = [...running.values()];
      for (const { abort } of left) abort.abort(new OperationLost());
      const patience = new AbortController();
      await Promise.race([
        Promise.all(left.map(({ done }) => done)),
        sleep(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
    },
  };
}
