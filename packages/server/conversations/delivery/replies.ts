import type { Transaction } from '../../store/database.ts';
import type { ReplyTo } from '../../store/schema/index.ts';
import type { EndedTurn, TurnEndListener } from '../turn-events.ts';
import { enqueueOutbound, isStillTheirs } from './outbox.ts';
import { findGrowing, finishGrowing, removeGrowing, replyKey } from './outbox-store.ts';
import { said } from './said.ts';

/** What the chat is told of a turn's end. Null: nothing. */
interface Reply {
  text: string;
  attachments: readonly string[];
  buttons: readonly { label: string; value: string }[];
}

/**
 * The answer, or what went wrong in words a person can use. Of an answer that was stopped or handed over nothing is told, except that what
 * is shown of it already (`shown`) is ended.
 */
function replyOf({ turn, state, text, attachments, quick, failure }: EndedTurn, shown: boolean): Reply | null {
  if (state === 'answered' && quick) return { text: `${text}\n\n${said.quick}`, attachments, buttons: [] };
  if (state === 'answered') return text === '' && attachments.length === 0 ? null : { text, attachments, buttons: [] };
  if (state === 'failed') {
    const { message, hint, reason } = failure ?? {
      message: 'No answer came.',
      hint: 'Try again.',
      reason: 'agent_error',
    };
    const asks = reason === 'interrupted_after_acting';
    const buttons = asks
      ? [
          { label: said.runAgain, value: `retry:${turn.id}` },
          { label: said.leaveIt, value: `leave:${turn.id}` },
        ]
      : [];
    return { text: [message, hint].filter((line) => line !== '').join('\n\n'), attachments: [], buttons };
  }
  if (!shown) return null;
  return { text: text === '' ? said.stoppedHere : `${text}\n\n${said.stoppedHere}`, attachments: [], buttons: [] };
}

/**
 * Puts the end of a turn that came from a channel into the outbox, in the transaction that ends it. A chat that was disconnected meanwhile
 * is told nothing: the answer is in the portal.
 */
export const replyListener: TurnEndListener = async (tx, ended) => {
  const { turn } = ended;
  if (turn.replyTo) await reply(tx, ended, turn.replyTo);
};

async function reply(tx: Transaction, ended: EndedTurn, to: ReplyTo): Promise<void> {
  const { organizationId, id: turnId, conversationId } = ended.turn;
  if (!(await isStillTheirs(tx, { organizationId, conversationId, to }))) return;
  const growing = await findGrowing(tx, organizationId, turnId);
  const told = replyOf(ended, growing !== null);
  if (growing) {
    if (!told) return removeGrowing(tx, growing);
    const { text, attachments, buttons } = told;
    return finishGrowing(tx, growing, { text, attachments: [...attachments], buttons: [...buttons], growing: true });
  }
  if (!told) return;
  const dedupeKey = await replyKey(tx, ended.turn);
  await enqueueOutbound(tx, { organizationId, to, kind: 'reply', dedupeKey, conversationId, turnId, ...told });
}
