import type { ClientErrorCode } from '@clawpool/client';
import type { Attachment } from '@clawpool/contracts';

/** Messages on their way to the server. Plain data and rules; `use-outbox.ts` sends them. */

export interface Outgoing {
  /** Idempotency key: however often it is sent, the server stores the message once. */
  clientMessageId: string;
  /** Null: it begins a new conversation. */
  conversationId: string | null;
  /** Whose conversation it begins; null: that of the person's own agent. */
  tenantId: string | null;
  text: string;
  /** Uploaded already. */
  attachments: readonly Attachment[];
  state: 'sending' | 'failed';
  /** Why it failed. */
  problem: OutgoingProblem | null;
}

export interface OutgoingProblem {
  code: ClientErrorCode;
  hint?: string | undefined;
}

export type OutboxAction =
  | { type: 'send'; message: Omit<Outgoing, 'state' | 'problem'> }
  /** The conversation it begins exists now. */
  | { type: 'addressed'; clientMessageId: string; conversationId: string }
  | { type: 'failed'; clientMessageId: string; problem: OutgoingProblem }
  | { type: 'again'; clientMessageId: string }
  /** Stored by the server, or given up by the person. */
  | { type: 'remove'; clientMessageId: string }
  /** The stream brought it before the answer to the POST did, or although the POST seemed to fail. */
  | { type: 'arrived'; conversationId: string; text: string; attachments: readonly Pick<Attachment, 'id'>[] };

export function outboxReducer(outbox: readonly Outgoing[], action: OutboxAction): readonly Outgoing[] {
  switch (action.type) {
    case 'send':
      return [...outbox, { ...action.message, state: 'sending', problem: null }];
    case 'addressed':
      return change(outbox, action.clientMessageId, { conversationId: action.conversationId });
    case 'failed':
      return change(outbox, action.clientMessageId, { state: 'failed', problem: action.problem });
    case 'again':
      return change(outbox, action.clientMessageId, { state: 'sending', problem: null });
    case 'remove':
      return outbox.filter(({ clientMessageId }) => clientMessageId !== action.clientMessageId);
    case 'arrived': {
      // The server trims what it stores.
      const arrived = outbox.find(
        (message) =>
          message.conversationId === action.conversationId &&
          message.text.trim() === action.text.trim() &&
          sameFiles(message.attachments, action.attachments),
      );
      return arrived ? outbox.filter((message) => message !== arrived) : outbox;
    }
  }
}

function sameFiles(some: readonly Pick<Attachment, 'id'>[], others: readonly Pick<Attachment, 'id'>[]): boolean {
  return some.length === others.length && some.every(({ id }) => others.some((other) => other.id === id));
}

function change(outbox: readonly Outgoing[], id: string, parts: Partial<Outgoing>): readonly Outgoing[] {
  return outbox.map((message) => (message.clientMessageId === id ? { ...message, ...parts } : message));
}

/** What a reload finds. Its shape is checked: another version of the page may have written it. */
export function parseOutbox(stored: string | null): Outgoing[] {
  try {
    const value: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(value) ? value.filter(isOutgoing) : [];
  } catch {
    return [];
  }
}

function isOutgoing(value: unknown): value is Outgoing {
  const message = value as Partial<Outgoing> | null;
  return (
    typeof message?.clientMessageId === 'string' &&
    typeof message.text === 'string' &&
    Array.isArray(message.attachments) &&
    (message.tenantId === null || typeof message.tenantId === 'string') &&
    (message.conversationId === null || typeof message.conversationId === 'string') &&
    (message.state === 'sending' || message.state === 'failed')
  );
}
