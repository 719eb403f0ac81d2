import type { ConversationEvent, Message, Turn } from '@clawpool/contracts';
import { listMessagesOfTurn } from '../conversations/conversation-store.ts';
import type { LiveConversations } from '../conversations/live-conversations.ts';
import { findTurn, toTurn } from '../conversations/turn-store.ts';
import type { Drizzle } from '../store/database.ts';

export interface TurnOfSession {
  organizationId: string;
  sessionId: string;
  turnId: string;
}

/** What is told of one turn while it is not over. */
export type TurnNews =
  | { type: 'turn'; turn: Turn }
  | { type: 'delta'; text: string }
  /** What was told so far does not count. */
  | { type: 'restart' };

/** A turn as it is now, and its answer; null until there is one. */
export interface TurnNow {
  turn: Turn;
  answer: Message | null;
}

/** Resolves when the turn is over or the signal is aborted, whichever is first; null: there is no such turn. */
export async function followTurn(
  { db, live }: { db: Drizzle; live: Pick<LiveConversations, 'follow'> },
  of: TurnOfSession,
  { onNews = () => {}, signal }: { onNews?: (news: TurnNews) => void; signal: AbortSignal },
): Promise<TurnNow | null> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const stop = await live.follow(of.organizationId, of.sessionId, tellerOf(of.turnId, onNews, end));
  await over;
  stop();
  signal.removeEventListener('abort', end);
  return readTurn(db, of);
}

export async function readTurn(db: Drizzle, of: TurnOfSession): Promise<TurnNow | null> {
  const row = await findTurn(db, of.organizationId, of.sessionId, of.turnId);
  if (!row) return null;
  const messages = await listMessagesOfTurn(db, of.organizationId, of.turnId);
  return { turn: toTurn(row), answer: messages.find(({ role }) => role === 'agent') ?? null };
}

/** Picks what is about one turn out of a conversation's events. */
function tellerOf(turnId: string, onNews: (news: TurnNews) => void, end: () => void) {
  let told = false;
  const tellTurn = (turn: Turn) => {
    if (turn.finishedAt !== null) end();
    else onNews({ type: 'turn', turn });
  };
  const tellDelta = (text: string) => {
    told = true;
    onNews({ type: 'delta', text });
  };
  const tellRestart = () => {
    if (told) onNews({ type: 'restart' });
    told = false;
  };
  return (event: ConversationEvent): void => {
    if (event.type === 'snapshot') {
      // A second snapshot follows a gap, in which anything may have been missed.
      tellRestart();
      if (event.partial?.turnId === turnId) tellDelta(event.partial.text);
      const turn = event.turns.find(({ id }) => id === turnId);
      // Open ones are all there: it is over, and others came after it.
      if (turn) tellTurn(turn);
      else end();
    } else if (event.type === 'turn' && event.turn.id === turnId) tellTurn(event.turn);
    else if (event.type === 'delta' && event.turnId === turnId) tellDelta(event.text);
    else if (event.type === 'restart' && event.turnId === turnId) tellRestart();
  };
}
