import type { NotificationListener } from '../../store/notifications.ts';
import type { Executor } from './executor.ts';
import { operationLeaseMs } from './operation.ts';
import { claimNextOperation, nextOperationAt, releaseOperationsOfTheDead, retryWaiting } from './operation-store.ts';
import type { OperationWorld } from './world.ts';

export interface OperationRunner {
  /** Claims no more. */
  close(): Promise<void>;
}

/** A slow poll catches whatever a lost notification would have told. */
const pollMs = 5_000;

/** Operations this process does at once, wakes by messages not counted: most of them wait for a host. */
const concurrency = 8;

/** How many of them may be a batch's: the other places are for what somebody asked for by itself, and waits for. */
const concurrencyOfBatches = 5;

/** Of those who wait for room, how many look again when some is free. */
const lookAgain = 4;

/** Claims operations, the oldest first and those of batches last, and lets the executor do them. */
export function startOperationRunner(
  { database: { db }, owner, onError }: OperationWorld,
  executor: Executor,
  notifications: NotificationListener,
): OperationRunner {
  let underWay = 0;
  let ofBatches = 0;
  let closed = false;
  let wanted = false;
  let claiming: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const stopRequested = notifications.on('operation_requested', () => look());
  const stopRoom = notifications.on('room_released', () => {
    retryWaiting(db, lookAgain).then(look, onError);
  });
  const stopGap = notifications.onGap(() => look());
  look();

  function look(): void {
    if (closed) return;
    wanted = true;
    claiming ??= claimAll().finally(() => {
      claiming = null;
      if (wanted && underWay < concurrency) look();
    });
  }

  async function claimAll(): Promise<void> {
    wanted = false;
    clearTimeout(timer);
    let delay = pollMs;
    try {
      await releaseOperationsOfTheDead(db, owner);
      const which = () => ({ ofBatches: ofBatches < concurrencyOfBatches });
      while (!closed && underWay < concurrency) {
        const operation = await claimNextOperation(db, owner, operationLeaseMs, which());
        if (!operation) break;
        const ofBatch = operation.batchId === null ? 0 : 1;
        underWay++;
        ofBatches += ofBatch;
        void executor
          .run(operation)
          .catch(onError)
          .finally(() => {
            underWay--;
            ofBatches -= ofBatch;
            look();
          });
      }
      // Without a free place nothing that is due could be claimed; whoever frees one looks again.
      const at = underWay < concurrency ? await nextOperationAt(db, which()) : null;
      if (at) delay = Math.min(pollMs, Math.max(50, at.getTime() - Date.now()));
    } catch (error) {
      onError(error);
    }
    if (!closed) timer = setTimeout(look, delay);
  }

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      stopRequested();
      stopRoom();
      stopGap();
      await claiming;
    },
  };
}
