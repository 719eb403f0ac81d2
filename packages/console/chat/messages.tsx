import type { Message } from '@clawpool/contracts';
import { Info, UserRound, Zap } from 'lucide-react';
import { lazy, memo, type ReactNode, Suspense, useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { channelNames, isChannel } from '../channels/channel-names.ts';
import { classNames } from '../design/class-names.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { Mark } from '../design/mark.tsx';
import { useFormat } from '../format/use-format.ts';
import { Attachments } from './attachments.tsx';

/** On its way as soon as Chat is opened. Without it (a lost connection), plain text is better than nothing. */
const markdown = import('./markdown.tsx').then(
  (module) => ({ default: module.Markdown }),
  () => ({ default: PlainText }),
);
const Markdown = lazy(() => markdown);

function PlainText({ text }: { text: string }) {
  return <p className="whitespace-pre-wrap">{text}</p>;
}

interface Said {
  message: Message;
  /** Where its attachments are; null where they cannot be fetched from. */
  conversationId: string | null;
}

/** By this name a page finds a message to show it. */
export const messageElementId = (messageId: string) => `message-${messageId}`;

export const PersonMessage = memo(function PersonMessage({ message, conversationId }: Said) {
  const { t } = useTranslation();
  return (
    <div id={messageElementId(message.id)} className="group grid scroll-my-16 grid-cols-1 justify-items-end gap-2">
      {message.text !== '' && (
        <div className="flex w-full items-end justify-end gap-2.5">
          <Origin message={message} className="mb-2.5" />
          <MessageTime at={Date.parse(message.at)} className="mb-2.5" />
          <PersonBubble>
            <span className="sr-only">{t('chat.you')}: </span>
            {message.text}
          </PersonBubble>
        </div>
      )}
      <Attachments conversationId={conversationId} attachments={message.attachments} className="justify-end" />
      {message.text === '' && (
        <div className="flex items-center gap-2.5">
          <Origin message={message} />
          <MessageTime at={Date.parse(message.at)} />
        </div>
      )}
    </div>
  );
});

export function PersonBubble({ children, className }: { children: ReactNode; className?: string | undefined }) {
  return (
    <div
      data-testid="person-message"
      className={classNames(
        'max-w-[85%] whitespace-pre-wrap rounded-2xl rounded-ee-xs bg-hover px-4 py-2.5 [overflow-wrap:anywhere] sm:max-w-[75%]',
        className,
      )}
    >
      {children}
    </div>
  );
}

/** An answer that is stored. */
export const AgentMessage = memo(function AgentMessage({ message, conversationId }: Said) {
  const { t } = useTranslation();
  return (
    <article id={messageElementId(message.id)} className="group flex scroll-my-16 gap-4">
      <Avatar />
      <div className="min-w-0 flex-1">
        {message.quick && (
          <Badge icon={<Zap aria-hidden="true" />} className="mb-2">
            {t('said.quick')}
          </Badge>
        )}
        <AgentText text={message.text} testId={message.quick ? 'quick-message' : 'agent-message'} />
        <Attachments conversationId={conversationId} attachments={message.attachments} className="mt-3" />
        <div className="-ms-2 mt-1.5 flex h-8 items-center gap-1.5">
          <CopyButton text={message.text} label={t('chat.copyAnswer')} />
          <Origin message={message} />
          <MessageTime at={Date.parse(message.at)} />
        </div>
      </div>
    </article>
  );
});

/** An answer as far as it is written. */
export function GrowingAnswer({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <article className="flex gap-4" aria-busy={streaming}>
      <Avatar />
      <div className="min-w-0 flex-1">
        <AgentText text={text} streaming={streaming} testId="agent-message" />
      </div>
    </article>
  );
}

function AgentText({ text, streaming = false, testId }: { text: string; streaming?: boolean; testId: string }) {
  // Rendering markdown may lag behind a fast stream; typing may not.
  const shown = useDeferredValue(text);
  return (
    <div
      data-testid={testId}
      data-streaming={streaming || undefined}
      className={classNames('prose', streaming && 'prose-streaming')}
    >
      <Suspense fallback={<PlainText text={shown} />}>
        <Markdown text={shown} />
      </Suspense>
    </div>
  );
}

/** Somebody of the organization speaks in the agent's place. */
export const HumanMessage = memo(function HumanMessage({ message, conversationId }: Said) {
  const { t } = useTranslation();
  return (
    <article id={messageElementId(message.id)} className="group flex scroll-my-16 gap-4">
      <span
        aria-hidden="true"
        className="hidden size-7 shrink-0 place-items-center rounded-full bg-info-soft text-info-ink sm:grid"
      >
        <UserRound className="size-4" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="mb-1.5 flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-semibold">{message.author ?? t('said.colleague')}</span>
          <Badge className="bg-info-soft text-info-ink">{t('said.human')}</Badge>
        </p>
        <p data-testid="human-message" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
          {message.text}
        </p>
        <Attachments conversationId={conversationId} attachments={message.attachments} className="mt-3" />
        <div className="mt-1 flex h-6 items-center">
          <MessageTime at={Date.parse(message.at)} />
        </div>
      </div>
    </article>
  );
});

/** What the system tells in between. */
export const Note = memo(function Note({ message }: { message: Message }) {
  const format = useFormat();
  return (
    <p
      id={messageElementId(message.id)}
      data-testid="note"
      className="mx-auto flex max-w-prose items-start gap-2 text-ink-faint text-sm [overflow-wrap:anywhere]"
    >
      <Info className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <span>
        {message.text}{' '}
        <time dateTime={message.at} title={format.full(Date.parse(message.at))} className="tabular whitespace-nowrap">
          {format.time(Date.parse(message.at))}
        </time>
      </span>
    </p>
  );
});

/** By which way it came, where that was not this page. */
function Origin({ message: { origin }, className }: { message: Message; className?: string }) {
  const { t } = useTranslation();
  if (origin === 'portal' || origin === 'twin') return null;
  return (
    <Badge className={className}>
      <span className="sr-only">{t('said.by')} </span>
      {isChannel(origin) ? channelNames[origin] : t(`said.origin.${origin}`)}
    </Badge>
  );
}

function Badge({
  icon,
  children,
  className,
}: {
  icon?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}) {
  return (
    <span
      className={classNames(
        'inline-flex h-5 w-fit shrink-0 items-center gap-1 rounded-full bg-hover px-2 font-medium text-ink-soft text-xs [&_svg]:size-3',
        className,
      )}
    >
      {icon}
      {children}
    </span>
  );
}

function Avatar() {
  return (
    <span
      aria-hidden="true"
      className="hidden size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-accent sm:grid"
    >
      <Mark className="size-4.5" />
    </span>
  );
}

function MessageTime({ at, className }: { at: number; className?: string }) {
  const format = useFormat();
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={format.full(at)}
      className={classNames(
        'tabular shrink-0 text-ink-faint text-xs opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100',
        className,
      )}
    >
      {format.time(at)}
    </time>
  );
}
