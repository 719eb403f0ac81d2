import type { BlobStore, ChannelDriver, ChannelName, Host, ModelFailure, QuickAnswers } from '@clawpool/contracts';
import { scopeOf } from '../organization/department-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { TenantPool } from '../pool/tenant-service.ts';
import { findTenant } from '../pool/tenant-store.ts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import type { Seal } from '../store/seal.ts';
import { type Attachments, createAttachments } from './attachments.ts';
import { type BindingService, createBindingService } from './channels/binding-service.ts';
import { type ChannelAccountService, createChannelAccountService } from './channels/channel-account-service.ts';
import { createOpenAccounts, type OpenAccounts } from './channels/open-accounts.ts';
import { startReception } from './channels/reception.ts';
import { type ConversationService, createConversationService } from './conversation-service.ts';
import { createDeadLetters, type DeadLetters } from './delivery/dead-letters.ts';
import { startDeliveryHousekeeping } from './delivery/delivery-housekeeping.ts';
import { createDrafts } from './delivery/drafts.ts';
import { createInbox, type Inbox } from './delivery/inbox.ts';
import { startInboxWorker } from './delivery/inbox-worker.ts';
import { startOutboxWorker } from './delivery/outbox-worker.ts';
import { replyListener } from './delivery/replies.ts';
import { createLiveConversations, type LiveConversations } from './live-conversations.ts';
import { createNotificationService, type NotificationService } from './notifications/notification-service.ts';
import { createRouter, type Router } from './routing/router.ts';
import { createRoutingService, type RoutingService } from './routing/routing-service.ts';
import { startHeartbeats } from './schedules/heartbeats.ts';
import { scheduleListener } from './schedules/schedule-listener.ts';
import { startScheduleRunner } from './schedules/schedule-runner.ts';
import { createScheduleService, type ScheduleService } from './schedules/schedule-service.ts';
import { createHistory, type History } from './sessions/history-service.ts';
import { createSessionMonitor, type SessionMonitor } from './sessions/monitor-service.ts';
import { createTakeovers, type Takeovers } from './sessions/takeover-service.ts';
import type { TurnEndListener } from './turn-events.ts';
import { startTurnRunner } from './turn-runner.ts';

export interface ConversationsOptions {
  database: Database;
  notifications: NotificationListener;
  pool: TenantPool;
  hosts: ReadonlyMap<string, Host>;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  /** Where the content of attachments is. */
  attachments: BlobStore;
  channels: ChannelPlatforms;
  /** For the secrets of bots. */
  seal: Seal;
  /** Where platforms reach this installation; null: they do not. */
  publicUrl: string | null;
  quick: QuickAnswers | null;
  modelFailureOf: (tenantId: string, turnId: string) => ModelFailure | null;
  /** What others do at the end of a turn, in its transaction. */
  listeners: readonly TurnEndListener[];
  /** Turns of one tenant that run at once; the others wait. 4 unless given. */
  turnsPerTenant?: number | undefined;
  onError: (error: unknown) => void;
}

export interface ChannelPlatforms {
  drivers: ReadonlyMap<ChannelName, ChannelDriver>;
  /** Splits text into parts of at most `limit` UTF-16 code units. */
  splitText: (text: string, limit: number) => string[];
}

/** The rooms of the way of a message, joined; see "The way of one message" in docs/architecture.md. */
export interface Conversations {
  accounts: ChannelAccountService;
  openAccounts: OpenAccounts;
  bindings: BindingService;
  inbox: Inbox;
  deadLetters: DeadLetters;
  router: Router;
  routing: RoutingService;
  service: ConversationService;
  history: History;
  attachments: Attachments;
  live: LiveConversations;
  monitor: SessionMonitor;
  takeovers: Takeovers;
  schedules: ScheduleService;
  notifications: NotificationService;
  /** Begins with what waits: messages, answers on their way, schedules. */
  start(): void;
  /** Claims no more; turns that run are given up to the next process. */
  close(): Promise<void>;
}

/** Turns that one process runs at once; each is little more than an open stream. */
const concurrentTurns = 64;

/** An agent that is asked more at once answers nobody in time, and would take the places of others. */
const turnsPerTenant = 4;

/** A takeover ends at most this much after its time. */
const takeoversEveryMs = 15_000;

const unsentEveryMs = 60 * 60 * 1000;

export function createConversations(options: ConversationsOptions): Conversations {
  const { database, notifications, pool, hosts, owner, channels, seal, publicUrl, onError } = options;
  const { db } = database;
  const { drivers, splitText } = channels;
  const closers: (() => Promise<void> | void)[] = [];
  const closing = <T extends { close(): Promise<void> | void }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };
  const scope = (principal: Principal) => scopeOf(db, principal);

  const live = closing(createLiveConversations(database, notifications, onError));
  const router = closing(createRouter({ database, notifications }));
  const attachments = createAttachments({ database, blobs: options.attachments });
  const openAccounts = closing(createOpenAccounts({ database, notifications, drivers, seal }));
  const inbox = createInbox(database, onError);
  const service = createConversationService(database, router);
  const notificationService = closing(createNotificationService(database, notifications, onError));
  const takeovers = createTakeovers({ database, scopeOf: scope });

  function start(): void {
    const running = { database, notifications, owner, onError };
    const drafts = closing(createDrafts({ ...running, accounts: openAccounts, splitText }));
    closing(startReception({ database, notifications, accounts: openAccounts, inbox, publicUrl, onError }));
    closing(
      startInboxWorker({ ...running, accounts: openAccounts, router, attachments, inbox, conversations: service }),
    );
    closing(startOutboxWorker({ ...running, accounts: openAccounts, attachments, splitText }));
    closing(startDeliveryHousekeeping(database, onError));
    closing(startScheduleRunner({ database, notifications, onError }));
    closing(startHeartbeats({ database, hosts, onError }));
    closing(every(takeoversEveryMs, () => takeovers.expireTakeovers(), onError));
    closing(every(unsentEveryMs, () => attachments.removeUnsent(new Date()), onError));
    closing(
      startTurnRunner({
        ...{ ...running, pool, live, concurrency: concurrentTurns },
        perTenant: options.turnsPerTenant ?? turnsPerTenant,
        modelFailureOf: options.modelFailureOf,
        quick: options.quick,
        listeners: [replyListener, scheduleListener, ...options.listeners],
        watchers: [drafts],
      }),
    );
  }

  return {
    accounts: createChannelAccountService({ database, drivers, seal, publicUrl }),
    bindings: createBindingService(database),
    deadLetters: createDeadLetters(database),
    ...{ openAccounts, inbox, router, service, attachments, live, takeovers, start },
    notifications: notificationService,
    routing: createRoutingService({ database, router, scopeOf: scope }),
    history: createHistory({
      database,
      onError,
      forgetSession: (tenantId, session) => forgetSession(options, tenantId, session),
      removeBlob: (blob) => attachments.removeBlobs([blob]),
    }),
    monitor: createSessionMonitor({ database, scopeOf: scope }),
    schedules: createScheduleService(database),
    close: async () => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** On the host that has the tenant's files; one that has no host has no session there. */
async function forgetSession(
  { database, hosts }: ConversationsOptions,
  tenantId: string,
  session: string,
): Promise<void> {
  const tenant = await findTenant(database.db, tenantId);
  await hosts.get(tenant?.hostId ?? '')?.forgetSession(tenantId, session);
}

/** One after the other, never two at once. */
function every(ms: number, work: () => Promise<unknown>, onError: (error: unknown) => void) {
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(work).catch(onError);
  }, ms);
  return {
    close: async () => {
      clearInterval(timer);
      await last;
    },
  };
}
