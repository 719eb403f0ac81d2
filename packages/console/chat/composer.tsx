import { attachmentLimits, maxMessageLength } from '@clawpool/contracts';
import { ArrowUp, Paperclip, Square } from 'lucide-react';
import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { useMediaQuery } from '../design/media-query.ts';
import { useFormat } from '../format/use-format.ts';
import { readDraft, writeDraft } from './drafts.ts';
import { FileTrayView } from './file-tray-view.tsx';
import type { FileTray } from './use-file-tray.ts';

/** From this part of the most on, the number of characters is shown. */
const countFrom = 0.9;

export interface ComposerHandle {
  /** Takes the keyboard, except on phones, where that would open the keyboard over what is to be read. */
  focus(): void;
  /** Puts a text in front of what is there. */
  write(text: string): void;
}

export interface ComposerProps {
  /** Whose drafts these are. */
  owner: string;
  conversationId: string | null;
  agentName: string;
  /** Characters a message may have. */
  maxLength?: number;
  /** Absent: messages are text alone. */
  files?: FileTray;
  /** Nothing may be sent right now; typing goes on. */
  busy: boolean;
  /** There is an answer to stop. */
  answering?: boolean;
  stopping?: boolean;
  onSend: (text: string) => void;
  onStop?: () => void;
  ref: Ref<ComposerHandle>;
}

export function Composer(props: ComposerProps) {
  const { owner, conversationId, agentName, maxLength = maxMessageLength, files, busy, onSend, onStop, ref } = props;
  const { answering = false, stopping = false } = props;
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const touch = useMediaQuery('(pointer: coarse)');
  const [text, setText] = useDraft(owner, conversationId);
  useGrowth(input, text);
  useImperativeHandle(ref, () => ({
    focus: () => !touch && input.current?.focus(),
    write: (added) => {
      setText(text.trim() === '' ? added : `${added}\n\n${text}`);
      input.current?.focus();
    },
  }));

  const length = text.trim().length;
  const over = length - maxLength;
  const something = length > 0 || (files !== undefined && files.files.length > 0);
  const sendable = something && (files?.ready ?? true) && over <= 0 && !busy;
  const send = () => {
    if (!sendable) return;
    onSend(text.trim());
    setText('');
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes (Chinese, Japanese), Enter confirms the word. 229 is what Safari reports then.
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composing || touch) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {files && <FileTrayView tray={files} />}
      <div
        className={classNames(
          'flex items-end gap-2 rounded-2xl border bg-surface p-2 shadow-raised transition-colors focus-within:border-ink-soft',
          over > 0 ? 'border-bad' : 'border-control',
        )}
      >
        {files && <FileButton files={files} />}
        <label htmlFor={id} className="sr-only">
          {t('chat.composer')}
        </label>
        <textarea
          ref={input}
          id={id}
          rows={1}
          value={text}
          placeholder={t('chat.placeholder', { agent: agentName })}
          aria-describedby={`${id}-note`}
          aria-invalid={over > 0 || undefined}
          enterKeyHint={touch ? 'enter' : 'send'}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const pasted = [...event.clipboardData.files];
            if (!files || pasted.length === 0) return;
            event.preventDefault();
            files.add(pasted);
          }}
          className="max-h-[min(40dvh,18rem)] min-h-10 flex-1 resize-none bg-transparent px-2.5 py-2 text-base outline-none placeholder:truncate placeholder:text-ink-faint"
        />
        {answering && (
          <Button
            size="icon"
            aria-label={t('chat.stop')}
            title={t('chat.stop')}
            disabled={stopping}
            onClick={onStop}
            className="rounded-full"
          >
            <Square className="fill-current [&&]:size-3.5" aria-hidden="true" />
          </Button>
        )}
        {(!answering || something) && (
          <Button
            kind="primary"
            size="icon"
            type="submit"
            aria-label={t('chat.send')}
            title={t('chat.send')}
            disabled={!sendable}
            className="rounded-full"
          >
            <ArrowUp aria-hidden="true" />
          </Button>
        )}
      </div>
      <p
        id={`${id}-note`}
        className={classNames('min-h-5 px-3 pt-1 text-xs', over > 0 ? 'text-bad-ink' : 'text-ink-faint')}
      >
        {over > 0
          ? t('chat.tooLong', { over })
          : length >= maxLength * countFrom
            ? t('chat.count', { count: length, max: maxLength })
            : files && files.files.length > 0
              ? t('files.limits', { count: attachmentLimits.perMessage, size: bytes(attachmentLimits.bytes) })
              : !touch && t('chat.keys')}
      </p>
    </form>
  );
}

/** Says before the choice what can be chosen. */
export function FileButton({ files }: { files: FileTray }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const input = useRef<HTMLInputElement>(null);
  const limits = t('files.limits', { count: attachmentLimits.perMessage, size: bytes(attachmentLimits.bytes) });
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="file-input"
        onChange={(event) => {
          files.add([...(event.target.files ?? [])]);
          // The same file can be chosen once more after it was removed.
          event.target.value = '';
        }}
      />
      <Button
        kind="ghost"
        size="icon"
        aria-label={`${t('files.attach')}. ${limits}`}
        title={`${t('files.attach')}. ${limits}`}
        onClick={() => input.current?.click()}
        className="shrink-0 rounded-full"
      >
        <Paperclip aria-hidden="true" />
      </Button>
    </>
  );
}

/** The text of the input, kept per conversation and over reloads. */
function useDraft(userId: string, conversationId: string | null): [string, (text: string) => void] {
  const [draft, setDraft] = useState({ conversationId, text: readDraft(userId, conversationId) });
  const current =
    draft.conversationId === conversationId ? draft : { conversationId, text: readDraft(userId, conversationId) };
  if (current !== draft) setDraft(current);
  return [
    current.text,
    (text) => {
      setDraft({ conversationId, text });
      writeDraft(userId, conversationId, text);
    },
  ];
}

/** As high as its text, up to the maximum of its style. */
function useGrowth(input: { current: HTMLTextAreaElement | null }, text: string): void {
  const fit = () => {
    const area = input.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(fit, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another width breaks the lines elsewhere
  useEffect(() => {
    window.addEventListener('resize', fit);
    return () => window.removeEventListener('resize', fit);
  }, []);
}
