import type { Database } from '../../store/database.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import type { Inbox } from './inbox.ts';
import { buryGroup } from './inbox-groups.ts';
import { type Handling, handleInbound, NoRoom } from './inbox-handling.ts';
import {
  buryInbound,
  type ClaimedInbound,
  claimInbound,
  LeaseLost,
  nextInboundDue,
  postponeInbound,
  releaseDeadInbound,
  renewInbound,
  wasNotedSince,
} from './inbox-store.ts';
import { enqueueOutbound } from './outbox.ts';
import { hasDeliveredSince } from './outbox-store.ts';
import { type QueueWorker, startQueueWorker } from './queue-worker.ts';
import { afterFailure, errorLine, inboxFailures, leaseMs } from './retry.ts';
import { said } from './said.ts';

export interface InboxWorkerOptions extends Handling {
  database: Database;
  notifications: NotificationListener;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
  /** While many messages arrive in this process they are acknowledged first, and taken one at a time. */
  inbox?: Pick<Inbox, 'busy'>;
  /** Chats whose messages are taken at once; 16 unless given. */
  concurrency?: number;
  /** Milliseconds after which a message that found no room is looked at again; 2 000 unless given. */
  roomEveryMs?: number;
}

/** What is noted at a row that waits, and stays there: those behind it belong to the same episode. */
const waitsForRoom = 'waits: too many messages are ahead';

/** Whose message cannot be passed on for so long is told that it is tried again. */
const toldAfterMs = 60_000;

/** Makes turns of what platforms brought, in order per chat, and answers what is not for an agent. */
export function startInboxWorker(options: InboxWorkerOptions): QueueWorker {
  const { database, notifications, owner, onError } = options;
  const { db } = database;
  const roomEveryMs = options.roomEveryMs ?? 2_000;

  async function handle(row: ClaimedInbound, signal: AbortSignal): Promise<void> {
    try {
      await handleInbound(options, row, signal);
    } catch (error) {
      if (error instanceof LeaseLost || signal.aborted) return;
      if (error instanceof NoRoom) return holdBack(row, error.ahead);
      await fail(row, error);
    }
  }

  /** It waits, and those of its chat behind it; that is told once, until a message of the chat has found room at once. */
  async function holdBack(row: ClaimedInbound, ahead: number): Promise<void> {
    await db.transaction(async (tx) => {
      const told =
        row.error === waitsForRoom || (await wasNotedSince(tx, row, { note: waitsForRoom, since: row.receivedAt }));
      const retryAt = new Date(Date.now() + roomEveryMs);
      const held = await postponeInbound(tx, row, { retryAt, error: waitsForRoom });
      if (held && !told) await tell(tx, row, `waits:${row.id}`, said.waits(ahead));
    });
  }

  async function fail(row: ClaimedInbound, error: unknown): Promise<void> {
    const now = new Date();
    const othersGotThrough = await hasDeliveredSince(db, row, row.failingSince);
    const { dead, waitMs, tries } = afterFailure(row, error, { maxFailures: inboxFailures, othersGotThrough, now });
    const retryAt = new Date(now.getTime() + waitMs);
    if (dead) onError(error);
    await db.transaction(async (tx) => {
      const told = { error: errorLine(error), tries };
      const held = await (dead ? buryInbound(tx, row, told) : postponeInbound(tx, row, { ...told, retryAt }));
      if (!held) return;
      if (dead) await buryGroup(tx, row, told);
      if (dead) return tell(tx, row, `dead:${row.id}`, said.gaveUp);
      const failingMs = now.getTime() - (row.failingSince ?? now).getTime();
      if (failingMs >= toldAfterMs) await tell(tx, row, `trying:${row.id}`, said.stillTrying);
    });
  }

  const worker = startQueueWorker<ClaimedInbound>(
    {
      claim: (limit) => claimInbound(db, { owner, leaseMs, limit }),
      renew: (row) => renewInbound(db, row, leaseMs),
      releaseDead: () => releaseDeadInbound(db, owner),
      nextDue: () => nextInboundDue(db),
      handle,
    },
    { concurrency: () => (options.inbox?.busy() ? 1 : (options.concurrency ?? 16)), onError },
  );
  const stops = [notifications.on('inbox_received', worker.look), notifications.onGap(worker.look)];
  return {
    look: worker.look,
    close: async () => {
      for (const stop of stops) stop();
      await worker.close();
    },
  };
}

type Tx = Parameters<typeof enqueueOutbound>[0];

const tell = (tx: Tx, { organizationId, accountId, chatId }: ClaimedInbound, dedupeKey: string, text: string) =>
  enqueueOutbound(tx, { organizationId, to: { accountId, chatId }, kind: 'note', dedupeKey, text });
