import type { AccessRequest } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { approvalsKey, myRequestsQuery } from '../approvals/queries.ts';
import { RequestCard } from '../approvals/request-card.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { RequestDialog } from './request-dialog.tsx';

/** What a person asked for on behalf of their agent, and what became of it. */
export function MyRequestsPage() {
  const { t } = useTranslation();
  usePageTitle(t('myRequests.title'));
  const { data, error, refetch } = useQuery(myRequestsQuery);
  const [asking, setAsking] = useState(false);
  const add = (
    <Button kind="primary" disabled={!data} onClick={() => setAsking(true)}>
      <Plus aria-hidden="true" />
      {t('myRequests.ask')}
    </Button>
  );
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('myRequests.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('myRequests.lead')}</p>
        </div>
        {data && data.requests.length > 0 && add}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-4xl px-4 py-5 sm:px-6">
          {!data && error && (
            <Placeholder
              title={t('myRequests.failed')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          )}
          {!data && !error && (
            <>
              <p role="status" className="sr-only">
                {t('myRequests.loading')}
              </p>
              <Skeleton className="h-40 rounded-lg" />
            </>
          )}
          {data?.requests.length === 0 && (
            <Placeholder title={t('myRequests.none')} actions={add}>
              {t('myRequests.noneText')}
            </Placeholder>
          )}
          {data && data.requests.length > 0 && (
            <ul className="grid grid-cols-1 gap-3">
              {data.requests.map((request) => (
                <RequestCard
                  key={request.id}
                  request={request}
                  own
                  actions={request.state === 'pending' && <Withdraw request={request} />}
                />
              ))}
            </ul>
          )}
        </div>
      </div>
      {asking && data && <RequestDialog requestable={data.requestable} onClose={() => setAsking(false)} />}
    </>
  );
}

function Withdraw({ request }: { request: AccessRequest }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const withdraw = useMutation({
    mutationFn: () => api.call('withdrawRequest', { params: { requestId: request.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsKey }),
    onSuccess: () => showToast({ tone: 'good', title: t('myRequests.withdrawn') }),
  });
  return (
    <>
      {withdraw.error && <ProblemNotice error={withdraw.error} />}
      <Button size="sm" disabled={withdraw.isPending} onClick={() => withdraw.mutate()}>
        {t('myRequests.withdraw')}
      </Button>
    </>
  );
}
