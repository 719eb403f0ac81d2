import { lazy, memo, type ReactNode, Suspense, useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { Mark } from '../design/mark.tsx';
import { useFormat } from '../format/use-format.ts';

/** On its way as soon as Chat is opened. Without it (a lost connection), plain text is better than nothing. */
const markdown = import('./markdown.tsx').then(
  (module) => ({ default: module.Markdown }),
  () => ({ default: PlainText }),
);
const Markdown = lazy(() => markdown);

function PlainText({ text }: { text: string }) {
  return <p className="whitespace-pre-wrap">{text}</p>;
}

export const PersonMessage = memo(function PersonMessage({ text, at }: { text: string; at: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="group flex items-end justify-end gap-2.5">
      <MessageTime at={at} className="mb-2.5" title={format.full(at)} />
      <PersonBubble>
        <span className="sr-only">{t('chat.you')}: </span>
        {text}
      </PersonBubble>
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

/** `at` is absent while it is written. */
export const AgentMessage = memo(function AgentMessage({
  text,
  at,
  streaming = false,
}: {
  text: string;
  at?: number;
  streaming?: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  // Rendering markdown may lag behind a fast stream; typing may not.
  const shown = useDeferredValue(text);
  return (
    <article className="group flex gap-4" aria-busy={streaming}>
      <Avatar />
      <div className="min-w-0 flex-1">
        <div
          data-testid="agent-message"
          data-streaming={streaming || undefined}
          className={classNames('prose', streaming && 'prose-streaming')}
        >
          <Suspense fallback={<PlainText text={shown} />}>
            <Markdown text={shown} />
          </Suspense>
        </div>
        {at !== undefined && (
          <div className="-ms-2 mt-1.5 flex h-8 items-center gap-1.5">
            <CopyButton text={text} label={t('chat.copyAnswer')} />
            <MessageTime at={at} title={format.full(at)} />
          </div>
        )}
      </div>
    </article>
  );
});

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

function MessageTime({ at, title, className }: { at: number; title: string; className?: string }) {
  const format = useFormat();
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={title}
      className={classNames(
        'tabular shrink-0 text-ink-faint text-xs opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100',
        className,
      )}
    >
      {format.time(at)}
    </time>
  );
}
