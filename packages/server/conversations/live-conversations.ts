import type { ConversationEvent } from '@clawpool/contracts';
import type { Database } from '../store/database.ts';
import type { NotificationListener } from '../store/notifications.ts';
import {
  findConversation,
  findMessage,
  listMessagesOfTurn,
  pageOfMessages,
  toConversation,
} from './conversation-store.ts';
import { findTurn, listOpenAndLastTurn, toTurn } from './turn-store.ts';

type Listener = (event: ConversationEvent) => void;

/**
 * What is happening in conversations right now, for whoever listens. Stored facts arrive through the database's notifications;
 * the text of a running answer exists only here, in the process that runs the turn, until the answer is stored.
 */
export interface LiveConversations {
  delta(conversationId: string, turnId: string, text: string): void;
  /** The turn starts over: what was streamed so far does not count. */
  restart(conversationId: string, turnId: string): void;
  /** The turn is over; its text is in the database or is not wanted. */
  end(conversationId: string, turnId: string): void;
  /** Streamed text of the running turn so far. */
  partial(conversationId: string): { turnId: string; text: string } | null;
  /** Sends a snapshot with the newest page of messages, then every event. Resolves with the function that ends it. */
  follow(organizationId: string, conversationId: string, listener: Listener): Promise<() => void>;
  /** Ids of the conversations that somebody follows here now. */
  watchedConversations(): string[];
  close(): void;
}

export function createLiveConversations(
  database: Database,
  notifications: NotificationListener,
  onError: (error: unknown) => void,
): LiveConversations {
  const listeners = new Map<string, Set<Listener>>();
  const partials = new Map<string, { turnId: string; text: string }>();
  /** The last telling of each conversation that is under way. */
  const telling = new Map<string, Promise<void>>();

  let closed = false;
  /** What is read while the database closes is nobody’s any more. */
  const failed = (error: unknown) => {
    if (!closed) onError(error);
  };

  const emit = (conversationId: string, event: ConversationEvent) => {
    for (const listener of listeners.get(conversationId) ?? []) listener(event);
  };

  const stopListening = notifications.on(
    'conversation_changed',
    ({ organizationId, conversationId, turnId, messageId }) => {
      if (!listeners.has(conversationId)) return;
      // One after the other: of two that read side by side, the one that read the older state could be told last.
      const before = telling.get(conversationId) ?? Promise.resolve();
      const told = before
        .then(() =>
          turnId === null
            ? tellConversation(organizationId, conversationId, messageId)
            : tellStored(organizationId, conversationId, turnId),
        )
        .catch(failed);
      telling.set(conversationId, told);
      void told.then(() => telling.get(conversationId) === told && telling.delete(conversationId));
    },
  );
  const stopGap = notifications.onGap(() => {
    // What was told while the connection was gone is unknown: everybody gets a new snapshot.
    for (const restarted of gapListeners) restarted();
  });
  const gapListeners = new Set<() => void>();

  async function tellStored(organizationId: string, conversationId: string, turnId: string): Promise<void> {
    const turn = await findTurn(database.db, organizationId, conversationId, turnId);
    if (!turn) return;
    for (const message of await listMessagesOfTurn(database.db, organizationId, turnId)) {
      emit(conversationId, { type: 'message', message });
    }
    emit(conversationId, { type: 'turn', turn: toTurn(turn) });
  }

  async function tellConversation(organizationId: string, conversationId: string, messageId?: string): Promise<void> {
    const message = messageId === undefined ? null : await findMessage(database.db, organizationId, messageId);
    if (message) emit(conversationId, { type: 'message', message });
    const conversation = await findConversation(database.db, organizationId, conversationId);
    if (conversation) emit(conversationId, { type: 'conversation', conversation: toConversation(conversation) });
  }

  async function snapshot(organizationId: string, conversationId: string): Promise<ConversationEvent | null> {
    const conversation = await findConversation(database.db, organizationId, conversationId);
    if (!conversation) return null;
    const { messages, more } = await pageOfMessages(database.db, organizationId, conversationId);
    const turns = await listOpenAndLastTurn(database.db, organizationId, conversationId);
    // Read last, without waiting in between: whatever is streamed from here on reaches the listener as a delta.
    const running = partials.get(conversationId) ?? null;
    const stored = messages.some((message) => message.role === 'agent' && message.turnId === running?.turnId);
    return {
      type: 'snapshot',
      conversation: toConversation(conversation),
      messages,
      more,
      turns: turns.map(toTurn),
      partial: stored ? null : running,
    };
  }

  return {
    delta: (conversationId, turnId, text) => {
      const before = partials.get(conversationId);
      partials.set(conversationId, { turnId, text: before?.turnId === turnId ? before.text + text : text });
      emit(conversationId, { type: 'delta', turnId, text });
    },
    restart: (conversationId, turnId) => {
      partials.delete(conversationId);
      emit(conversationId, { type: 'restart', turnId });
    },
    end: (conversationId, turnId) => {
      if (partials.get(conversationId)?.turnId === turnId) partials.delete(conversationId);
    },
    partial: (conversationId) => partials.get(conversationId) ?? null,

    follow: async (organizationId, conversationId, listener) => {
      let waiting: ConversationEvent[] | null = [];
      const forward: Listener = (event) => {
        if (waiting === null) listener(event);
        // Deltas that come before the snapshot is read are part of its `partial`.
        else if (event.type === 'message' || event.type === 'turn' || event.type === 'conversation')
          waiting.push(event);
      };
      const renew = () => {
        waiting ??= [];
        sendSnapshot().catch(failed);
      };
      const sendSnapshot = async () => {
        const first = await snapshot(organizationId, conversationId);
        if (first) listener(first);
        for (const event of waiting ?? []) listener(event);
        waiting = null;
      };
      const set = listeners.get(conversationId) ?? new Set();
      listeners.set(conversationId, set.add(forward));
      gapListeners.add(renew);
      const stop = () => {
        set.delete(forward);
        if (set.size === 0 && listeners.get(conversationId) === set) listeners.delete(conversationId);
        gapListeners.delete(renew);
      };
      try {
        await sendSnapshot();
      } catch (error) {
        stop();
        throw error;
      }
      return stop;
    },
    watchedConversations: () => [...listeners.keys()],
    close: () => {
      closed = true;
      stopListening();
      stopGap();
      listeners.clear();
    },
  };
}
