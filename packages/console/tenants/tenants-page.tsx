import type { ClientError } from '@clawpool/client';
import type { Tenant } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { Pages } from '../design/pages.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { BatchBar } from './batch-bar.tsx';
import { BatchDialog } from './batch-dialog.tsx';
import { BatchProgress } from './batch-progress.tsx';
import { NewTenantDialog } from './new-tenant-dialog.tsx';
import { Operations } from './operations.tsx';
import { tenantListQuery } from './queries.ts';
import { nothing, type Selection, sizeOf, withRows } from './selection.ts';
import type { BatchAction } from './tenant-actions.ts';
import { TenantCards } from './tenant-cards.tsx';
import { TenantFilters } from './tenant-filters.tsx';
import { TenantTable } from './tenant-table.tsx';
import { isFiltered, pageOf, pageSize, rememberView, type TenantView } from './tenant-view.ts';
import { useTenantEvents } from './use-tenant-events.ts';

const routeApi = getRouteApi('/signed-in/house/tenants');

export function TenantsPage() {
  const { t } = useTranslation();
  usePageTitle(t('tenants.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = mayChangePool(me);
  const [making, setMaking] = useState(false);
  return (
    <Operations>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('tenants.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('tenants.lead')}</p>
        </div>
        {mayChange && (
          <Button kind="primary" onClick={() => setMaking(true)} className="max-sm:px-3">
            <Plus aria-hidden="true" />
            {t('tenants.new')}
          </Button>
        )}
      </PageBar>
      <TenantList mayChange={mayChange} onNew={() => setMaking(true)} />
      {making && <NewTenantDialog onClose={() => setMaking(false)} />}
    </Operations>
  );
}

function TenantList({ mayChange, onNew }: { mayChange: boolean; onNew: () => void }) {
  const { t } = useTranslation();
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/tenants' });
  const [refusal, setRefusal] = useState<ClientError | null>(null);
  useTenantEvents(setRefusal);
  const { data, error, isPlaceholderData, refetch } = useQuery(tenantListQuery(view));
  const problem = useProblem();
  const [selection, setSelection] = useState(nothing);
  const [asked, setAsked] = useState<BatchAction | null>(null);
  const area = useRef<HTMLDivElement>(null);
  const table = useMediaQuery('(min-width: 60rem)');

  const change = (parts: TenantView) => {
    // Who looks at other tenants no longer means the ones before.
    const turned = Object.keys(parts).every((key) => ['page', 'sort', 'descending'].includes(key));
    if (!turned) setSelection(nothing);
    void navigate({ search: (before) => ({ ...before, page: undefined, ...parts }), replace: true });
  };
  const turnTo = (page: number) => {
    change({ page: page === 1 ? undefined : page });
    area.current?.scrollTo({ top: 0 });
  };
  const pages = data && pageOf(view, data.total);
  useEffect(() => rememberView(view), [view]);
  // A page that no longer exists because rows have gone becomes the last one.
  const beyond = !isPlaceholderData && pages && pages.page > pages.pages ? pages.pages : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the page is wrong
  useEffect(() => {
    if (beyond !== null) turnTo(beyond);
  }, [beyond]);

  const failure = data === undefined ? (error ?? refusal) : null;
  if (failure) {
    const words = problem(factsOf(failure));
    return (
      <div className="flex-1 overflow-y-auto" role="alert">
        <Placeholder
          title={t('tenants.failedTitle')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          {words.title} {words.detail}
        </Placeholder>
      </div>
    );
  }
  if (!data || !pages) return <Loading />;

  const chosen = sizeOf(selection, data.total);
  const selectable = mayChange && !view.deleted;
  const rows = {
    tenants: data.tenants,
    view,
    onView: change,
    selection: selectable ? selection : null,
    onSelect: (tenants: readonly Tenant[], isChosen: boolean) =>
      setSelection((now) => withRows(now, tenants, isChosen)),
  };
  return (
    <>
      <div ref={area} className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-[120rem] px-4 py-5 sm:px-5 lg:px-6" aria-busy={isPlaceholderData}>
          <TenantFilters page={data} view={view} table={table} onView={change} />
          {mayChange && <BatchProgress />}
          <Rows {...rows} table={table} filtered={isFiltered(view)} mayChange={mayChange} onNew={onNew} />
          {data.tenants.length > 0 && (
            <Pages page={pages.page} pageSize={pageSize} total={data.total} onPage={turnTo} />
          )}
        </div>
      </div>
      {selectable && chosen > 0 && (
        <BatchBar
          selection={selection}
          total={data.total}
          onEverything={() => setSelection({ ids: new Map(), everything: true })}
          onClear={() => setSelection(nothing)}
          onAction={setAsked}
        />
      )}
      {asked && (
        <BatchDialog
          action={asked}
          selection={selection}
          view={view}
          total={data.total}
          onClose={() => setAsked(null)}
          onStarted={() => {
            setAsked(null);
            setSelection(nothing);
            area.current?.scrollTo({ top: 0 });
          }}
        />
      )}
    </>
  );
}

function Rows({
  table,
  filtered,
  mayChange,
  onNew,
  ...rows
}: {
  tenants: readonly Tenant[];
  view: TenantView;
  onView: (parts: TenantView) => void;
  selection: Selection | null;
  onSelect: (tenants: readonly Tenant[], isChosen: boolean) => void;
  table: boolean;
  filtered: boolean;
  mayChange: boolean;
  onNew: () => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/tenants' });
  if (rows.tenants.length > 0) return table ? <TenantTable {...rows} /> : <TenantCards {...rows} />;
  return filtered ? (
    <Placeholder
      title={t('tenants.noMatchTitle')}
      actions={<Button onClick={() => void navigate({ search: {} })}>{t('tenants.showAll')}</Button>}
    >
      {t('tenants.noMatch')}
    </Placeholder>
  ) : (
    <Placeholder
      title={t('tenants.emptyTitle')}
      actions={
        mayChange && (
          <Button kind="primary" onClick={onNew}>
            <Plus aria-hidden="true" />
            {t('tenants.new')}
          </Button>
        )
      }
    >
      {t('tenants.empty')}
    </Placeholder>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="mx-auto w-full max-w-[120rem] flex-1 overflow-hidden px-4 py-5 sm:px-5 lg:px-6">
      <p role="status" className="sr-only">
        {t('tenants.loading')}
      </p>
      <div className="mb-5 flex gap-2">
        {['w-16', 'w-24', 'w-28', 'w-20'].map((width) => (
          <Skeleton key={width} className={`h-9 rounded-full ${width}`} />
        ))}
      </div>
      <div className="overflow-hidden rounded-lg border">
        {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((row) => (
          <div key={row} className="flex items-center gap-6 border-b px-4 py-4 last:border-0">
            <Skeleton className="h-4 w-40" />
            <Skeleton className="hidden h-4 w-48 sm:block" />
            <Skeleton className="ms-auto h-4 w-24" />
          </div>
        ))}
      </div>
    </div>
  );
}
