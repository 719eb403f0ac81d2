import { type AccessPath, accessPath, type MonitoredSession } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { SearchField, Select } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Pages } from '../design/pages.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { useNow } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { sessionListQuery } from './queries.ts';
import { SessionRow } from './session-row.tsx';
import { pageSize, rememberView, type SessionView, sessionStates } from './session-view.ts';

const routeApi = getRouteApi('/signed-in/house/sessions');

/** Who talks with which agent: a list that renews itself. */
export function SessionsPage() {
  const { t } = useTranslation();
  usePageTitle(t('sessions.title'));
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/sessions' });
  const area = useRef<HTMLDivElement>(null);
  const { data, error, isPlaceholderData, refetch } = useQuery(sessionListQuery(view));
  const change = (parts: SessionView) =>
    void navigate({ search: (before) => ({ ...before, page: undefined, ...parts }), replace: true });
  const turnTo = (page: number) => {
    change({ page: page === 1 ? undefined : page });
    area.current?.scrollTo({ top: 0 });
  };
  useEffect(() => rememberView(view), [view]);

  // A page that no longer exists because sessions have ended becomes the last one.
  const last = data && !isPlaceholderData ? Math.max(1, Math.ceil(data.total / pageSize)) : null;
  const beyond = last !== null && (view.page ?? 1) > last ? last : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the page is wrong
  useEffect(() => {
    if (beyond !== null) turnTo(beyond);
  }, [beyond]);

  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('sessions.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('sessions.lead')}</p>
        </div>
      </PageBar>
      <div ref={area} className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-[100rem] px-4 py-5 sm:px-5 lg:px-6" aria-busy={isPlaceholderData}>
          <Filters view={view} onView={change} />
          {data ? (
            <>
              {error && (
                <div className="mb-4">
                  <ProblemNotice error={error} title={t('sessions.stale')} />
                </div>
              )}
              <Rows sessions={data.sessions} view={view} />
              {data.sessions.length > 0 && (
                <Pages page={view.page ?? 1} pageSize={pageSize} total={data.total} onPage={turnTo} />
              )}
            </>
          ) : error ? (
            <Placeholder
              title={t('sessions.failedTitle')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          ) : (
            <Loading />
          )}
        </div>
      </div>
    </>
  );
}

function Filters({ view, onView }: { view: SessionView; onView: (parts: SessionView) => void }) {
  const { t } = useTranslation();
  const [search, setSearch] = useSettled(view.search ?? '', (text) => onView({ search: text || undefined }));
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <FilterButtons
        label={t('sessions.filter')}
        value={view.state ?? 'active'}
        onValue={(state) => onView({ state: state === 'active' ? undefined : state })}
        options={sessionStates.map((value) => ({ value, label: t(`sessions.state.${value}`) }))}
      />
      <div className="flex min-w-64 flex-1 flex-wrap justify-end gap-2">
        <Select
          label={t('sessions.byPath')}
          value={view.path ?? ''}
          onChange={(event) => onView({ path: (event.target.value || undefined) as AccessPath | undefined })}
          className="min-w-44 flex-1 sm:max-w-56"
        >
          <option value="">{t('sessions.anyPath')}</option>
          {accessPath.options.map((path) => (
            <option key={path} value={path}>
              {t(`sessions.path.${path}`)}
            </option>
          ))}
        </Select>
        <SearchField
          label={t('sessions.search')}
          value={search}
          onValue={setSearch}
          className="min-w-52 flex-1 sm:max-w-80"
        />
      </div>
    </div>
  );
}

function Rows({ sessions, view }: { sessions: readonly MonitoredSession[]; view: SessionView }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const now = useNow(5_000);
  const navigate = useNavigate({ from: '/sessions' });
  if (sessions.length > 0) {
    return (
      <ul aria-label={t('sessions.title')} className="overflow-hidden rounded-lg border bg-surface">
        {sessions.map((session) => (
          <SessionRow key={session.conversation.id} session={session} me={me} now={now} />
        ))}
      </ul>
    );
  }
  const filtered = view.search !== undefined || view.path !== undefined || view.state !== undefined;
  if (filtered) {
    return (
      <Placeholder
        title={t('sessions.noMatchTitle')}
        actions={<Button onClick={() => void navigate({ search: {} })}>{t('sessions.showActive')}</Button>}
      >
        {t('sessions.noMatch')}
      </Placeholder>
    );
  }
  return (
    <Placeholder
      title={t('sessions.emptyTitle')}
      actions={<Button onClick={() => void navigate({ search: { state: 'all' } })}>{t('sessions.showAll')}</Button>}
    >
      {t('sessions.empty')}
    </Placeholder>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('sessions.loading')}
      </p>
      {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b px-4 py-4 last:border-0">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="hidden h-4 w-48 sm:block" />
          <Skeleton className="ms-auto h-6 w-24 rounded-full" />
        </div>
      ))}
    </div>
  );
}
