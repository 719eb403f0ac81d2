import { maxMessageLength } from '@clawpool/contracts';
import { useMutation } from '@tanstack/react-query';
import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { newToken } from '../api/token.ts';
import { Button } from '../design/button.tsx';
import { useMediaQuery } from '../design/media-query.ts';

/** Answers in the session under the own name. What could not be sent stays, and is sent again as the same message. */
export function HumanComposer({
  conversationId,
  caller,
  text,
  onText,
  onSent,
}: {
  conversationId: string;
  caller: string;
  text: string;
  onText: (change: (before: string) => string) => void;
  onSent: () => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const touch = useMediaQuery('(pointer: coarse)');
  /** Names the text as it was last tried to send; another text is another message. */
  const tried = useRef<{ text: string; clientMessageId: string } | null>(null);
  const send = useMutation({
    mutationFn: (body: { text: string; clientMessageId: string }) =>
      api.call('sendAsHuman', { params: { conversationId }, body }),
    onSuccess: (_, sent) => {
      tried.current = null;
      // What was typed while it was on its way is another message.
      onText((now) => (now.trim() === sent.text ? '' : now));
      onSent();
    },
  });
  // Whoever has taken a session over wants to write.
  useEffect(() => {
    if (!touch) input.current?.focus();
  }, [touch]);

  const words = text.trim();
  const over = words.length - maxMessageLength;
  const sendable = words !== '' && over <= 0 && !send.isPending;
  const submit = () => {
    if (!sendable) return;
    if (tried.current?.text !== words) tried.current = { text: words, clientMessageId: newToken() };
    send.mutate(tried.current);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes (Chinese, Japanese), Enter confirms the word. 229 is what Safari reports then.
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composing || touch) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      className="grid grid-cols-1 gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ProblemNotice error={send.error} title={t('sessions.notSent')} />
      <div className="flex items-end gap-2 rounded-2xl border border-control bg-surface p-2 shadow-raised focus-within:border-ink-soft">
        <label htmlFor={id} className="sr-only">
          {t('sessions.answerTo', { name: caller })}
        </label>
        <textarea
          ref={input}
          id={id}
          rows={2}
          value={text}
          placeholder={t('sessions.answerTo', { name: caller })}
          aria-invalid={over > 0 || undefined}
          aria-describedby={over > 0 ? `${id}-over` : undefined}
          enterKeyHint={touch ? 'enter' : 'send'}
          onChange={(event) => onText(() => event.target.value)}
          onKeyDown={onKeyDown}
          className="max-h-[30dvh] min-h-10 flex-1 resize-none bg-transparent px-2.5 py-2 text-base outline-none [field-sizing:content] placeholder:truncate placeholder:text-ink-faint"
        />
        <Button
          kind="primary"
          size="icon"
          type="submit"
          aria-label={t('sessions.sendAsHuman')}
          title={t('sessions.sendAsHuman')}
          disabled={!sendable}
          className="rounded-full"
        >
          <ArrowUp aria-hidden="true" />
        </Button>
      </div>
      {over > 0 && (
        <p id={`${id}-over`} className="px-3 text-bad-ink text-xs">
          {t('chat.tooLong', { over })}
        </p>
      )}
    </form>
  );
}
