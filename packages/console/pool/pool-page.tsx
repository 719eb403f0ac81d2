import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { poolQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { isOperator, mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Batches } from './batches.tsx';
import { HostCard } from './host-card.tsx';
import { Quotas } from './quotas.tsx';
import { Reconciliation } from './reconciliation.tsx';
import { WarmSlots } from './warm-slots.tsx';

const tabs = ['capacity', 'batches', 'reconciliation', 'quotas'] as const;

export function PoolPage() {
  const { t } = useTranslation();
  usePageTitle(t('pool.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const operator = isOperator(me);
  const [tab, setTab] = useState<(typeof tabs)[number]>('capacity');
  const { data: pool, error, refetch } = useQuery(poolQuery);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('pool.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('pool.lead')}</p>
        </div>
        {pool && (
          <p className="tabular shrink-0 text-end text-ink-soft text-xs leading-5 sm:text-sm" data-testid="operations">
            {t('pool.operations', { count: pool.operations.running, queued: pool.operations.queued })}
            {pool.operations.failedLastHour > 0 && (
              <span className="block font-medium text-bad-ink text-xs">
                {t('pool.failedLastHour', { count: pool.operations.failedLastHour })}
              </span>
            )}
          </p>
        )}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-4 sm:px-5 lg:px-6">
          {pool ? (
            <>
              {error && (
                <div className="mb-4">
                  <ProblemNotice error={error} />
                </div>
              )}
              <Tabs
                label={t('pool.title')}
                value={tab}
                onValue={setTab}
                tabs={tabs.map((value) => ({ value, label: t(`pool.tabs.${value}`) }))}
              >
                <TabPanel value="capacity">
                  <div className="grid gap-8">
                    <section aria-labelledby="hosts" className="grid gap-3">
                      <h2 id="hosts" className="font-semibold text-lg">
                        {t('pool.hosts')}
                      </h2>
                      <ul className="grid gap-4 lg:grid-cols-2">
                        {pool.hosts.map((host) => (
                          <HostCard key={host.id} host={host} />
                        ))}
                      </ul>
                    </section>
                    <WarmSlots groups={pool.warmSlots} mayChange={operator} />
                  </div>
                </TabPanel>
                <TabPanel value="batches">
                  <Batches mayChange={mayChangePool(me)} />
                </TabPanel>
                <TabPanel value="reconciliation">
                  <Reconciliation drifts={pool.drifts} reconciledAt={pool.reconciledAt} mayReconcile={operator} />
                </TabPanel>
                <TabPanel value="quotas">
                  <Quotas mayChange={operator} />
                </TabPanel>
              </Tabs>
            </>
          ) : error ? (
            <Placeholder
              title={t('pool.failedTitle')}
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

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="grid gap-5">
      <p role="status" className="sr-only">
        {t('pool.loading')}
      </p>
      <Skeleton className="h-10 w-80 max-w-full" />
      <div className="grid gap-4 lg:grid-cols-2">
        <Skeleton className="h-56 rounded-lg" />
        <Skeleton className="h-56 rounded-lg" />
      </div>
    </div>
  );
}
