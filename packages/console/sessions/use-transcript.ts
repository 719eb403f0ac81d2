import type { ClientError } from '@clawpool/client';
import type { ConversationEvent } from '@clawpool/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useReducer, useState } from 'react';
import { useEvents } from '../api/use-events.ts';
import { type ConversationState, conversationReducer, emptyConversation } from '../chat/conversation-state.ts';
import { sessionKey, sessionListKey } from './queries.ts';

interface Transcript {
  conversationId: string;
  state: ConversationState;
}

/** A session as it happens, from what its page is told. Null `conversation`: nothing was told yet. */
export function useTranscript(conversationId: string): { state: ConversationState; refusal: ClientError | null } {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState<{ conversationId: string; error: ClientError } | null>(null);
  const [known, tell] = useReducer(withEvent, { conversationId, state: emptyConversation });
  useEvents(
    `session ${conversationId}`,
    'monitoredSessionEvents',
    { params: { conversationId } },
    (event) => {
      tell({ conversationId, event });
      if (changesFigures(event)) void queries.invalidateQueries({ queryKey: sessionKey(conversationId) });
      if (event.type === 'conversation') void queries.invalidateQueries({ queryKey: sessionListKey });
    },
    (error) => setRefusal({ conversationId, error }),
  );
  return {
    state: known.conversationId === conversationId ? known.state : emptyConversation,
    refusal: refusal?.conversationId === conversationId ? refusal.error : null,
  };
}

/** What is told of another session begins a transcript of its own. */
function withEvent(known: Transcript, news: { conversationId: string; event: ConversationEvent }): Transcript {
  const before = known.conversationId === news.conversationId ? known.state : emptyConversation;
  return {
    conversationId: news.conversationId,
    state: conversationReducer(before, { type: 'event', event: news.event, now: Date.now() }),
  };
}

/** Text that grows changes no figure; the end of a turn and a message do. */
function changesFigures(event: ConversationEvent): boolean {
  return event.type === 'message' || (event.type === 'turn' && event.turn.finishedAt !== null);
}
