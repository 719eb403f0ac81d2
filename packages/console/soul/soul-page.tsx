import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { showToast } from '../design/toast.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { LayerList } from './layer-list.tsx';
import { ProposalList } from './proposals/proposal-list.tsx';
import { layerListQuery, layersKey } from './queries.ts';
import { rememberView, type SoulView, soulTabs } from './soul-view.ts';

const routeApi = getRouteApi('/signed-in/house/soul');

/** Who the agents are: the texts they are given, and the changes of them that are on their way. */
export function SoulPage() {
  const { t } = useTranslation();
  usePageTitle(t('soul.title'));
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/soul' });
  const { data, error, refetch } = useQuery(layerListQuery);
  const change = (parts: SoulView) => void navigate({ search: (before) => ({ ...before, ...parts }), replace: true });
  useEffect(() => rememberView(view), [view]);
  const open = data?.layers.reduce((sum, { openProposals }) => sum + openProposals, 0) ?? 0;
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('soul.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('soul.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('soul.title')}
            value={view.tab ?? 'layers'}
            onValue={(tab) => change({ tab: tab === 'layers' ? undefined : tab })}
            tabs={soulTabs.map((value) => ({
              value,
              label: value === 'proposals' && open > 0 ? t('soul.tabs.open', { count: open }) : t(`soul.tabs.${value}`),
            }))}
          >
            <TabPanel value="layers">
              {data ? (
                <LayerList layers={data.layers} view={view} onView={change} />
              ) : error ? (
                <Placeholder
                  title={t('soul.failedTitle')}
                  actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
                >
                  <ProblemNotice error={error} />
                </Placeholder>
              ) : (
                <Loading />
              )}
            </TabPanel>
            <TabPanel value="proposals">
              <div className="grid gap-4">
                {data && <ReviewRule required={data.reviewRequired} />}
                <ProposalList all={view.all === true} onAll={(all) => change({ all: all || undefined })} />
              </div>
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}

/** Whether layers change by proposals only; whoever may decides it here, everybody else reads it. */
function ReviewRule({ required }: { required: boolean }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: me } = useSuspenseQuery(meQuery);
  const mayDecide = isAdmin(me) && me.permissions.includes('policy');
  const decide = useMutation({
    mutationFn: (wanted: boolean) => api.call('requireLayerReview', { body: { required: wanted } }),
    onSuccess: (saved) =>
      showToast({ tone: 'good', title: t(saved.required ? 'soul.review.nowOn' : 'soul.review.nowOff') }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: layersKey }),
  });
  return (
    <div className="grid gap-3 rounded-lg border bg-sunken p-4 text-sm">
      {mayDecide ? (
        <Switch
          label={t('soul.review.require')}
          checked={decide.isPending ? decide.variables : required}
          onChecked={(wanted) => decide.mutate(wanted)}
        />
      ) : (
        <p className="font-medium">{t(required ? 'soul.review.isOn' : 'soul.review.isOff')}</p>
      )}
      <p className="text-ink-soft">{t(required ? 'soul.review.onText' : 'soul.review.offText')}</p>
      <ProblemNotice error={decide.error} />
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('soul.loading')}
      </p>
      {['a', 'b', 'c', 'd', 'e'].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b px-5 py-5 last:border-0">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="ms-auto hidden h-4 w-24 sm:block" />
          <Skeleton className="h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
