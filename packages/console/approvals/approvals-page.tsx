import type { AccessRequest } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { useSettled } from '../design/use-settled.ts';
import { mayTakeOver } from '../session/access.ts';
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
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: pending } = useQuery(accessRequestsQuery({ state: 'pending' }));
  const waiting = pending?.waiting ?? 0;
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
              <Requests waiting />
            </TabPanel>
            <TabPanel value="decided">
              <Requests waiting={false} />
            </TabPanel>
            <TabPanel value="grants">
              <Grants mayRevoke={mayTakeOver(me)} />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}

type Overlay = { kind: 'approve' | 'reject'; request: AccessRequest };

function Requests({ waiting }: { waiting: boolean }) {
  const { t } = useTranslation();
  const [found, setFound] = useState('');
  const [search, setSearch] = useSettled(found, setFound);
  const filter = { ...(waiting ? { state: 'pending' as const } : {}), ...(found === '' ? {} : { search: found }) };
  const { data, error, refetch } = useQuery(accessRequestsQuery(filter));
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const requests = data?.requests.filter(({ state }) => waiting || state !== 'pending');
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
          title={t(found === '' ? `approvals.empty.${waiting ? 'waiting' : 'decided'}` : 'approvals.noMatch')}
        >
          {found === '' && waiting && t('approvals.emptyText')}
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
      {overlay?.kind === 'approve' && <ApproveDialog request={overlay.request} onClose={close} />}
      {overlay?.kind === 'reject' && <RejectDialog request={overlay.request} onClose={close} />}
    </div>
  );
}
