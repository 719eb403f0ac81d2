import type { Message } from '@clawpool/contracts';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { startOfDay } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import {
  type ConversationState,
  type Exchange,
  type KnownTurn,
  type ThreadItem,
  threadOf,
} from './conversation-state.ts';
import { AgentMessage, GrowingAnswer, HumanMessage, Note, PersonMessage } from './messages.tsx';
import type { Outgoing } from './outbox.ts';
import { OutgoingMessage } from './outgoing-message.tsx';

/** What is known of a turn that has no answer yet. */
export interface OpenTurn {
  turn: KnownTurn;
  /** No turn before it is still open. */
  first: boolean;
  /** The answer's text is already growing. */
  writing: boolean;
}

export interface OutgoingActions {
  onSendAgain: (message: Outgoing) => void;
  onDiscard: (message: Outgoing) => void;
  onEdit: (message: Outgoing) => void;
}

/** The messages from the first to the last, then those on their way. */
export function Thread({
  state,
  attachmentsOf,
  outgoing = [],
  status,
  onSendAgain,
  onDiscard,
  onEdit,
}: {
  state: ConversationState;
  /** The conversation from which attachments can be downloaded; null where there is no such way. */
  attachmentsOf: string | null;
  outgoing?: readonly Outgoing[];
  /** Says how a turn without its answer is doing, to whoever reads this. */
  status: (open: OpenTurn) => ReactNode;
} & Partial<OutgoingActions>) {
  const items = threadOf(state);
  const firstOpen = items.find((item) => item.kind === 'exchange' && item.turn && item.turn.finishedAt === null);
  return (
    <div className="grid grid-cols-1 gap-8 empty:hidden">
      {items.map((item, index) => (
        <div key={item.kind === 'aside' ? item.message.id : item.turnId} className="grid grid-cols-1 gap-5">
          <DayLine at={momentOf(item)} before={momentOf(items[index - 1])} />
          {item.kind === 'aside' ? (
            <AsideMessage message={item.message} conversationId={attachmentsOf} />
          ) : (
            <>
              {item.question && <PersonMessage message={item.question} conversationId={attachmentsOf} />}
              <Answer exchange={item} first={item === firstOpen} conversationId={attachmentsOf} status={status} />
            </>
          )}
        </div>
      ))}
      {outgoing.map((message) => (
        <OutgoingMessage
          key={message.clientMessageId}
          message={message}
          onAgain={() => onSendAgain?.(message)}
          onDiscard={() => onDiscard?.(message)}
          onEdit={() => onEdit?.(message)}
        />
      ))}
    </div>
  );
}

function AsideMessage({ message, conversationId }: { message: Message; conversationId: string | null }) {
  switch (message.role) {
    case 'human':
      return <HumanMessage message={message} conversationId={conversationId} />;
    case 'note':
      return <Note message={message} />;
    case 'agent':
      return <AgentMessage message={message} conversationId={conversationId} />;
    case 'person':
      return <PersonMessage message={message} conversationId={conversationId} />;
  }
}

function Answer({
  exchange: { quick, answer, partial, turn, answeredByHuman },
  first,
  conversationId,
  status,
}: {
  exchange: Exchange;
  first: boolean;
  conversationId: string | null;
  status: (open: OpenTurn) => ReactNode;
}) {
  const { t } = useTranslation();
  const soon = quick && <AgentMessage message={quick} conversationId={conversationId} />;
  if (answer) {
    return (
      <div className="grid grid-cols-1 gap-3">
        {soon}
        <AgentMessage message={answer} conversationId={conversationId} />
        {turn?.state === 'stopped' && status({ turn, first, writing: false })}
      </div>
    );
  }
  // Only its messages are known, and among them is no answer.
  if (!turn) {
    if (soon || answeredByHuman) return soon;
    return <p className="text-ink-faint text-sm sm:ps-11">{t('chat.unanswered')}</p>;
  }
  const writing = turn.state === 'thinking' && partial !== null && partial !== '';
  return (
    <div className="grid grid-cols-1 gap-3">
      {soon}
      {partial && <GrowingAnswer text={partial} streaming={writing} />}
      {turn.state !== 'answered' && status({ turn, first, writing })}
    </div>
  );
}

function momentOf(item: ThreadItem | undefined): number | null {
  if (!item) return null;
  const at = item.kind === 'aside' ? item.message.at : (item.question?.at ?? item.quick?.at ?? item.answer?.at);
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
