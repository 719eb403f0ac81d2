import { ClientError } from '@clawpool/client';
import type { ConversationEvent } from '@clawpool/contracts';
import { useReducer, useState } from 'react';
import { api } from '../api/api.ts';
import { useEvents } from '../api/use-events.ts';
import { conversationReducer, emptyConversation, newPersonMessages } from '../chat/conversation-state.ts';
import { useOutbox } from '../chat/use-outbox.ts';
import { keepVisitor, visitorOf } from './visitor-key.ts';

/** The twin's messages have one conversation per visitor, whose id they never need. */
const theOne = 'visit';

/** A visitor's conversation with a twin, live. `onGone` is told when the link has ended meanwhile. */
export function useVisit(
  token: string,
  { onGone, onEvent }: { onGone: () => void; onEvent: (event: ConversationEvent) => void },
) {
  const [visitor, setVisitor] = useState(() => visitorOf(token));
  const [state, dispatch] = useReducer(conversationReducer, emptyConversation);
  const noticeEnd = (error: unknown) => {
    if (error instanceof ClientError && error.code === 'not_found') onGone();
  };

  const outbox = useOutbox(`twin.${token}`, {
    start: async () => theOne,
    deliver: async (_, { text, clientMessageId }) => {
      try {
        return await api.call('twinSend', { params: { token }, body: { visitor: visitor.key, text, clientMessageId } });
      } catch (error) {
        noticeEnd(error);
        throw error;
      }
    },
    onStarted: () => {},
    onAccepted: (_, message, turn) => {
      dispatch({ type: 'accepted', message, turn, now: Date.now() });
      // Only now is there something to follow.
      if (visitor.wrote) return;
      const known = { ...visitor, wrote: true };
      keepVisitor(token, known);
      setVisitor(known);
    },
  });

  useEvents(
    visitor.wrote ? `twin ${token}` : null,
    'twinEvents',
    { params: { token }, query: { visitor: visitor.key } },
    (event) => {
      for (const message of newPersonMessages(state, event)) outbox.arrived(theOne, message);
      dispatch({ type: 'event', event, now: Date.now() });
      onEvent(event);
    },
    noticeEnd,
  );

  return {
    state,
    /** There is a conversation, which has not come yet. */
    loading: visitor.wrote && state.conversation === null && state.messages.length === 0,
    outgoing: outbox.outbox,
    send: (text: string) => outbox.send({ conversationId: theOne, text }),
    again: outbox.again,
    discard: outbox.discard,
  };
}
