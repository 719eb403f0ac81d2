import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Blocked } from './blocked.tsx';
import { PositionTools } from './position-tools.tsx';
import { RunningAgents } from './running-agents.tsx';
import { securityTabs } from './security-view.ts';
import { TierSecurity } from './tier-security.tsx';

const routeApi = getRouteApi('/signed-in/house/security');

/** What really runs, and everything that bounds what agents may do. */
export function SecurityPage() {
  const { t } = useTranslation();
  usePageTitle(t('security.title'));
  const { tab = 'running' } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/security' });
  const { data: me } = useSuspenseQuery(meQuery);
  const hasPolicy = me.permissions.includes('policy');
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('security.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('security.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('security.title')}
            value={tab}
            onValue={(next) => void navigate({ search: next === 'running' ? {} : { tab: next }, replace: true })}
            tabs={securityTabs.map((value) => ({ value, label: t(`security.tabs.${value}`) }))}
          >
            <TabPanel value="running">
              <RunningAgents />
            </TabPanel>
            <TabPanel value="tiers">
              <TierSecurity mayChange={isAdmin(me)} hasPolicy={hasPolicy} />
            </TabPanel>
            <TabPanel value="positions">
              <PositionTools mayChange={isAdmin(me)} />
            </TabPanel>
            <TabPanel value="blocked">
              <Blocked
                mayChange={isAdmin(me) && hasPolicy}
                mayTry={me.roles.some((role) => role === 'admin' || role === 'auditor')}
              />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}
