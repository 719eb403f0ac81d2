/** Asking an agent one thing and following its turn to the end. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@clawpool/client';
import type { ConversationEvent, Turn } from '@clawpool/contracts';

export interface Answer {
  turn: Turn;
  /** Null unless the turn was answered. */
  text: string | null;
}

export interface AnswerListener {
  /** The turn's state, whenever it changes. */
  onTurn?(turn: Turn): void;
  /** A piece of the answer, to be appended. */
  onText?(text: string): void;
  /** What was appended so far does not count: the turn runs again. */
  onRestart?(): void;
  /** The stream was lost; it is made again in so many milliseconds. */
  onLost?(message: string): void;
}

/**
 * Sends a message and follows its turn until it is answered, failed or stopped. Aborting the signal stops the turn:
 * the answer then comes back with the state `stopped`.
 * @throws ClientError when the message is refused or the events are.
 */
export async function ask(
  client: Client,
  conversationId: string,
  text: string,
  listener: AnswerListener,
  signal: AbortSignal,
): Promise<Answer> {
  const sent = await client.call('sendMessage', {
    params: { conversationId },
    body: { text, clientMessageId: randomUUID() },
  });
  const stop = () => {
    const params = { conversationId, turnId: sent.turn.id };
    client.call('stopTurn', { params }).then(undefined, () => listener.onLost?.('The answer could not be stopped.'));
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await follow(client, conversationId, sent.turn, listener);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function follow(client: Client, conversationId: string, first: Turn, listener: AnswerListener): Promise<Answer> {
  const over = new AbortController();
  const progress = createProgress(first, listener);
  let refusal: unknown;
  await client.events(
    'conversationEvents',
    { params: { conversationId } },
    {
      signal: over.signal,
      onEvent(event) {
        progress.apply(event);
        if (progress.answer()) over.abort();
      },
      onError(error, retryInMs) {
        if (retryInMs === null) refusal = error;
        else listener.onLost?.(error.message);
      },
    },
  );
  const answer = progress.answer();
  if (answer) return answer;
  throw refusal;
}

/** Follows one turn through the events of its conversation. */
export function createProgress(first: Turn, listener: AnswerListener) {
  let turn = first;
  let final: string | null = null;
  let shown = '';

  const applyTurn = (next: Turn) => {
    if (next.id !== turn.id) return;
    const changed = next.state !== turn.state || next.retryAt !== turn.retryAt;
    turn = next;
    if (changed) listener.onTurn?.(turn);
  };
  const append = (text: string) => {
    if (text === '') return;
    shown += text;
    listener.onText?.(text);
  };
  const replace = (text: string) => {
    if (text.startsWith(shown)) return append(text.slice(shown.length));
    shown = '';
    listener.onRestart?.();
    append(text);
  };
  listener.onTurn?.(turn);

  return {
    apply(event: ConversationEvent): void {
      if (event.type === 'snapshot') {
        const now = event.turns.find(({ id }) => id === turn.id);
        if (event.partial?.turnId === turn.id) replace(event.partial.text);
        for (const message of event.messages) this.apply({ type: 'message', message });
        if (now) applyTurn(now);
        else if (final !== null) applyTurn({ ...turn, state: 'answered' });
      } else if (event.type === 'turn') applyTurn(event.turn);
      else if (event.type === 'delta' && event.turnId === turn.id) append(event.text);
      else if (event.type === 'restart' && event.turnId === turn.id && shown !== '') replace('');
      else if (event.type === 'message' && event.message.turnId === turn.id && event.message.role === 'agent') {
        final = event.message.text;
        replace(final);
      }
    },
    /** Null until the turn is over. An answered turn is over when its message is there too. */
    answer(): Answer | null {
      if (turn.state === 'failed' || turn.state === 'stopped') return { turn, text: final };
      return turn.state === 'answered' && final !== null ? { turn, text: final } : null;
    },
  };
}
