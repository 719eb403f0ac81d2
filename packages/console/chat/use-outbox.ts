import { ClientError } from '@clawpool/client';
import type { Attachment, Message, Turn } from '@clawpool/contracts';
import { useEffect, useReducer, useRef } from 'react';
import { noticeSessionEnd } from '../api/api.ts';
import { newToken } from '../api/token.ts';
import { factsOf } from '../api/use-problem.ts';
import { type Outgoing, outboxReducer, parseOutbox } from './outbox.ts';

const prefix = 'clawpool.outbox.';

export interface OutboxEvents {
  /** Makes the conversation that a message begins; resolves with its id. */
  start: (tenantId: string | null) => Promise<string>;
  /** Stores a message with the server. */
  deliver: (conversationId: string, message: Outgoing) => Promise<{ message: Message; turn: Turn }>;
  /** The message begins a conversation, which exists from now on. */
  onStarted: (conversationId: string) => void;
  onAccepted: (conversationId: string, message: Message, turn: Turn) => void;
}

/**
 * Sends messages one after the other, in the order in which they were written. What is not stored by the server yet
 * survives a reload of the tab: it is sent again then, which the idempotency key makes safe. `owner` keeps the messages of several
 * people at one browser apart.
 */
export function useOutbox(owner: string, events: OutboxEvents) {
  const [outbox, dispatch] = useReducer(outboxReducer, null, () => parseOutbox(sessionStorage.getItem(prefix + owner)));
  const latest = useRef(events);
  latest.current = events;
  const queue = useRef(Promise.resolve());

  useEffect(() => {
    try {
      sessionStorage.setItem(prefix + owner, JSON.stringify(outbox));
    } catch {
      // Full storage: the messages are still sent, only a reload in this moment would lose them.
    }
  }, [owner, outbox]);

  const deliver = (message: Outgoing) => {
    queue.current = queue.current.then(async () => {
      const { clientMessageId } = message;
      try {
        let { conversationId } = message;
        if (conversationId === null) {
          conversationId = await latest.current.start(message.tenantId);
          dispatch({ type: 'addressed', clientMessageId, conversationId });
          latest.current.onStarted(conversationId);
        }
        const stored = await latest.current.deliver(conversationId, message);
        latest.current.onAccepted(conversationId, stored.message, stored.turn);
        dispatch({ type: 'remove', clientMessageId });
      } catch (error) {
        noticeSessionEnd(error);
        const { code, hint } = factsOf(error);
        dispatch({ type: 'failed', clientMessageId, problem: { code, hint } });
        if (!(error instanceof ClientError)) reportError(error);
      }
    });
  };

  const resumed = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, with what the reload found
  useEffect(() => {
    if (resumed.current) return;
    resumed.current = true;
    for (const message of outbox) if (message.state === 'sending') deliver(message);
  }, []);

  return {
    outbox,
    send(content: {
      conversationId: string | null;
      tenantId?: string | null;
      text: string;
      attachments?: readonly Attachment[];
    }) {
      const message = { tenantId: null, attachments: [], ...content, clientMessageId: newToken() };
      dispatch({ type: 'send', message });
      deliver({ ...message, state: 'sending', problem: null });
    },
    again(message: Outgoing) {
      dispatch({ type: 'again', clientMessageId: message.clientMessageId });
      deliver(message);
    },
    discard({ clientMessageId }: Outgoing) {
      dispatch({ type: 'remove', clientMessageId });
    },
    /** The event stream has brought this message. */
    arrived(conversationId: string, { text, attachments }: Message) {
      dispatch({ type: 'arrived', conversationId, text, attachments });
    },
  };
}

export function forgetOutbox(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
}
