import { type Layer, maxLayerLength } from '@clawpool/contracts';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { Meter } from '../design/progress.tsx';
import { useFormat } from '../format/use-format.ts';
import { LayerPreview } from './layer-preview.tsx';
import { countWords, isTooLong } from './text-size.ts';

/** A layer's text beside what the agents' files become with it; on narrow screens one below the other. */
export function EditorFrame({
  layer,
  text,
  onText,
  onSave,
  notices,
  footer,
}: {
  layer: Layer;
  text: string;
  /** Null: it is only read. */
  onText: ((text: string) => void) | null;
  /** Ctrl+S, or Cmd+S. */
  onSave: () => void;
  /** What has to be known before writing. */
  notices?: ReactNode;
  footer?: ReactNode;
}) {
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto xl:overflow-hidden">
        <div className="grid gap-6 px-4 py-4 sm:px-5 lg:px-6 xl:h-full xl:grid-cols-2 xl:grid-rows-[minmax(0,1fr)]">
          <div className="flex min-h-0 min-w-0 flex-col gap-3 xl:overflow-y-auto">
            {notices}
            <TextPane text={text} onText={onText} onSave={onSave} />
          </div>
          <LayerPreview layer={layer} text={text} />
        </div>
      </div>
      {footer}
    </>
  );
}

function TextPane({
  text,
  onText,
  onSave,
}: {
  text: string;
  onText: ((text: string) => void) | null;
  onSave: () => void;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const id = useId();
  const tooLong = isTooLong(text);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-1.5">
      <label htmlFor={id} className="flex min-h-9 items-center font-medium text-sm">
        {t('soul.text')}
      </label>
      <textarea
        id={id}
        value={text}
        readOnly={onText === null}
        spellCheck
        aria-invalid={tooLong || undefined}
        aria-describedby={`${id}-size`}
        placeholder={onText ? t('soul.textPlaceholder') : t('soul.empty')}
        onChange={(event) => onText?.(event.target.value)}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
            event.preventDefault();
            onSave();
          }
        }}
        className={classNames(
          '-outline-offset-2 min-h-[55dvh] w-full flex-1 resize-none rounded-lg border border-control px-4 py-3 font-mono text-ink text-sm leading-6 placeholder:font-sans placeholder:text-ink-faint hover:border-ink-faint aria-invalid:border-bad xl:min-h-72',
          onText ? 'bg-surface' : 'border-line bg-sunken hover:border-line',
        )}
      />
      <div id={`${id}-size`} className="grid gap-1.5 text-xs">
        <p
          className={classNames(
            'tabular flex flex-wrap justify-between gap-x-4',
            tooLong ? 'text-bad-ink' : 'text-ink-faint',
          )}
        >
          <span>{t('soul.words', { count: countWords(text) })}</span>
          <span>
            {t('soul.characters', {
              used: text.length.toLocaleString(locale),
              limit: maxLayerLength.toLocaleString(locale),
            })}
          </span>
        </p>
        <Meter used={text.length} total={maxLayerLength} />
        {tooLong && (
          <p role="alert" className="text-bad-ink">
            {t('soul.tooLong', { count: text.length - maxLayerLength })}
          </p>
        )}
      </div>
    </div>
  );
}

/** What is below the editor as long as there is something to be done with what was written. */
export function SaveBar({ children }: { children: ReactNode }) {
  return (
    <div
      data-testid="save-bar"
      className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2.5 border-t bg-surface px-4 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-5 lg:px-6"
    >
      {children}
    </div>
  );
}

export function NoteField({ note, onNote, label }: { note: string; onNote: (note: string) => void; label: string }) {
  return (
    <input
      aria-label={label}
      placeholder={label}
      value={note}
      maxLength={500}
      autoComplete="off"
      onChange={(event) => onNote(event.target.value)}
      className="h-10 min-w-0 flex-1 basis-48 rounded-md border border-control bg-surface px-3 text-base text-ink placeholder:text-ink-faint hover:border-ink-faint"
    />
  );
}
