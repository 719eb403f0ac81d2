import type { Employee } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Pages } from '../../design/pages.tsx';
import { Placeholder, Skeleton } from '../../design/placeholder.tsx';
import { peopleQuery } from '../queries.ts';
import { isFiltered, type PeopleView, pageSize } from '../views.ts';
import { PeopleFilters } from './people-filters.tsx';

/** People page by page, with filters over them. How a row looks is the page's own. */
export function PeopleList({
  view,
  onView,
  empty,
  children,
}: {
  view: PeopleView;
  onView: (parts: PeopleView) => void;
  /** While there is nobody at all. */
  empty: ReactNode;
  children: (employees: readonly Employee[]) => ReactNode;
}) {
  const { t } = useTranslation();
  const { data, error, isPlaceholderData, refetch } = useQuery(peopleQuery(view));
  const change = (parts: PeopleView) => onView({ page: undefined, ...parts });
  // A page that no longer exists because people have gone becomes the last one.
  const last = data && !isPlaceholderData ? Math.max(1, Math.ceil(data.total / pageSize)) : null;
  const beyond = last !== null && (view.page ?? 1) > last ? last : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the page is wrong
  useEffect(() => {
    if (beyond !== null) onView({ page: beyond === 1 ? undefined : beyond });
  }, [beyond]);
  return (
    <div className="grid grid-cols-1 gap-4" aria-busy={isPlaceholderData}>
      <PeopleFilters view={view} onView={change} />
      {data ? (
        <>
          {error && <ProblemNotice error={error} title={t('organization.stale')} />}
          {data.employees.length > 0 ? (
            <div>
              {children(data.employees)}
              <Pages
                page={view.page ?? 1}
                pageSize={pageSize}
                total={data.total}
                onPage={(page) => onView({ page: page === 1 ? undefined : page })}
              />
            </div>
          ) : isFiltered(view) ? (
            <Placeholder
              title={t('employees.noMatchTitle')}
              actions={
                <Button
                  onClick={() =>
                    change({ search: undefined, department: undefined, position: undefined, with: undefined })
                  }
                >
                  {t('employees.showAll')}
                </Button>
              }
            >
              {t('employees.noMatch')}
            </Placeholder>
          ) : (
            empty
          )}
        </>
      ) : error ? (
        <Placeholder
          title={t('employees.failedTitle')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      ) : (
        <Loading />
      )}
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('employees.loading')}
      </p>
      {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b px-4 py-4 last:border-0">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="hidden h-4 w-48 sm:block" />
          <Skeleton className="ms-auto h-4 w-24" />
        </div>
      ))}
    </div>
  );
}
