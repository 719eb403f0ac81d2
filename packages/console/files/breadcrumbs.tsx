import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { foldersAbove, nameOf } from './paths.ts';

/** The way to what is shown; every folder on it leads there. */
export function Breadcrumbs({ path, onPath }: { path: string; onPath: (path: string) => void }) {
  const { t } = useTranslation();
  const steps = path === '' ? [] : ['', ...foldersAbove(path)];
  return (
    <nav aria-label={t('agentFiles.way')} className="min-w-0 flex-1 max-sm:basis-full">
      <ol className="flex min-w-0 flex-wrap items-center text-sm">
        {steps.map((step) => (
          <li key={step} className="flex min-w-0 items-center">
            <button
              type="button"
              onClick={() => onPath(step)}
              className="max-w-48 truncate rounded-sm px-1.5 py-1 text-ink-soft hover:bg-hover hover:text-ink"
            >
              {step === '' ? t('agentFiles.root') : nameOf(step)}
            </button>
            <ChevronRight className="size-3.5 shrink-0 text-ink-faint" aria-hidden="true" />
          </li>
        ))}
        <li aria-current="page" className="min-w-0 truncate px-1.5 py-1 font-medium" title={nameOf(path)}>
          {path === '' ? t('agentFiles.root') : nameOf(path)}
        </li>
      </ol>
    </nav>
  );
}
