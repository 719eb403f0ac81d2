import type { TurnEndListener } from '../conversations/turn-events.ts';
import { emitEvent } from './emit-event.ts';

/** Tells integrators' endpoints of turns that came in by API: their answer, or why there is none. One that was stopped is no news to them. */
export const webhookListener: TurnEndListener = async (tx, { turn, state, text, failure, messageId }) => {
  if (turn.path !== 'api' || (state !== 'answered' && state !== 'failed')) return;
  const { organizationId, conversationId: sessionId, id: turnId, tenantId } = turn;
  const of = { sessionId, turnId, tenantId, user: turn.callerKey.split(':').slice(2).join(':') };
  if (state === 'answered') await emitEvent(tx, organizationId, 'message.answered', { ...of, messageId, text });
  else await emitEvent(tx, organizationId, 'message.failed', { ...of, text, ...failure });
};
