import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { Notice } from '../design/notice.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { identityTabs } from './identity-tabs.ts';
import { Providers } from './providers.tsx';
import { Rules } from './rules.tsx';
import { SecondFactors } from './second-factors.tsx';

const routeApi = getRouteApi('/signed-in/house/sign-in-settings');

/** How the organization lets people in. */
export function IdentityPage() {
  const { t } = useTranslation();
  usePageTitle(t('identity.title'));
  const { tab } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/sign-in-settings' });
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me) && me.permissions.includes('policy');
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('identity.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('identity.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('identity.title')}
            value={tab ?? 'providers'}
            onValue={(value) => void navigate({ search: value === 'providers' ? {} : { tab: value }, replace: true })}
            tabs={identityTabs.map((value) => ({ value, label: t(`identity.tabs.${value}`) }))}
          >
            <TabPanel value="providers">
              {!mayChange && <ReadOnly />}
              <Providers mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="rules">
              {!mayChange && <ReadOnly />}
              <Rules mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="people">
              <SecondFactors />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}

function ReadOnly() {
  const { t } = useTranslation();
  return <Notice tone="info" title={t('identity.readOnly')} className="mb-4" />;
}
