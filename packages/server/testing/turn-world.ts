import { randomUUID } from 'node:crypto';
import type { ConversationEvent } from '@clawpool/contracts';
import pg from 'pg';
import { type ConversationService, createConversationService } from '../conversations/conversation-service.ts';
import { createLiveConversations } from '../conversations/live-conversations.ts';
import { startTurnRunner } from '../conversations/turn-runner.ts';
import { ownerLock } from '../conversations/turn-store.ts';
import { createTenantPool } from '../pool/tenant-service.ts';
import type { Database } from '../store/database.ts';
import { listenForNotifications } from '../store/notifications.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

/** A process that runs turns, as the control plane puts it together, with a scripted host. */
export interface TurnWorld {
  host: ScriptedHost;
  conversations: ConversationService;
  /** Resolves with the first event that fits. */
  until(conversationId: string, fits: (event: ConversationEvent) => boolean): Promise<ConversationEvent>;
  /** Ends as `kill -9` would: nothing is finished, the connection with the owner's lock breaks. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export async function startTurnWorld(database: Database, host = createScriptedHost()): Promise<TurnWorld> {
  const owner = randomUUID();
  const lock = new pg.Client(database.connection);
  await lock.connect();
  await lock.query(ownerLock(owner));
  const failed = (error: unknown) => {
    throw error;
  };
  const notifications = await listenForNotifications(database.connection);
  const pool = await createTenantPool({
    database,
    host,
    model: { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 },
    onError: failed,
  });
  const live = createLiveConversations(database, notifications, failed);
  const runner = startTurnRunner({
    database,
    notifications,
    pool,
    host,
    live,
    owner,
    modelFailureOf: () => null,
    concurrency: 8,
    onError: failed,
  });
  const stop = async () => {
    await runner.close();
    live.close();
    await notifications.close();
    await lock.end();
  };
  return {
    host,
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
    die: stop,
    close: async () => {
      await stop();
      await pool.close();
    },
  };
}
