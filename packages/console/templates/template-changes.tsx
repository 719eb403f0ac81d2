import type { ConfigTemplateContent } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useFormat } from '../format/use-format.ts';
import { changesBetween, diffLines, type FieldChange, type TemplateFieldName } from './template-diff.ts';

/** What it means that a field is empty. */
const openAs = {
  description: 'empty',
  tier: 'whenMade',
  image: 'fromTier',
  cpus: 'fromTier',
  memoryMegabytes: 'fromTier',
  diskMegabytes: 'fromTier',
  idleMinutes: 'fromTier',
  model: 'fromTier',
  contextWindow: 'ofModel',
  maxOutputTokens: 'ofModel',
  skills: 'empty',
  skillGroups: 'empty',
  instructions: 'empty',
} as const satisfies Record<TemplateFieldName, string>;

/** Texts of several lines are compared line by line; everything else is short enough to stand side by side. */
const longFields: readonly string[] = ['instructions', 'skills', 'skillGroups'];

export function TemplateChanges({ before, after }: { before: ConfigTemplateContent; after: ConfigTemplateContent }) {
  const { t } = useTranslation();
  const changes = changesBetween(before, after);
  if (changes.length === 0) return <p className="text-ink-soft text-sm">{t('templates.noChanges')}</p>;
  return (
    <dl data-testid="template-changes" className="grid gap-3 rounded-lg border bg-surface p-3.5 text-sm">
      {changes.map((change) => (
        <div key={change.field} data-field={change.field}>
          <dt className="mb-1 font-medium text-ink-soft text-xs">{t(`templates.fields.${change.field}`)}</dt>
          <dd>{longFields.includes(change.field) ? <Lines change={change} /> : <Values change={change} />}</dd>
        </div>
      ))}
    </dl>
  );
}

function Values({ change: { field, before, after } }: { change: FieldChange }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = (text: string | null) => {
    if (text === null) return t(`templates.open.${openAs[field]}`);
    if (field === 'memoryMegabytes' || field === 'diskMegabytes') return format.bytes(Number(text) * 2 ** 20);
    if (field === 'idleMinutes') return t('templates.minutes', { count: Number(text) });
    if (field === 'contextWindow' || field === 'maxOutputTokens') return Number(text).toLocaleString(format.locale);
    return text;
  };
  return (
    <span className="flex flex-wrap items-baseline gap-x-2 gap-y-1 break-words">
      <del className="rounded-xs bg-bad-soft px-1 text-bad-ink no-underline">{words(before)}</del>
      <span aria-hidden="true" className="text-ink-faint">
        →
      </span>
      <ins className="rounded-xs bg-good-soft px-1 text-good-ink no-underline">{words(after)}</ins>
    </span>
  );
}

function Lines({ change: { before, after } }: { change: FieldChange }) {
  const { t } = useTranslation();
  const signs = { same: ' ', removed: '−', added: '+' } as const;
  return (
    <div className="overflow-hidden rounded-md border font-mono text-xs leading-5">
      {diffLines(before ?? '', after ?? '').map(({ kind, text }, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one comparison, which never change
          key={index}
          className={classNames(
            'grid grid-cols-[1.5rem_minmax(0,1fr)] px-2',
            kind === 'added' && 'bg-good-soft text-good-ink',
            kind === 'removed' && 'bg-bad-soft text-bad-ink',
          )}
        >
          <span aria-hidden="true">{signs[kind]}</span>
          <span className="whitespace-pre-wrap break-words">
            {kind !== 'same' && <span className="sr-only">{t(`templates.${kind}`)} </span>}
            {text}
          </span>
        </div>
      ))}
    </div>
  );
}
