import type { DirectoryRun, DirectoryVendor } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { Conflicts } from './conflicts.tsx';
import { runsQuery } from './queries.ts';
import { RunCounts, RunState } from './run-state.tsx';

/** What was synchronised, when, by whom, and with which result. */
export function RunsDialog({ vendor, onClose }: { vendor: DirectoryVendor; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: runs, error } = useQuery(runsQuery(vendor));
  return (
    <Dialog open onClose={onClose} size="lg" title={t('directory.runs.of', { name: t(`directory.vendor.${vendor}`) })}>
      {runs ? (
        runs.length === 0 ? (
          <p className="text-ink-soft text-sm">{t('directory.runs.none')}</p>
        ) : (
          <ul className="overflow-hidden rounded-md border">
            {runs.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </ul>
        )
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-40 rounded-md" />
      )}
    </Dialog>
  );
}

function RunRow({ run }: { run: DirectoryRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const at = Date.parse(run.createdAt);
  return (
    <li data-testid="run" className="grid grid-cols-1 gap-2 border-b px-3 py-3 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <RunState run={run} />
        <span className="text-sm">
          {run.startedBy === null ? t('directory.runs.byTimetable') : t('directory.runs.by', { name: run.startedBy })}
        </span>
        <time dateTime={run.createdAt} title={format.full(at)} className="ms-auto text-ink-faint text-xs">
          {format.ago(at, now)}
        </time>
      </div>
      <RunCounts run={run} />
      {run.conflicts.length > 0 && <Conflicts conflicts={run.conflicts} count={run.conflicts.length} />}
    </li>
  );
}
