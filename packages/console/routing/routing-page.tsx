import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Explain } from './explain.tsx';
import { type RoutingView, routingTabs } from './routing-view.ts';
import { Rules } from './rules.tsx';
import { Teams } from './teams.tsx';
import { Tiers } from './tiers.tsx';

const routeApi = getRouteApi('/signed-in/house/routing');

/** Who is answered by which agent: the rules, the teams, and why a message goes where it goes. */
export function RoutingPage() {
  const { t } = useTranslation();
  usePageTitle(t('routing.title'));
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/routing' });
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me);
  const change = (parts: RoutingView) =>
    void navigate({ search: (before) => ({ ...before, ...parts }), replace: true });
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('routing.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('routing.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('routing.title')}
            value={view.tab ?? 'rules'}
            onValue={(tab) => change({ tab: tab === 'rules' ? undefined : tab })}
            tabs={routingTabs.map((value) => ({ value, label: t(`routing.tabs.${value}`) }))}
          >
            <TabPanel value="rules">
              <Rules mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="teams">
              <Teams mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="tiers">
              <Tiers />
            </TabPanel>
            <TabPanel value="explain">
              <Explain view={view} onView={change} />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}
