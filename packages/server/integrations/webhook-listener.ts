import type { TurnEndListener } from '../conversations/turn-events.ts';
import { emitEvent } from './emit-event.ts';

/** Tells integrators' endpoints of turns that came in by API: their answer, or why there is none. */
export const webhookListener: TurnEndListener = async (tx, { turn, state, text, attachments, failure, messageId }) => {
  if (turn.path !== 'api') return;
  const { organizationId, conversationId: sessionId, id: turnId, tenantId } = turn;
  const of = { sessionId, turnId, tenantId, user: turn.callerKey.split(':').slice(2).join(':') };
  switch (state) {
    case 'answered':
      return emitEvent(tx, organizationId, 'message.answered', { ...of, messageId, text, attachments });
    case 'failed':
      return emitEvent(tx, organizationId, 'message.failed', { ...of, text, ...failure });
    case 'stopped':
      return emitEvent(tx, organizationId, 'message.stopped', { ...of, text });
    case 'handed_over':
      return emitEvent(tx, organizationId, 'message.handed_over', of);
  }
};
