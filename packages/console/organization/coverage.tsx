import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useFormat } from '../format/use-format.ts';
import { coverageOf } from './departments/department-tree.ts';

/** How many of the people have an agent, as a bar with its figure. */
export function Coverage({ agents, employees, className }: { agents: number; employees: number; className?: string }) {
  const { t } = useTranslation();
  const percent = usePercent();
  const share = coverageOf(agents, employees);
  if (share === null)
    return <span className={classNames('text-ink-faint text-xs', className)}>{t('common.none')}</span>;
  return (
    <span className={classNames('flex items-center gap-2', className)}>
      <svg
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
        aria-hidden="true"
        className="h-1.5 min-w-8 flex-1 overflow-hidden rounded-full bg-pressed"
      >
        <rect width={share} height="4" className={share === 100 ? 'fill-good' : 'fill-warn'} />
      </svg>
      <span className="tabular w-9 text-end text-ink-soft text-xs">{percent(share)}</span>
    </span>
  );
}

/** Writes a share of a hundred as the person's language does. */
export function usePercent(): (share: number) => string {
  const { locale } = useFormat();
  return (share) => (share / 100).toLocaleString(locale, { style: 'percent' });
}
