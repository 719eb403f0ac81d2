import type { Message } from '@clawpool/contracts';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { AttachmentRoute, Attachments } from '../chat/attachments.tsx';
import type { ConversationState, KnownTurn } from '../chat/conversation-state.ts';
import { AgentMessage, GrowingAnswer, HumanMessage, Note, PersonBubble } from '../chat/messages.tsx';
import { startOfDay } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { TurnBadge, useOriginName } from './session-badges.tsx';
import { linesOf } from './transcript.ts';

/** What was said, by whom and by which way, and what is being worked on. The page around it counts seconds; this waits for news. */
export const TranscriptView = memo(function TranscriptView({
  conversationId,
  state,
  caller,
  agent,
}: {
  conversationId: string;
  state: ConversationState;
  caller: string;
  agent: string;
}) {
  const lines = linesOf(state);
  const days = dayStarts(state.messages);
  const newest = state.messages.at(-1);
  const names = { person: caller, agent, human: newest?.author, note: null };
  return (
    <AttachmentRoute value="downloadSessionAttachment">
      {/* What a screen reader hears without moving: whatever was said last, once it is whole. */}
      <p aria-live="polite" className="sr-only">
        {newest && [names[newest.role], newest.text].filter(Boolean).join(': ')}
      </p>
      <ol className="grid grid-cols-1 gap-6">
        {lines.map((line) => (
          <li key={line.key} className="grid grid-cols-1 gap-2">
            {line.type === 'message' && (
              <>
                {days.has(line.message.id) && <DayLine at={Date.parse(line.message.at)} />}
                <Said message={line.message} caller={caller} conversationId={conversationId} />
              </>
            )}
            {line.type === 'partial' && <GrowingAnswer text={line.text} streaming={line.streaming} />}
            {line.type === 'turn' && <TurnLine turn={line.turn} />}
          </li>
        ))}
      </ol>
    </AttachmentRoute>
  );
});

function Said({ message, caller, conversationId }: { message: Message; caller: string; conversationId: string }) {
  switch (message.role) {
    case 'person':
      return (
        <div className="grid justify-items-end gap-1.5">
          <Byline name={caller} message={message} />
          {message.text !== '' && <PersonBubble>{message.text}</PersonBubble>}
          <Attachments conversationId={conversationId} attachments={message.attachments} className="justify-end" />
        </div>
      );
    case 'agent':
      return <AgentMessage message={message} conversationId={conversationId} />;
    case 'human':
      return <HumanMessage message={message} conversationId={conversationId} />;
    case 'note':
      return <Note message={message} />;
  }
}

function Byline({ name, message }: { name: string; message: Message }) {
  const format = useFormat();
  const originName = useOriginName();
  const at = Date.parse(message.at);
  return (
    <p className="flex flex-wrap items-baseline gap-x-2 text-ink-faint text-xs">
      <span className="font-medium text-ink-soft">{name}</span>
      <span>{originName(message.origin)}</span>
      <time dateTime={message.at} title={format.full(at)} className="tabular">
        {format.time(at)}
      </time>
    </p>
  );
}

function TurnLine({ turn }: { turn: KnownTurn }) {
  const { t } = useTranslation();
  const format = useFormat();
  const open = turn.finishedAt === null;
  const now = useNow(open ? 1_000 : null);
  const seconds = Math.max(0, Math.floor((now - turn.since) / 1_000));
  return (
    <div data-testid="turn-line" data-state={turn.state} className="grid grid-cols-1 gap-1 text-sm sm:ps-11">
      <p className="flex flex-wrap items-center gap-2">
        <TurnBadge state={turn.state} />
        {open && turn.position > 0 && (
          <span className="text-ink-faint">{t('sessions.waitsBehind', { count: turn.position })}</span>
        )}
        {open && seconds > 0 && <span className="tabular text-ink-faint">{format.duration(seconds)}</span>}
      </p>
      {turn.message && <p className="break-words text-ink-soft">{turn.message}</p>}
      {turn.hint && <p className="break-words text-ink-faint">{turn.hint}</p>}
      {turn.acts.length > 0 && (
        <ul aria-label={t('sessions.acts')} className="grid grid-cols-1 gap-1 font-mono text-ink-soft text-xs">
          {turn.acts.map((act) => (
            <li key={`${act.at} ${act.tool} ${act.arguments}`} className="break-all">
              {act.tool} {act.arguments}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Ids of the messages that are the first of their day. */
function dayStarts(messages: readonly Message[]): ReadonlySet<string> {
  return new Set(
    messages
      .filter(({ at }, index) => {
        const before = messages[index - 1];
        return before === undefined || startOfDay(Date.parse(at)) !== startOfDay(Date.parse(before.at));
      })
      .map(({ id }) => id),
  );
}

function DayLine({ at }: { at: number }) {
  const format = useFormat();
  const now = useNow(60_000);
  return (
    <p className="flex items-center gap-4 text-ink-faint text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      <time dateTime={new Date(at).toISOString()}>{format.day(at, now)}</time>
    </p>
  );
}
