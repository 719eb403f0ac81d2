import type { ClientError } from '@clawpool/client';
import type { ConversationEvent } from '@clawpool/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useReducer, useState } from 'react';
import { api } from '../api/api.ts';
import { useEvents } from '../api/use-events.ts';
import {
  type ConversationAction,
  type ConversationState,
  conversationReducer,
  emptyConversation,
} from '../chat/conversation-state.ts';
import { type Earlier, useEarlier } from '../chat/use-earlier.ts';
import { sessionKey, sessionListKey } from './queries.ts';

interface Transcript {
  conversationId: string;
  state: ConversationState;
}

/** A session as it happens, from what its page is told. Null `conversation`: nothing was told yet. */
export function useTranscript(conversationId: string): {
  state: ConversationState;
  earlier: Earlier;
  refusal: ClientError | null;
} {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState<{ conversationId: string; error: ClientError } | null>(null);
  const [known, tell] = useReducer(withNews, { conversationId, state: emptyConversation });
  useEvents(
    `session ${conversationId}`,
    'monitoredSessionEvents',
    { params: { conversationId } },
    (event) => {
      tell({ conversationId, action: { type: 'event', event, now: Date.now() } });
      if (changesFigures(event)) void queries.invalidateQueries({ queryKey: sessionKey(conversationId) });
      if (event.type === 'conversation') void queries.invalidateQueries({ queryKey: sessionListKey });
    },
    (error) => setRefusal({ conversationId, error }),
  );
  const state = known.conversationId === conversationId ? known.state : emptyConversation;
  const earlier = useEarlier(conversationId, state, {
    page: (id, query) => api.call('getMonitoredMessages', { params: { conversationId: id }, query }),
    onPage: (id, before, page) => tell({ conversationId: id, action: { type: 'earlier', before, ...page } }),
  });
  return {
    state,
    earlier,
    refusal: refusal?.conversationId === conversationId ? refusal.error : null,
  };
}

/** What is told of another session begins a transcript of its own. */
function withNews(known: Transcript, news: { conversationId: string; action: ConversationAction }): Transcript {
  const before = known.conversationId === news.conversationId ? known.state : emptyConversation;
  return {
    conversationId: news.conversationId,
    state: conversationReducer(before, news.action),
  };
}

/** Text that grows changes no figure; the end of a turn and a message do. */
function changesFigures(event: ConversationEvent): boolean {
  return event.type === 'message' || (event.type === 'turn' && event.turn.finishedAt !== null);
}
