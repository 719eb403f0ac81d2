import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import pg from 'pg';
import type { Transaction } from './database.ts';

/** What one process tells all others through PostgreSQL: small facts, never content. Delivered when the transaction commits. */
export interface Notifications {
  turn_accepted: Record<string, never>;
  turn_stop_requested: { turnId: string };
  /** A turn with its messages; or, with `turnId` null, the conversation itself and, where named, a message that belongs to no turn. */
  conversation_changed: { organizationId: string; conversationId: string; turnId: string | null; messageId?: string };
  tenant_changed: { organizationId: string; tenantId: string };
  /** There is an operation to claim, or an earlier time to try one again. */
  operation_requested: Record<string, never>;
  /** It is over. */
  operation_ended: { operationId: string; tenantId: string };
  /** A row of the ledger is gone: who waits for room may look again. */
  room_released: { hostId: string };
  batch_requested: Record<string, never>;
  inbox_received: Record<string, never>;
  outbox_ready: Record<string, never>;
  webhook_ready: Record<string, never>;
  /** Something that decides where messages go: rules, assignments, people, positions, tiers. */
  routing_changed: { organizationId: string };
  channel_account_changed: { organizationId: string; accountId: string };
  /** A schedule is new, changed or gone: the next due time may be another. */
  schedules_changed: Record<string, never>;
  /** What agents of the organization are made of has changed; `tenants.agent_revision` says whose. */
  agents_changed: { organizationId: string };
  person_notified: { organizationId: string; userId: string };
}

/** Sends with the transaction's commit; nothing is sent when it rolls back. */
export async function notify<N extends keyof Notifications>(
  tx: Transaction,
  name: N,
  payload: Notifications[N],
): Promise<void> {
  await tx.execute(sql`select ${notification(name, payload)}`);
}

/** The same as an expression, for a statement that does more. */
export const notification = <N extends keyof Notifications>(name: N, payload: Notifications[N]): SQL =>
  sql`pg_notify('clawpool', ${JSON.stringify({ name, payload })})`;

export interface NotificationListener {
  on<N extends keyof Notifications>(name: N, listener: (payload: Notifications[N]) => void): () => void;
  /** Called after the connection was lost and made again: whatever was told meanwhile is unknown. */
  onGap(listener: () => void): () => void;
  close(): Promise<void>;
}

/** One connection that listens for the whole process, and comes back when the database does. */
export async function listenForNotifications(connection: pg.ClientConfig): Promise<NotificationListener> {
  const emitter = new EventEmitter<{ [key: string]: [unknown] }>();
  emitter.setMaxListeners(0);
  let closed = false;
  let client = await connect();

  async function connect(): Promise<pg.Client> {
    const next = new pg.Client({ ...connection, keepAlive: true });
    next.on('notification', ({ payload }) => {
      const { name, payload: value } = JSON.parse(payload ?? '{}') as { name?: string; payload?: unknown };
      if (name) emitter.emit(name, value);
    });
    next.on('error', () => void reconnect(next));
    next.on('end', () => void reconnect(next));
    await next.connect();
    await next.query('listen clawpool');
    return next;
  }

  async function reconnect(lost: pg.Client): Promise<void> {
    if (closed || lost !== client) return;
    for (let delay = 100; !closed; delay = Math.min(delay * 2, 5_000)) {
      try {
        client = await connect();
        emitter.emit('gap', null);
        return;
      } catch {
        await sleep(delay, undefined, { ref: false });
      }
    }
  }

  const subscribe = (name: string, listener: (payload: never) => void) => {
    emitter.on(name, listener as (payload: unknown) => void);
    return () => void emitter.off(name, listener as (payload: unknown) => void);
  };
  return {
    on: subscribe,
    onGap: (listener) => subscribe('gap', listener),
    close: async () => {
      closed = true;
      await client.end();
    },
  };
}
