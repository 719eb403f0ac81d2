import { UnfoldVertical } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { compareTexts, countChanges, type DiffRow, foldUnchanged } from './text-diff.ts';

/** What one text says differently from another, line by line. Read out as removed and added lines, not by colour alone. */
export function TextDiff({ label, before, after }: { label: string; before: string; after: string }) {
  const { t } = useTranslation();
  const rows = useMemo(() => compareTexts(before, after), [before, after]);
  const stretches = useMemo(() => foldUnchanged(rows), [rows]);
  const [opened, setOpened] = useState<{ rows: unknown; stretches: ReadonlySet<number> }>({
    rows,
    stretches: new Set(),
  });
  const isOpen = (index: number) => opened.rows === rows && opened.stretches.has(index);
  const open = (index: number) =>
    setOpened({ rows, stretches: new Set(opened.rows === rows ? [...opened.stretches, index] : [index]) });
  const counts = countChanges(rows);
  if (counts.added + counts.removed === 0) return <p className="text-ink-soft text-sm">{t('soul.diff.same')}</p>;
  return (
    <section aria-label={label} data-testid="text-diff" className="min-w-0">
      <p className="tabular mb-1.5 text-ink-faint text-xs">
        <span className="text-good-ink">{t('soul.diff.addedLines', { count: counts.added })}</span>
        {' · '}
        <span className="text-bad-ink">{t('soul.diff.removedLines', { count: counts.removed })}</span>
      </p>
      <div className="overflow-hidden rounded-lg border bg-surface font-mono text-xs leading-5">
        {stretches.map(({ kind, rows: lines }, index) =>
          kind === 'unchanged' && !isOpen(index) ? (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: stretches of one comparison, which never change places
              key={index}
              type="button"
              onClick={() => open(index)}
              className="-outline-offset-2 flex w-full items-center gap-2 border-y bg-sunken px-3 py-1 text-start font-sans text-ink-faint first:border-t-0 last:border-b-0 hover:bg-hover hover:text-ink"
            >
              <UnfoldVertical className="size-3.5 shrink-0" aria-hidden="true" />
              {t('soul.diff.unchanged', { count: lines.length })}
            </button>
          ) : (
            lines.map((row) => <Line key={`${row.before}-${row.after}`} row={row} />)
          ),
        )}
      </div>
    </section>
  );
}

const looks = {
  same: { sign: ' ', row: '', word: '' },
  removed: { sign: '−', row: 'bg-bad-soft text-bad-ink', word: 'rounded-xs bg-bad-line/60 no-underline' },
  added: { sign: '+', row: 'bg-good-soft text-good-ink', word: 'rounded-xs bg-good/25 no-underline' },
} as const;

function Line({ row: { kind, before, after, parts } }: { row: DiffRow }) {
  const { t } = useTranslation();
  const { sign, row, word } = looks[kind];
  const Word = kind === 'removed' ? 'del' : 'ins';
  return (
    <div
      data-kind={kind}
      className={classNames(
        'grid grid-cols-[2.25rem_1rem_minmax(0,1fr)] sm:grid-cols-[2.25rem_2.25rem_1rem_minmax(0,1fr)]',
        row,
      )}
    >
      <span aria-hidden="true" className="tabular select-none px-1.5 text-end opacity-70 max-sm:hidden">
        {before}
      </span>
      <span aria-hidden="true" className="tabular select-none px-1.5 text-end opacity-70">
        {after ?? <span className="sm:hidden">{before}</span>}
      </span>
      <span aria-hidden="true" className="select-none">
        {sign}
      </span>
      <span className="whitespace-pre-wrap break-words pe-3">
        {kind !== 'same' && <span className="sr-only">{t(`soul.diff.${kind}`)} </span>}
        {parts.map(({ text, changed }, index) =>
          changed ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: words of one line, which never change places
            <Word key={index} className={word}>
              {text}
            </Word>
          ) : (
            text
          ),
        )}
      </span>
    </div>
  );
}
