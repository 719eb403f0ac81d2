import { useTranslation } from 'react-i18next';
import { startOfDay } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { type ConversationState, type Exchange, exchangesOf, type KnownTurn } from './conversation-state.ts';
import { AgentMessage, PersonMessage } from './messages.tsx';
import type { Outgoing } from './outbox.ts';
import { OutgoingMessage } from './outgoing-message.tsx';
import { TurnStatus } from './turn-status.tsx';

export interface ThreadActions {
  onTryNow: (turn: KnownTurn) => void;
  onWithdraw: (turn: KnownTurn) => void;
  onSendAgain: (message: Outgoing) => void;
  onDiscard: (message: Outgoing) => void;
  onEdit: (message: Outgoing) => void;
}

/** The messages from the first to the last, then those on their way. */
export function Thread({
  state,
  outgoing,
  onTryNow,
  onWithdraw,
  onSendAgain,
  onDiscard,
  onEdit,
}: { state: ConversationState; outgoing: readonly Outgoing[] } & ThreadActions) {
  const exchanges = exchangesOf(state);
  return (
    <div className="grid grid-cols-1 gap-8 empty:hidden">
      {exchanges.map((exchange, index) => (
        <div key={exchange.turnId} className="grid grid-cols-1 gap-5">
          <DayLine at={momentOf(exchange)} before={momentOf(exchanges[index - 1])} />
          {exchange.question && <PersonMessage text={exchange.question.text} at={Date.parse(exchange.question.at)} />}
          <Answer
            exchange={exchange}
            first={exchanges.find(({ turn }) => turn && turn.finishedAt === null)?.turnId === exchange.turnId}
            onTryNow={onTryNow}
            onWithdraw={onWithdraw}
          />
        </div>
      ))}
      {outgoing.map((message) => (
        <OutgoingMessage
          key={message.clientMessageId}
          message={message}
          onAgain={() => onSendAgain(message)}
          onDiscard={() => onDiscard(message)}
          onEdit={() => onEdit(message)}
        />
      ))}
    </div>
  );
}

/** `first`: no turn before it is still open. */
function Answer({
  exchange: { answer, partial, turn },
  first,
  onTryNow,
  onWithdraw,
}: { exchange: Exchange; first: boolean } & Pick<ThreadActions, 'onTryNow' | 'onWithdraw'>) {
  const { t } = useTranslation();
  if (answer) {
    return (
      <div className="grid grid-cols-1 gap-3">
        <AgentMessage text={answer.text} at={Date.parse(answer.at)} />
        {turn?.state === 'stopped' && <TurnStatus turn={turn} first={first} />}
      </div>
    );
  }
  // Only its messages are known, and among them is no answer.
  if (!turn) return <p className="text-ink-faint text-sm sm:ps-11">{t('chat.unanswered')}</p>;
  const writing = turn.state === 'thinking' && partial !== null && partial !== '';
  return (
    <div className="grid grid-cols-1 gap-3">
      {partial && <AgentMessage text={partial} streaming={writing} />}
      {turn.state !== 'answered' && (
        <TurnStatus
          turn={turn}
          first={first}
          writing={writing}
          onTryNow={() => onTryNow(turn)}
          onWithdraw={() => onWithdraw(turn)}
        />
      )}
    </div>
  );
}

function momentOf(exchange: Exchange | undefined): number | null {
  const at = exchange?.question?.at ?? exchange?.answer?.at;
  return at === undefined ? null : Date.parse(at);
}

/** A date between messages of different days. */
function DayLine({ at, before }: { at: number | null; before: number | null }) {
  const format = useFormat();
  const now = useNow(60_000);
  if (at === null || (before !== null && startOfDay(at) === startOfDay(before))) return null;
  return (
    <p className="flex items-center gap-4 text-ink-faint text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      <time dateTime={new Date(at).toISOString()}>{format.day(at, now)}</time>
    </p>
  );
}
