import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { ApiKeys } from './api-keys.tsx';
import { Webhooks } from './webhooks.tsx';

const routeApi = getRouteApi('/signed-in/house/integrations');
const tabs = ['keys', 'webhooks'] as const;

/** How other software talks to agents, and what it is told. */
export function IntegrationsPage() {
  const { t } = useTranslation();
  usePageTitle(t('integrations.title'));
  const { tab } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/integrations' });
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('integrations.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('integrations.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('integrations.title')}
            value={tab ?? 'keys'}
            onValue={(value) => void navigate({ search: value === 'webhooks' ? { tab: value } : {}, replace: true })}
            tabs={tabs.map((value) => ({ value, label: t(`integrations.tabs.${value}`) }))}
          >
            <TabPanel value="keys">
              <ApiKeys mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="webhooks">
              <Webhooks mayChange={mayChange} />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}
