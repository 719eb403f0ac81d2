import { maxSchedulesPerTenant, type Schedule } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { schedulesQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { DeleteScheduleDialog } from './delete-schedule-dialog.tsx';
import { RunsDialog } from './runs-dialog.tsx';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { ScheduleRow } from './schedule-row.tsx';

type Overlay = { kind: 'new' } | { kind: 'edit' | 'runs' | 'delete'; schedule: Schedule };

/** What a person's agent does by itself. */
export function SchedulesPage() {
  const { t } = useTranslation();
  usePageTitle(t('schedules.title'));
  const { data: schedules, error, refetch } = useQuery(schedulesQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const full = (schedules?.length ?? 0) >= maxSchedulesPerTenant;
  const add = (
    <Button kind="primary" disabled={full} onClick={() => setOverlay({ kind: 'new' })}>
      <Plus aria-hidden="true" />
      {t('schedules.add')}
    </Button>
  );
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('schedules.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('schedules.lead')}</p>
        </div>
        {schedules && schedules.length > 0 && add}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-4xl px-4 py-5 sm:px-6">
          {!schedules && error && (
            <Placeholder
              title={t('schedules.failed')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          )}
          {!schedules && !error && (
            <>
              <p role="status" className="sr-only">
                {t('schedules.loading')}
              </p>
              <Skeleton className="h-40 rounded-lg" />
            </>
          )}
          {schedules?.length === 0 && (
            <Placeholder title={t('schedules.noneTitle')} actions={add}>
              {t('schedules.none')}
            </Placeholder>
          )}
          {full && (
            <p className="mb-3 text-ink-soft text-sm">{t('schedules.full', { count: maxSchedulesPerTenant })}</p>
          )}
          {schedules && schedules.length > 0 && (
            <ul aria-label={t('schedules.title')} className="overflow-hidden rounded-lg border bg-surface">
              {schedules.map((schedule) => (
                <ScheduleRow
                  key={schedule.id}
                  schedule={schedule}
                  onEdit={() => setOverlay({ kind: 'edit', schedule })}
                  onRuns={() => setOverlay({ kind: 'runs', schedule })}
                  onDelete={() => setOverlay({ kind: 'delete', schedule })}
                />
              ))}
            </ul>
          )}
        </div>
      </div>
      {overlay?.kind === 'new' && <ScheduleDialog schedule={null} onClose={close} />}
      {overlay?.kind === 'edit' && <ScheduleDialog schedule={overlay.schedule} onClose={close} />}
      {overlay?.kind === 'runs' && <RunsDialog schedule={overlay.schedule} onClose={close} />}
      {overlay?.kind === 'delete' && <DeleteScheduleDialog schedule={overlay.schedule} onClose={close} />}
    </>
  );
}
