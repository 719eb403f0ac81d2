import type { Dashboard } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { BarChart } from '../charts/bar-chart.tsx';
import { TimeChart } from '../charts/time-chart.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useFormat } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Attention } from './attention.tsx';
import { Figures } from './figures.tsx';
import { dashboardQuery } from './queries.ts';
import { RecentActivity } from './recent-activity.tsx';
import { SetupList } from './setup-list.tsx';

/** An organization at a glance, or a manager's departments. */
export function DashboardPage() {
  const { t } = useTranslation();
  usePageTitle(t('dashboard.title'));
  const { data, error, isRefetching, refetch } = useQuery(dashboardQuery);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('dashboard.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('dashboard.lead')}</p>
        </div>
        <Button
          kind="ghost"
          size="icon"
          aria-label={t('dashboard.refresh')}
          title={t('dashboard.refresh')}
          onClick={() => void refetch()}
        >
          <RefreshCw className={classNames(isRefetching && 'animate-spin')} aria-hidden="true" />
        </Button>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-5 sm:px-5 lg:px-6">
          {data && <Overview dashboard={data} />}
          {!data && error && (
            <Placeholder
              title={t('dashboard.failed')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          )}
          {!data && !error && (
            <>
              <p role="status" className="sr-only">
                {t('dashboard.loading')}
              </p>
              <Skeleton className="h-24 rounded-lg" />
              <Skeleton className="mt-4 h-64 rounded-lg" />
            </>
          )}
        </div>
      </div>
    </>
  );
}

function Overview({ dashboard }: { dashboard: Dashboard }) {
  const { data: me } = useQuery(meQuery);
  const readsAudit = me?.roles.some((role) => role === 'admin' || role === 'auditor') ?? false;
  const setup = dashboard.setup?.some(({ done }) => !done) ? dashboard.setup : null;
  return (
    <div className="grid grid-cols-1 gap-4">
      {setup && <SetupList steps={setup} />}
      <Figures figures={dashboard.figures} />
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
        <div className="grid min-w-0 content-start gap-4 lg:col-span-2">
          <Charts dashboard={dashboard} />
        </div>
        <div className="grid min-w-0 content-start gap-4">
          <Attention midnight={dashboard.midnight} items={dashboard.attention} />
          {readsAudit && <RecentActivity />}
        </div>
      </div>
    </div>
  );
}

function Charts({ dashboard: { days, positions, states, ways } }: { dashboard: Dashboard }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const number = (value: number) => value.toLocaleString(locale);
  const noon = (day: string) => Date.parse(`${day}T12:00:00`);
  const points = days.map(({ day, messages }) => ({ at: noon(day), value: messages }));
  const total = days.reduce((sum, { messages }) => sum + messages, 0);
  const people = positions.reduce((sum, position) => sum + position.people, 0);
  const halfDay = 12 * 3_600_000;
  return (
    <>
      <TimeChart
        title={t('dashboard.messages')}
        figure={t('dashboard.inAll', { count: total })}
        points={points}
        from={(points[0]?.at ?? 0) - halfDay}
        to={(points.at(-1)?.at ?? 0) + halfDay}
        format={number}
        kind="bars"
        perDay
      />
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <BarChart
          title={t('dashboard.agentsByPosition')}
          summary={t('dashboard.agentsByPositionSummary', { positions: positions.length, people })}
          columns={[t('dashboard.position'), t('dashboard.agents')]}
          bars={positions.map(({ name, agents }) => ({ label: name, value: agents }))}
        />
        <BarChart
          title={t('dashboard.ways')}
          summary={t('dashboard.waysSummary', { count: ways.length })}
          columns={[t('dashboard.way'), t('dashboard.messages')]}
          bars={ways.map(({ origin, messages }) => ({ label: t(`dashboard.origin.${origin}`), value: messages }))}
        />
      </div>
      <BarChart
        title={t('dashboard.states')}
        summary={t('dashboard.statesSummary', { count: states.length })}
        columns={[t('dashboard.state'), t('dashboard.agents')]}
        bars={states.map(({ state, agents }) => ({ label: t(`tenants.state.${state}`), value: agents }))}
        tone="good"
      />
    </>
  );
}
