import type { TenantState } from '@clawpool/contracts';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { SearchField, Select } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { StateDot } from '../design/state-badge.tsx';
import { useFormat } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { TenantCards } from './tenant-cards.tsx';
import {
  countStates,
  pageOf,
  type SortKey,
  selectTenants,
  sortKeys,
  type Tenants,
  type TenantView,
} from './tenant-list.ts';
import { TenantTable } from './tenant-table.tsx';
import { useTenants } from './use-tenants.ts';

const everything: TenantView = { search: '', state: 'all', sort: 'name', descending: false };

export function TenantsPage() {
  const { t } = useTranslation();
  usePageTitle(t('tenants.title'));
  const { tenants, refusal, tryAgain } = useTenants();
  const problem = useProblem();
  const words = refusal && problem(factsOf(refusal));
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('tenants.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('tenants.lead')}</p>
        </div>
      </PageBar>
      {words ? (
        <div className="flex-1 overflow-y-auto" role="alert">
          <Placeholder
            title={t('tenants.failedTitle')}
            actions={<Button onClick={tryAgain}>{t('common.tryAgain')}</Button>}
          >
            {words.title} {words.detail}
          </Placeholder>
        </div>
      ) : tenants === null ? (
        <Loading />
      ) : (
        <TenantList tenants={tenants} />
      )}
    </>
  );
}

function TenantList({ tenants: known }: { tenants: Tenants }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [view, setView] = useState(everything);
  const [page, setPage] = useState(0);
  const area = useRef<HTMLDivElement>(null);
  const table = useMediaQuery('(min-width: 60rem)');
  const shownView = useDeferredValue(view);
  const tenants = useMemo(() => [...known.values()], [known]);
  const selected = useMemo(() => selectTenants(tenants, shownView, format.locale), [tenants, shownView, format.locale]);
  const counts = countStates(tenants);
  const current = pageOf(selected, page);

  const change = (parts: Partial<TenantView>) => {
    setView({ ...view, ...parts });
    setPage(0);
  };
  const turnTo = (next: number) => {
    setPage(next);
    area.current?.scrollTo({ top: 0 });
  };

  if (tenants.length === 0) {
    return (
      <div className="flex-1 overflow-y-auto">
        <Placeholder title={t('tenants.emptyTitle')}>{t('tenants.empty')}</Placeholder>
      </div>
    );
  }
  return (
    <div ref={area} className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto w-full max-w-400 px-4 py-5 sm:px-5 lg:px-6">
        <div className="mb-4 flex flex-wrap items-center gap-3">
          <FilterButtons
            label={t('tenants.byState')}
            value={view.state}
            onValue={(state) => change({ state })}
            options={[
              { value: 'all', label: t('tenants.all'), count: tenants.length },
              ...stateOrder.map((state) => ({
                value: state,
                label: t(`tenants.state.${state}`),
                count: counts[state],
                sign: <StateDot state={state} />,
              })),
            ]}
          />
          <div className="flex min-w-64 flex-1 flex-wrap justify-end gap-2">
            <SearchField
              label={t('tenants.search')}
              value={view.search}
              onValue={(search) => change({ search })}
              className="min-w-56 flex-1 sm:max-w-80"
            />
            {!table && <SortSelect view={view} onChange={change} />}
          </div>
        </div>
        {selected.length === 0 ? (
          <Placeholder
            title={t('tenants.noMatchTitle')}
            actions={<Button onClick={() => change(everything)}>{t('tenants.showAll')}</Button>}
          >
            {t('tenants.noMatch')}
          </Placeholder>
        ) : table ? (
          <TenantTable tenants={current.rows} view={view} onSort={change} />
        ) : (
          <TenantCards tenants={current.rows} />
        )}
        {selected.length > 0 && <Pages {...current} total={selected.length} onPage={turnTo} />}
      </div>
    </div>
  );
}

/** The order in which the counts stand: what runs, what is on its way, what sleeps, what is broken. */
const stateOrder: readonly TenantState[] = ['running', 'creating', 'stopping', 'hibernated', 'failed'];

function SortSelect({ view, onChange }: { view: TenantView; onChange: (parts: Partial<TenantView>) => void }) {
  const { t } = useTranslation();
  const options = sortKeys.flatMap((sort: SortKey) =>
    [false, true].map((descending) => ({
      value: `${sort} ${descending}`,
      label: t('tenants.sortedBy', {
        column: t(`tenants.columns.${sort}`),
        direction: descending ? t('tenants.descending') : t('tenants.ascending'),
      }),
      view: { sort, descending },
    })),
  );
  return (
    <Select
      className="max-sm:flex-1"
      label={t('tenants.sortBy')}
      value={`${view.sort} ${view.descending}`}
      onChange={(event) => onChange(options.find(({ value }) => value === event.target.value)?.view ?? {})}
    >
      {options.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </Select>
  );
}

function Pages({
  from,
  to,
  total,
  page,
  pages,
  onPage,
}: Omit<ReturnType<typeof pageOf>, 'rows'> & { total: number; onPage: (page: number) => void }) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('tenants.pages')} className="mt-4 flex items-center justify-end gap-2 text-ink-faint text-sm">
      <span className="tabular me-1" role="status">
        {t('tenants.showing', { from, to, total })}
      </span>
      {pages > 1 && (
        <>
          <Button
            size="icon-sm"
            aria-label={t('tenants.previous')}
            disabled={page === 0}
            onClick={() => onPage(page - 1)}
          >
            <ChevronLeft aria-hidden="true" />
          </Button>
          <Button
            size="icon-sm"
            aria-label={t('tenants.next')}
            disabled={page === pages - 1}
            onClick={() => onPage(page + 1)}
          >
            <ChevronRight aria-hidden="true" />
          </Button>
        </>
      )}
    </nav>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="mx-auto w-full max-w-400 flex-1 overflow-hidden px-4 py-5 sm:px-5 lg:px-6">
      <p role="status" className="sr-only">
        {t('tenants.loading')}
      </p>
      <div className="mb-5 flex gap-2">
        {[16, 24, 24, 20].map((width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they never change
          <Skeleton key={index} className={`h-9 rounded-full ${width === 16 ? 'w-16' : 'w-24'}`} />
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
