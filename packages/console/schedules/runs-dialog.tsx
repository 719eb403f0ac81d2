import type { Schedule } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { scheduleRunsQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { LastRun } from './schedule-row.tsx';

/** The latest runs of a schedule. */
export function RunsDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: runs, error } = useQuery(scheduleRunsQuery(schedule.id));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('schedules.runsOf', { name: schedule.name })}
      footer={<Button onClick={onClose}>{t('common.close')}</Button>}
    >
      {error && <ProblemNotice error={error} />}
      {!runs && !error && <Skeleton className="h-24 rounded-lg" />}
      {runs?.length === 0 && <p className="text-ink-soft">{t('schedules.noRuns')}</p>}
      {runs && runs.length > 0 && (
        <ul className="grid grid-cols-1">
          {runs.map((run) => (
            <li key={run.id} className="border-b py-2.5 last:border-0">
              <LastRun run={run} long />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
