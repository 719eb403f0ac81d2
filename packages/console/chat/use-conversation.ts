import type { ClientError } from '@clawpool/client';
import type { ConversationEvent, Message, Turn } from '@clawpool/contracts';
import { type QueryClient, skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/api.ts';
import { agentQuery, conversationsQuery } from '../api/queries.ts';
import { useEvents } from '../api/use-events.ts';
import {
  type ConversationAction,
  type ConversationState,
  conversationReducer,
  emptyConversation,
  newPersonMessages,
} from './conversation-state.ts';
import { useEarlier } from './use-earlier.ts';

const keyOf = (conversationId: string) => ['thread', conversationId];

/** After it was deleted. */
export function forgetThread(queries: QueryClient, conversationId: string): void {
  queries.removeQueries({ queryKey: keyOf(conversationId) });
}

/**
 * A conversation, live. Its state lives in the query cache, so that going back to it shows it at once. Null stands for a
 * conversation that has not begun.
 */
export function useConversation(
  conversationId: string | null,
  {
    onNews,
    onEvent,
  }: { onNews: (conversationId: string, message: Message) => void; onEvent: (event: ConversationEvent) => void },
) {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState<{ conversationId: string; error: ClientError } | null>(null);
  const { data: state } = useQuery<ConversationState>({
    queryKey: keyOf(conversationId ?? ''),
    queryFn: skipToken,
    // The reducer hands on what has not changed; comparing a long conversation at every delta would be slow.
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

  const dispatch = (id: string, action: ConversationAction) =>
    queries.setQueryData<ConversationState>(keyOf(id), (before = emptyConversation) =>
      conversationReducer(before, action),
    );

  useEvents(
    conversationId && `conversation ${conversationId}`,
    'conversationEvents',
    { params: { conversationId: conversationId ?? '' } },
    (event) => {
      if (conversationId === null) return;
      const before = queries.getQueryData<ConversationState>(keyOf(conversationId)) ?? emptyConversation;
      for (const message of newPersonMessages(before, event)) onNews(conversationId, message);
      dispatch(conversationId, { type: 'event', event, now: Date.now() });
      // The agent's state and the list's titles and order follow from what happens here.
      if (event.type === 'turn') void queries.invalidateQueries(agentQuery);
      if (event.type === 'message' || event.type === 'conversation') void queries.invalidateQueries(conversationsQuery);
      onEvent(event);
    },
    (error) => setRefusal(conversationId === null ? null : { conversationId, error }),
  );

  const earlier = useEarlier(conversationId, state ?? emptyConversation, {
    page: (id, query) => api.call('conversationMessages', { params: { conversationId: id }, query }),
    onPage: (id, before, page) => dispatch(id, { type: 'earlier', before, ...page }),
  });

  return {
    state: state ?? emptyConversation,
    earlier,
    /** Why the server does not show this conversation; null while it does. */
    refusal: refusal?.conversationId === conversationId ? refusal?.error : null,
    accepted: (id: string, message: Message, turn: Turn) =>
      dispatch(id, { type: 'accepted', message, turn, now: Date.now() }),
  };
}
