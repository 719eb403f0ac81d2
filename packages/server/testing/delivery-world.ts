import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import type { InboundMessage, QuickAnswers } from '@clawpool/contracts';
import { type Attachments, createAttachments } from '../conversations/attachments.ts';
import { type BindingService, createBindingService } from '../conversations/channels/binding-service.ts';
import { insertBinding } from '../conversations/channels/binding-store.ts';
import {
  type ChannelAccountService,
  createChannelAccountService,
} from '../conversations/channels/channel-account-service.ts';
import { createOpenAccounts, type OpenAccounts } from '../conversations/channels/open-accounts.ts';
import { startReception } from '../conversations/channels/reception.ts';
import { createDeadLetters, type DeadLetters } from '../conversations/delivery/dead-letters.ts';
import { createDrafts, type Drafts } from '../conversations/delivery/drafts.ts';
import { createInbox, type Inbox } from '../conversations/delivery/inbox.ts';
import { startInboxWorker } from '../conversations/delivery/inbox-worker.ts';
import { startOutboxWorker } from '../conversations/delivery/outbox-worker.ts';
import { replyListener } from '../conversations/delivery/replies.ts';
import type { TurnWatcher } from '../conversations/turn-events.ts';
import type { Principal } from '../organization/principal.ts';
import { connect, type Database } from '../store/database.ts';
import { createSeal } from '../store/seal.ts';
import { createScriptedChannel, type ScriptedChannel } from './scripted-channel.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';
import { ownTenants, startTurnWorld, type TurnWorld } from './turn-world.ts';

/** A process that receives, answers and delivers, as the control plane puts it together, on a scripted platform and host. */
export interface DeliveryWorld {
  channel: ScriptedChannel;
  turns: TurnWorld;
  inbox: Inbox;
  attachments: Attachments;
  accounts: OpenAccounts;
  accountService: ChannelAccountService;
  bindings: BindingService;
  deadLetters: DeadLetters;
  /** What went wrong without a caller. */
  errors: unknown[];
  /** As the platform brings them. */
  receive(accountId: string, ...messages: InboundMessage[]): Promise<void>;
  /** Ends as `kill -9` would: what is under way goes nowhere, the connection with the owner's lock breaks. */
  die(): Promise<void>;
  /** Frees what a process that died has in the test's. */
  bury(): Promise<void>;
  close(): Promise<void>;
}

export interface DeliveryWorldOptions {
  /** Direct answers of the model; none unless given. */
  quick?: QuickAnswers;
  channel?: ScriptedChannel;
  host?: ScriptedHost;
  publicUrl?: string | null;
  /** Milliseconds before a draft, and before a wake is told. */
  firstAfterMs?: number;
  wakingAfterMs?: number;
}

export const admin: Principal = {
  userId: 'user-ann',
  name: 'Ada',
  organizationId: 'org',
  employeeId: null,
  roles: ['admin'],
};

/** Parts of at most `limit`, at words; the real one is a package's that the server does not know. */
const splitAtWords = (text: string, limit: number): string[] =>
  text.trim() === '' ? [] : (text.match(new RegExp(`[\\s\\S]{1,${limit}}(?=\\s|$)|[\\s\\S]{1,${limit}}`, 'gu')) ?? []);

export async function startDeliveryWorld(shared: Database, options: DeliveryWorldOptions = {}): Promise<DeliveryWorld> {
  const channel = options.channel ?? createScriptedChannel();
  const drivers = new Map([['telegram' as const, channel.driver]]);
  const seal = createSeal('the secret of a test', 'channels');
  const publicUrl = options.publicUrl ?? null;
  const errors: unknown[] = [];
  let dead = false;
  const onError = (error: unknown) => void (dead || errors.push(error));
  // A connection pool of its own, as a process has: what is dead writes nothing.
  const database = await connect({ connection: shared.connection, kind: shared.kind, onProgress: () => {} });
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-delivery-'));
  const attachments = createAttachments({ database, blobs: await openBlobFolder(folder) });

  // Drafts need what the turns' world makes, and it needs them.
  let drafts: Drafts | undefined;
  const watcher: TurnWatcher = {
    waking: (turn) => drafts?.waking(turn),
    thinking: (turn) => drafts?.thinking(turn),
    delta: (turn, text) => drafts?.delta(turn, text),
    restart: (turn) => drafts?.restart(turn),
    left: (turn) => drafts?.left(turn),
  };
  const host = options.host ?? createScriptedHost();
  const turns = await startTurnWorld(shared, host, {
    listeners: [replyListener],
    watchers: [watcher],
    quick: options.quick ?? null,
  });
  const { notifications, owner } = turns;
  const accounts = createOpenAccounts({ database, notifications, drivers, seal });
  const splitText = splitAtWords;
  const { firstAfterMs = 10_000, wakingAfterMs = 10_000 } = options;
  drafts = createDrafts({ database, accounts, splitText, owner, onError, firstAfterMs, wakingAfterMs });
  const inbox = createInbox(database, onError);
  const inboxWorker = startInboxWorker({
    ...{ database, notifications, owner, accounts, attachments, onError },
    ...{ router: ownTenants, conversations: turns.conversations, roomEveryMs: 50 },
  });
  const outboxWorker = startOutboxWorker({
    ...{ database, notifications, owner, accounts, attachments, splitText, onError },
  });
  const reception = startReception({ database, notifications, accounts, inbox, publicUrl, onError, everyMs: 100 });

  return {
    ...{ channel, turns, inbox, attachments, accounts, errors },
    accountService: createChannelAccountService({ database, drivers, seal, publicUrl }),
    bindings: createBindingService(database),
    deadLetters: createDeadLetters(database),
    receive: (accountId, ...messages) => inbox.accept({ organizationId: 'org', accountId }, messages),
    die: async () => {
      dead = true;
      const gone = () => Promise.reject(new Error('this process is dead'));
      database.pool.query = gone as typeof database.pool.query;
      database.pool.connect = gone as typeof database.pool.connect;
      await turns.die();
    },
    bury: async () => {
      await Promise.all([reception.close(), inboxWorker.close(), outboxWorker.close(), drafts?.close()]);
      accounts.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
    close: async () => {
      await reception.close();
      await inboxWorker.close();
      await turns.close();
      await drafts?.close();
      await outboxWorker.close();
      accounts.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The bot of the tests, and whoever of ann and ben is to be paired with it. */
export async function connectBot(
  { accountService }: DeliveryWorld,
  { db }: Database,
  people: readonly ('ann' | 'ben')[] = ['ann', 'ben'],
): Promise<string> {
  const { id } = await accountService.add(admin, {
    ...{ channel: 'telegram', name: 'The bot', secret: `secret-${crypto.randomUUID()}`, mode: 'polling' },
  });
  for (const name of people) {
    await db.transaction((tx) =>
      insertBinding(tx, {
        ...{ organizationId: 'org', accountId: id, platformUserId: `tg-${name}`, chatId: `chat-${name}` },
        ...{ displayName: name, employeeId: name, userId: `user-${name}` },
      }),
    );
  }
  return id;
}
