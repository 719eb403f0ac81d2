import { ChannelError } from '@clawpool/contracts';
import type { Database } from '../../store/database.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import type { Attachments } from '../attachments.ts';
import { noteTrouble } from '../channels/channel-account-store.ts';
import type { OpenAccount, OpenAccounts } from '../channels/open-accounts.ts';
import {
  buryOutbound,
  type ClaimedOutbound,
  claimOutbound,
  finishOutbound,
  hasDeliveredSince,
  nextOutboundDue,
  postponeOutbound,
  recordDrafts,
  recordSentParts,
  releaseDeadOutbound,
  renewOutbound,
} from './outbox-store.ts';
import { type Part, partsOf, readAttachment } from './parts.ts';
import { type QueueWorker, startQueueWorker } from './queue-worker.ts';
import { afterFailure, errorLine, leaseMs, outboxFailures } from './retry.ts';
import { said } from './said.ts';

export interface OutboxWorkerOptions {
  database: Database;
  notifications: NotificationListener;
  accounts: OpenAccounts;
  attachments: Attachments;
  /** Splits text into parts of at most `limit` UTF-16 code units. */
  splitText: (text: string, limit: number) => string[];
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
  /** Chats that are delivered to at once; 16 unless given. */
  concurrency?: number;
}

/** What is for an account that is switched off is kept, and looked at this often. */
const switchedOffMs = 60_000;

/** Delivers to platforms, in order per chat, until it is taken or given up. */
export function startOutboxWorker(options: OutboxWorkerOptions): QueueWorker {
  const { database, notifications, owner, accounts, onError } = options;
  const { db } = database;

  async function handle(row: ClaimedOutbound, signal: AbortSignal): Promise<void> {
    let account: OpenAccount | null = null;
    try {
      account = await accounts.findIn(row.organizationId, row.accountId);
      if (!account?.enabled) {
        const retryAt = new Date(Date.now() + switchedOffMs);
        return await postponeOutbound(db, row, { retryAt, error: 'the account is switched off' });
      }
      await deliver(options, account, row, signal);
    } catch (error) {
      if (signal.aborted) return;
      await fail(row, account, error);
    }
  }

  async function fail(row: ClaimedOutbound, account: OpenAccount | null, error: unknown): Promise<void> {
    const known = error instanceof ChannelError ? error : null;
    if (!known) onError(error);
    if (known?.kind === 'secret' && account) await noteTrouble(db, account, errorLine(error));
    const othersGotThrough = await hasDeliveredSince(db, row, row.failingSince);
    const { dead, waitMs, tries } = afterFailure(row, error, { maxFailures: outboxFailures, othersGotThrough });
    if (dead) return buryOutbound(db, row, { error: errorLine(error), tries });
    await postponeOutbound(db, row, { retryAt: new Date(Date.now() + waitMs), error: errorLine(error), tries });
  }

  const worker = startQueueWorker<ClaimedOutbound>(
    {
      claim: (limit) => claimOutbound(db, { owner, leaseMs, limit }),
      renew: (row) => renewOutbound(db, row, leaseMs),
      releaseDead: () => releaseDeadOutbound(db, owner),
      nextDue: () => nextOutboundDue(db),
      handle,
    },
    { concurrency: () => options.concurrency ?? 16, onError },
  );
  const stops = [notifications.on('outbox_ready', worker.look), notifications.onGap(worker.look)];
  return {
    look: worker.look,
    close: async () => {
      for (const stop of stops) stop();
      await worker.close();
    },
  };
}

/** Sends what has not been sent; remembered part by part, so that a crash repeats at most one. */
async function deliver(
  { database, attachments, splitText }: OutboxWorkerOptions,
  account: OpenAccount,
  row: ClaimedOutbound,
  signal: AbortSignal,
): Promise<void> {
  const { features } = account.driver;
  const parts = partsOf(row.content, features, splitText);
  const shown = [...row.sentParts];
  const drafts = await countDrafts(database.db, row);
  if (drafts === null) return;
  for (const [index, part] of parts.entries()) {
    if (index < shown.length && index >= drafts) continue;
    if (signal.aborted) return;
    const replaced = index < drafts && (await replaceDraft(account, row, shown[index] ?? '', part));
    if (replaced) continue;
    // The message that a draft's place is taken by is another one for the platform.
    const idempotencyKey = index < drafts ? `${row.id}:${index}:whole` : `${row.id}:${index}`;
    const content = await contentOf(part);
    const sent = await account.connection.send({ ...content, chatId: row.chatId, idempotencyKey });
    shown[index] = sent.platformMessageId;
    // A draft that was sent just before a crash, and not remembered: the platform has shown that one again.
    const mayBeDraft = row.content.growing && index === drafts && features.edits && content.attachment === null;
    if (mayBeDraft) await replaceDraft(account, row, sent.platformMessageId, part);
    if (!(await recordSentParts(database.db, row, shown))) return;
  }
  // The agent began again, and its answer became shorter than what was shown of it.
  for (let index = parts.length; index < drafts; index++) {
    await replaceDraft(account, row, shown[index] ?? '', { text: '…', buttons: [] });
  }
  await finishOutbound(database.db, row, shown);

  async function contentOf(part: Part) {
    const { text, buttons } = part;
    if (!('attachmentId' in part)) return { text, buttons, attachment: null };
    const maxBytes = features.attachments.outboundMaxBytes;
    const file = await readAttachment(attachments, row.organizationId, part.attachmentId, maxBytes);
    if (file.content) return { text, buttons, attachment: { ...file, content: file.content } };
    return { text: file.gone ? said.fileGone(file.name) : said.tooLargeToSend(file.name), buttons, attachment: null };
  }
}

/** How many parts the growing answer had left behind when it was whole. Null: the row is somebody else's. */
async function countDrafts(db: Database['db'], row: ClaimedOutbound): Promise<number | null> {
  const { content, sentParts } = row;
  if (content.drafts !== undefined || !content.growing) return content.drafts ?? 0;
  const held = await recordDrafts(db, row, { ...content, drafts: sentParts.length });
  return held ? sentParts.length : null;
}

/** False: it cannot be edited (any more), or buttons belong below it, and is to be sent as a message of its own. */
async function replaceDraft(
  { connection }: OpenAccount,
  { chatId }: ClaimedOutbound,
  platformMessageId: string,
  part: Part,
): Promise<boolean> {
  if (part.buttons.length > 0 || 'attachmentId' in part) {
    await connection.edit(chatId, platformMessageId, '…').catch(() => undefined);
    return false;
  }
  try {
    await connection.edit(chatId, platformMessageId, part.text);
    return true;
  } catch (error) {
    if (error instanceof ChannelError && error.kind === 'refused') return false;
    throw error;
  }
}
