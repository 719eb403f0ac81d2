import { maxMessageLength } from '@clawpool/contracts';
import { useMutation } from '@tanstack/react-query';
import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { newToken } from '../api/token.ts';
import { FileButton } from '../chat/composer.tsx';
import { FileTrayView } from '../chat/file-tray-view.tsx';
import type { FileTray } from '../chat/use-file-tray.ts';
import { Button } from '../design/button.tsx';
import { useMediaQuery } from '../design/media-query.ts';

interface HumanAnswer {
  text: string;
  attachments: string[];
  clientMessageId: string;
}

/** Answers in the session under the own name. What could not be sent stays, and is sent again as the same message. */
export function HumanComposer({
  conversationId,
  caller,
  text,
  files,
  onText,
  onSent,
}: {
  conversationId: string;
  caller: string;
  text: string;
  files: FileTray | null;
  onText: (change: (before: string) => string) => void;
  onSent: () => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const touch = useMediaQuery('(pointer: coarse)');
  /** Names what was last tried to send; another text, or other files, is another message. */
  const tried = useRef<HumanAnswer | null>(null);
  const send = useMutation({
    mutationFn: (body: HumanAnswer) => api.call('sendAsHuman', { params: { conversationId }, body }),
    onSuccess: (_, sent) => {
      tried.current = null;
      // What was typed while it was on its way is another message.
      onText((now) => (now.trim() === sent.text ? '' : now));
      for (const file of files?.files ?? []) {
        if (file.attachment && sent.attachments.includes(file.attachment.id)) files?.remove(file);
      }
      onSent();
    },
  });
  // Whoever has taken a session over wants to write.
  useEffect(() => {
    if (!touch) input.current?.focus();
  }, [touch]);

  const words = text.trim();
  const over = words.length - maxMessageLength;
  const something = words !== '' || (files !== null && files.files.length > 0);
  const sendable = something && (files?.ready ?? true) && over <= 0 && !send.isPending;
  const submit = () => {
    if (!sendable) return;
    const attachments = (files?.files ?? []).flatMap(({ attachment }) => attachment?.id ?? []);
    const same = tried.current?.text === words && tried.current.attachments.join() === attachments.join();
    const answer = same && tried.current ? tried.current : { text: words, attachments, clientMessageId: newToken() };
    tried.current = answer;
    send.mutate(answer);
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
      {files && <FileTrayView tray={files} />}
      <div className="flex items-end gap-2 rounded-2xl border border-control bg-surface p-2 shadow-raised focus-within:border-ink-soft">
        {files && <FileButton files={files} />}
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
          onPaste={(event) => {
            const pasted = [...event.clipboardData.files];
            if (!files || pasted.length === 0) return;
            event.preventDefault();
            files.add(pasted);
          }}
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
