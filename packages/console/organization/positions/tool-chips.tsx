import { type ToolName, toolNames } from '@clawpool/contracts';
import { Code, FilePen, FileText, Globe, type LucideIcon, SquareTerminal, Telescope } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../../design/class-names.ts';

const icons: Record<ToolName, LucideIcon> = {
  web_search: Telescope,
  shell: SquareTerminal,
  browser: Globe,
  file: FileText,
  file_write: FilePen,
  code_execution: Code,
};

/** The six tools; those that are not allowed are there too, struck out. A ceiling that stands above is said with the tool. */
export function ToolChips({ tools, ceiling }: { tools: readonly ToolName[]; ceiling: readonly ToolName[] }) {
  const { t } = useTranslation();
  return (
    <ul aria-label={t('positions.tools')} className="flex flex-wrap gap-1.5">
      {toolNames.map((tool) => {
        const Icon = icons[tool];
        const standing = !tools.includes(tool) ? 'off' : ceiling.includes(tool) ? 'on' : 'capped';
        return (
          <li
            key={tool}
            data-tool={tool}
            data-standing={standing}
            title={`${t(`tools.${tool}`)} · ${t(`positions.standing.${standing}`)}`}
            className={classNames(
              'inline-flex h-7 items-center gap-1.5 rounded-sm border px-2 text-xs',
              standing === 'on' && 'bg-good-soft border-transparent text-good-ink',
              standing === 'off' && 'border-dashed text-ink-faint line-through',
              standing === 'capped' && 'bg-warn-soft border-warn-line text-warn-ink',
            )}
          >
            <Icon className="size-3.5 shrink-0" aria-hidden="true" />
            {t(`positions.tool.${tool}`)}
            <span className="sr-only">{t(`positions.standing.${standing}`)}</span>
          </li>
        );
      })}
    </ul>
  );
}
