import { randomUUID } from 'node:crypto';
import type { InboundMessage } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { channelAccounts } from '../../store/schema/index.ts';
import { insertInboxRows, type NewInboxRow } from './inbox-store.ts';

/** Where the messages of all platforms arrive. */
export interface Inbox {
  /**
   * Resolves when the messages are stored for good; the platform may be acknowledged then. Known ones are stored once. Rejects when the
   * database is away: the platform has to bring them again.
   */
  accept(account: { organizationId: string; accountId: string }, messages: readonly InboundMessage[]): Promise<void>;
  /** Do many messages arrive right now? Acknowledging them comes before everything that can wait. */
  busy(): boolean;
}

/** So many messages within half a second leave no time for much else on a small machine. */
const busyMessages = 75;
const busyMs = 500;

/** Rows of one statement: beyond this a commit costs less than the statement. */
const maxRows = 500;

/** When something came last is told this often, not with every message. */
const receivedEveryMs = 10_000;

/**
 * Group commit: one statement is on its way at a time, and whatever arrives meanwhile goes with the next one. Under load hundreds of
 * messages share one commit; a single one waits for nothing.
 */
export function createInbox(database: Database, onError: (error: unknown) => void): Inbox {
  let waiting: { row: NewInboxRow; stored: PromiseWithResolvers<void> }[] = [];
  let storing = false;
  const toldAt = new Map<string, number>();
  let countedFrom = 0;
  let counted = 0;
  let before = 0;

  /** Counts in steps of half a second; the step before counts as well. */
  function count(messages: number): void {
    const steps = Math.floor((performance.now() - countedFrom) / busyMs);
    if (steps > 0) {
      before = steps === 1 ? counted : 0;
      counted = 0;
      countedFrom += steps * busyMs;
    }
    counted += messages;
  }

  async function storeAll(): Promise<void> {
    if (storing) return;
    storing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxRows);
      waiting = waiting.slice(maxRows);
      await store(batch);
    }
    storing = false;
  }

  async function store(batch: typeof waiting): Promise<void> {
    try {
      await insertInboxRows(
        database.db,
        batch.map(({ row }) => row),
      );
      for (const { stored } of batch) stored.resolve();
    } catch (error) {
      const [only, another] = batch;
      if (only && !another) only.stored.reject(error);
      // One that cannot be stored takes no other with it.
      else for (const one of batch) await store([one]);
    }
  }

  function noteReceived(organizationId: string, accountId: string): void {
    const now = Date.now();
    if (now - (toldAt.get(accountId) ?? 0) < receivedEveryMs) return;
    toldAt.set(accountId, now);
    database.db
      .update(channelAccounts)
      .set({ lastReceivedAt: new Date(now) })
      .where(and(eq(channelAccounts.organizationId, organizationId), eq(channelAccounts.id, accountId)))
      .catch(onError);
  }

  return {
    busy: () => {
      count(0);
      return Math.max(before, counted) >= busyMessages;
    },
    accept: async ({ organizationId, accountId }, messages) => {
      if (messages.length === 0) return;
      count(messages.length);
      const entries = messages.map((message) => ({
        row: { organizationId, accountId, id: randomUUID(), message: storable(message) },
        stored: Promise.withResolvers<void>(),
      }));
      waiting.push(...entries);
      void storeAll();
      await Promise.all(entries.map(({ stored }) => stored.promise));
      noteReceived(organizationId, accountId);
    },
  };
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; a stranger's message may. */
function storable(message: InboundMessage): InboundMessage {
  const plain = JSON.parse(
    JSON.stringify(message, (_, value: unknown) =>
      typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value,
    ),
  ) as InboundMessage;
  return { ...plain, sequence: Number.isSafeInteger(plain.sequence) ? plain.sequence : 0 };
}
