import type { ConversationEvent } from '@clawpool/contracts';
import { type ConversationService, createConversationService } from '../conversations/conversation-service.ts';
import { createLiveConversations, type LiveConversations } from '../conversations/live-conversations.ts';
import type { Router } from '../conversations/routing/router.ts';
import { startTurnRunner, type TurnRunnerOptions } from '../conversations/turn-runner.ts';
import type { TenantPool } from '../pool/tenant-service.ts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import { startPoolWorld } from './pool-world.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

/** A process that runs turns, as the control plane puts it together, with a scripted host. */
export interface TurnWorld {
  host: ScriptedHost;
  pool: TenantPool;
  notifications: NotificationListener;
  live: LiveConversations;
  /** Names this process's leases. */
  owner: string;
  conversations: ConversationService;
  /** Resolves with the first event that fits. */
  until(conversationId: string, fits: (event: ConversationEvent) => boolean): Promise<ConversationEvent>;
  /** Ends as `kill -9` would: nothing is finished, the connection with the owner's lock breaks. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export interface TurnWorldOptions
  extends Partial<Pick<TurnRunnerOptions, 'quick' | 'listeners' | 'watchers' | 'concurrency' | 'perTenant'>> {
  /** Who answers whom; each person's own agent unless given. */
  router?: Router;
  /** Throws unless given. */
  onError?: (error: unknown) => void;
}

export async function startTurnWorld(
  database: Database,
  host = createScriptedHost(),
  options: TurnWorldOptions = {},
): Promise<TurnWorld> {
  const failed = (error: unknown) => {
    throw error;
  };
  const world = await startPoolWorld(database, new Map([['local', host]]));
  const { pool, notifications, owner } = world;
  const live = createLiveConversations(database, notifications, failed);
  const runner = startTurnRunner({
    database,
    notifications,
    pool,
    live,
    owner,
    modelFailureOf: () => null,
    quick: options.quick ?? null,
    listeners: options.listeners ?? [],
    watchers: options.watchers ?? [],
    concurrency: options.concurrency ?? 8,
    perTenant: options.perTenant ?? 8,
    onError: options.onError ?? failed,
  });
  const stop = async () => {
    await runner.close();
    live.close();
  };
  return {
    ...{ host, pool, notifications, live, owner },
    conversations: createConversationService(database, options.router ?? ownTenants),
    until: (conversationId, fits) =>
      new Promise((resolve, reject) => {
        live
          .follow('org', conversationId, (event) => {
            if (fits(event)) resolve(event);
          })
          .catch(reject);
      }),
    // Closing gives turns up without finishing them, which is what a dead process leaves behind.
    die: async () => {
      await stop();
      await world.die();
    },
    close: async () => {
      await stop();
      await world.close();
    },
  };
}

/** Everybody's own tenant has the employee's id, as in the small organization. */
export const ownTenants: Router = {
  resolve: async ({ employeeId }) => ({
    employee: { id: employeeId, name: employeeId, position: '', department: '' },
    tenant: { id: employeeId, name: `agent-${employeeId}`, state: 'hibernated', team: false },
    tier: null,
    session: null,
    steps: [],
  }),
  close: () => {},
};
