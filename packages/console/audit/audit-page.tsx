import type { AuditEvent } from '@clawpool/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { RefreshCw, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { type AuditFilter, auditQuery } from '../api/queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { SearchField } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Notice } from '../design/notice.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { startOfDay } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { ActionField } from './action-field.tsx';
import { AuditRow } from './audit-row.tsx';

const routeApi = getRouteApi('/signed-in/house/audit');

export function AuditPage() {
  const { t } = useTranslation();
  usePageTitle(t('audit.title'));
  const filter = routeApi.useSearch();
  const { isFetching, isRefetching, refetch } = useInfiniteQuery(auditQuery(filter));
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('audit.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('audit.lead')}</p>
        </div>
        <Button
          kind="ghost"
          size="icon"
          aria-label={t('audit.refresh')}
          title={t('audit.refresh')}
          disabled={isFetching}
          onClick={() => void refetch()}
        >
          <RefreshCw className={classNames(isRefetching && 'animate-spin')} aria-hidden="true" />
        </Button>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-5 sm:px-5 lg:px-6">
          <Filters filter={filter} />
          <Events filter={filter} />
        </div>
      </div>
    </>
  );
}

function Filters({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate({ from: '/audit' });
  const change = (parts: AuditFilter) =>
    void navigate({ search: (before) => ({ ...before, ...parts }), replace: true });
  const [search, setSearch] = useSettled(filter.search ?? '', (text) => change({ search: text || undefined }));
  const [action, setAction] = useSettled(filter.action ?? '', (text) => change({ action: text || undefined }));
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <FilterButtons
        label={t('audit.outcome')}
        value={filter.outcome ?? 'any'}
        onValue={(outcome) => change({ outcome: outcome === 'any' ? undefined : outcome })}
        options={[
          { value: 'any', label: t('audit.any') },
          { value: 'allowed', label: t('audit.outcomes.allowed') },
          { value: 'refused', label: t('audit.outcomes.refused') },
          { value: 'failed', label: t('audit.outcomes.failed') },
        ]}
      />
      <div className="flex min-w-64 flex-1 flex-wrap justify-end gap-2">
        <ActionField value={action} onValue={setAction} className="min-w-44 flex-1 sm:max-w-60" />
        <SearchField
          label={t('audit.search')}
          value={search}
          onValue={setSearch}
          className="min-w-52 flex-1 sm:max-w-72"
        />
      </div>
      {(filter.actor || filter.since) && (
        <div className="flex w-full flex-wrap gap-2" data-testid="audit-narrowed">
          {filter.actor && (
            <Button size="sm" onClick={() => change({ actor: undefined })}>
              {t('audit.onlyActor', { actor: t(`audit.actors.${filter.actor}`) })}
              <X aria-hidden="true" />
              <span className="sr-only">{t('audit.remove')}</span>
            </Button>
          )}
          {filter.since && (
            <Button size="sm" onClick={() => change({ since: undefined })}>
              {t('audit.since', { when: format.full(Date.parse(filter.since)) })}
              <X aria-hidden="true" />
              <span className="sr-only">{t('audit.remove')}</span>
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function Events({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/audit' });
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    auditQuery(filter),
  );
  const problem = useProblem();
  const words = error && problem(factsOf(error));

  if (isPending) return <Loading />;
  if (data === undefined) {
    return (
      <div role="alert">
        <Placeholder
          title={t('audit.failedTitle')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          {words?.title} {words?.detail}
        </Placeholder>
      </div>
    );
  }
  const events = data.pages.flatMap((page) => page.events);
  if (events.length === 0) {
    const filtered = Object.values(filter).some((value) => value !== undefined);
    return filtered ? (
      <Placeholder
        title={t('audit.noMatchTitle')}
        actions={<Button onClick={() => void navigate({ search: {} })}>{t('audit.showAll')}</Button>}
      >
        {t('audit.noMatch')}
      </Placeholder>
    ) : (
      <Placeholder title={t('audit.emptyTitle')}>{t('audit.empty')}</Placeholder>
    );
  }
  return (
    <>
      <EventsByDay events={events} />
      <div className="mt-5 grid justify-items-center gap-3">
        {words && <Notice tone="bad" role="alert" title={words.title} />}
        {hasNextPage ? (
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? t('audit.loadingMore') : t('audit.more')}
          </Button>
        ) : (
          <p className="text-ink-faint text-sm">{t('audit.end')}</p>
        )}
      </div>
    </>
  );
}

function EventsByDay({ events }: { events: readonly AuditEvent[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const days = Map.groupBy(events, (event) => startOfDay(Date.parse(event.at)));
  return (
    <section aria-label={t('audit.events')} className="overflow-hidden rounded-lg border bg-surface">
      {[...days].map(([day, members]) => (
        <section key={day} className="border-b last:border-0">
          <h2 className="border-b bg-sunken px-4 py-2 font-medium text-ink-soft text-xs">{format.day(day, now)}</h2>
          <ul>
            {members.map((event) => (
              <AuditRow key={event.id} event={event} />
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('audit.loading')}
      </p>
      {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((row) => (
        <div key={row} className="flex items-center gap-5 border-b px-4 py-3.5 last:border-0">
          <Skeleton className="h-4 w-16" />
          <Skeleton className="h-4 w-36" />
          <Skeleton className="hidden h-4 w-44 sm:block" />
          <Skeleton className="ms-auto h-5 w-20 rounded-full" />
        </div>
      ))}
    </div>
  );
}
