import type { ConversationEvent } from '@clawpool/contracts';
import { type ConversationService, createConversationService } from '../conversations/conversation-service.ts';
import { createLiveConversations } from '../conversations/live-conversations.ts';
import { startTurnRunner } from '../conversations/turn-runner.ts';
import type { TenantPool } from '../pool/tenant-service.ts';
import type { Database } from '../store/database.ts';
import { startPoolWorld } from './pool-world.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

/** A process that runs turns, as the control plane puts it together, with a scripted host. */
export interface TurnWorld {
  host: ScriptedHost;
  pool: TenantPool;
  conversations: ConversationService;
  /** Resolves with the first event that fits. */
  until(conversationId: string, fits: (event: ConversationEvent) => boolean): Promise<ConversationEvent>;
  /** Ends as `kill -9` would: nothing is finished, the connection with the owner's lock breaks. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export async function startTurnWorld(database: Database, host = createScriptedHost()): Promise<TurnWorld> {
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
    concurrency: 8,
    onError: failed,
  });
  const stop = async () => {
    await runner.close();
    live.close();
  };
  return {
    host,
    pool,
    conversations: createConversationService(database),
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
