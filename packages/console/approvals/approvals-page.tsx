import type { AccessRequest } from '@clawpool/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { useSettled } from '../design/use-settled.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { approvalTabs } from './approvals-view.ts';
import { ApproveDialog, RejectDialog } from './decide-dialogs.tsx';
import { Grants } from './grants.tsx';
import { accessRequestsQuery } from './queries.ts';
import { RequestCard } from './request-card.tsx';

const routeApi = getRouteApi('/signed-in/house/approvals');

/** What people and their agents ask for, and what they were granted. */
export function ApprovalsPage() {
  const { t } = useTranslation();
  usePageTitle(t('approvals.title'));
  const { tab = 'waiting' } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/approvals' });
  const { data: pending } = useInfiniteQuery(accessRequestsQuery({ state: 'pending' }));
  const waiting = pending?.pages[0]?.waiting ?? 0;
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('approvals.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('approvals.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-4xl px-4 py-4 sm:px-6">
          <Tabs
            label={t('approvals.title')}
            value={tab}
            onValue={(next) => void navigate({ search: next === 'waiting' ? {} : { tab: next }, replace: true })}
            tabs={approvalTabs.map((value) => ({
              value,
              label:
                value === 'waiting' && waiting > 0
                  ? t('approvals.waitingCount', { count: waiting })
                  : t(`approvals.tabs.${value}`),
            }))}
          >
            <TabPanel value="waiting">
              <Requests state="pending" />
            </TabPanel>
            <TabPanel value="decided">
              <Requests state="decided" />
            </TabPanel>
            <TabPanel value="grants">
              <Grants />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}

type Overlay = { kind: 'approve' | 'reject'; request: AccessRequest };

function Requests({ state }: { state: 'pending' | 'decided' }) {
  const { t } = useTranslation();
  const [found, setFound] = useState('');
  const [search, setSearch] = useSettled(found, setFound);
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    accessRequestsQuery({ state, ...(found === '' ? {} : { search: found }) }),
  );
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const requests = data?.pages.flatMap((page) => page.requests);
  if (!requests) {
    return error ? (
      <Placeholder
        title={t('approvals.failed')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <>
        <p role="status" className="sr-only">
          {t('approvals.loading')}
        </p>
        <Skeleton className="h-40 rounded-lg" />
      </>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-4">
      {(requests.length > 0 || found !== '') && (
        <SearchField label={t('approvals.search')} value={search} onValue={setSearch} className="sm:max-w-80" />
      )}
      {requests.length === 0 ? (
        <Placeholder
          title={t(
            found === '' ? `approvals.empty.${state === 'pending' ? 'waiting' : 'decided'}` : 'approvals.noMatch',
          )}
        >
          {found === '' && state === 'pending' && t('approvals.emptyText')}
        </Placeholder>
      ) : (
        <ul className="grid grid-cols-1 gap-3">
          {requests.map((request) => (
            <RequestCard
              key={request.id}
              request={request}
              actions={
                request.mayDecide && (
                  <>
                    <Button onClick={() => setOverlay({ kind: 'reject', request })}>{t('approvals.reject')}</Button>
                    <Button kind="primary" onClick={() => setOverlay({ kind: 'approve', request })}>
                      {t('approvals.approve')}
                    </Button>
                  </>
                )
              }
            />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <div className="grid justify-items-center gap-3">
          {error && <ProblemNotice error={error} />}
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t(isFetchingNextPage ? 'approvals.loadingMore' : 'approvals.more')}
          </Button>
        </div>
      )}
      {overlay?.kind === 'approve' && <ApproveDialog request={overlay.request} onClose={close} />}
      {overlay?.kind === 'reject' && <RejectDialog request={overlay.request} onClose={close} />}
    </div>
  );
}
