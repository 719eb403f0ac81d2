import { maxSchedulesPerTenant, type Schedule } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { schedulesQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { agentsQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Select } from '../design/field.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { DeleteScheduleDialog } from './delete-schedule-dialog.tsx';
import { RunsDialog } from './runs-dialog.tsx';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { ScheduleRow } from './schedule-row.tsx';

type Overlay = { kind: 'new' } | { kind: 'edit' | 'runs' | 'delete'; schedule: Schedule };

const routeApi = getRouteApi('/signed-in/house/schedules');

/** What a person's agent does by itself, and what those do that they share. An admin comes from an agent’s page to any agent’s. */
export function SchedulesPage() {
  const { t } = useTranslation();
  usePageTitle(t('schedules.title'));
  const { agent } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/schedules' });
  const { data: all } = useQuery(agentsQuery);
  // The admin assistant does nothing by itself.
  const agents = all?.filter(({ tenantId }) => tenantId !== 'assistant') ?? [];
  const own = agents.find(({ team }) => !team);
  const tenantId = agent ?? (own ? undefined : agents[0]?.tenantId);
  const { data: schedules, error, refetch } = useQuery(schedulesQuery(tenantId));
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
        {agents.length > 1 && (
          <Select
            label={t('schedules.agent')}
            value={tenantId ?? own?.tenantId ?? ''}
            onChange={({ target }) =>
              void navigate({ search: target.value === own?.tenantId ? {} : { agent: target.value } })
            }
            className="max-w-48"
          >
            {agents.map((one) => (
              <option key={one.tenantId} value={one.tenantId}>
                {one.name}
              </option>
            ))}
            {!agents.some((one) => one.tenantId === (tenantId ?? own?.tenantId)) && (
              <option value={tenantId}>{t('schedules.anotherAgent')}</option>
            )}
          </Select>
        )}
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
      {overlay?.kind === 'new' && <ScheduleDialog schedule={null} tenantId={tenantId} onClose={close} />}
      {overlay?.kind === 'edit' && <ScheduleDialog schedule={overlay.schedule} onClose={close} />}
      {overlay?.kind === 'runs' && <RunsDialog schedule={overlay.schedule} onClose={close} />}
      {overlay?.kind === 'delete' && <DeleteScheduleDialog schedule={overlay.schedule} onClose={close} />}
    </>
  );
}
