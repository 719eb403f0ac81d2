import { type ToolName, type ToolStanding, toolNames } from '@clawpool/contracts';
import { Ban, Check, Clock, Minus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useFormat } from '../format/use-format.ts';

/** Each tool of an agent, allowed or not, and why. */
export function ToolMarks({ tools }: { tools: readonly ToolStanding[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className="flex flex-wrap gap-1.5">
      {tools.map(({ tool, allowed, because, until }) => {
        const Icon = allowed ? (because === 'grant' ? Clock : Check) : because === 'always_blocked' ? Ban : Minus;
        const why = t(`security.because.${because}`);
        const words = until ? `${why}, ${t('security.until', { time: format.full(Date.parse(until)) })}` : why;
        return (
          <li
            key={tool}
            title={words}
            className={classNames(
              'inline-flex h-6 items-center gap-1 rounded-sm border px-1.5 text-xs',
              allowed ? 'border-good-line bg-good-soft text-good-ink' : 'border-line bg-sunken text-ink-faint',
            )}
          >
            <Icon className="size-3 shrink-0" aria-hidden="true" />
            {t(`security.tool.${tool}`)}
            <span className="sr-only">
              {allowed ? t('security.allowed') : t('security.refused')}: {words}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** Tools as a list, in one order everywhere. */
export function ToolList({ tools }: { tools: readonly ToolName[] }) {
  const { t } = useTranslation();
  const named = toolNames.filter((tool) => tools.includes(tool));
  if (named.length === 0) return <span className="text-ink-faint">{t('security.noTool')}</span>;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {named.map((tool) => (
        <li
          key={tool}
          className="inline-flex h-6 items-center rounded-sm border bg-sunken px-1.5 text-ink-soft text-xs"
        >
          {t(`security.tool.${tool}`)}
        </li>
      ))}
    </ul>
  );
}
