import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus, UserRoundPlus, UsersRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { NewTenantDialog } from '../tenants/new-tenant-dialog.tsx';
import { AgentList } from './agent-list.tsx';
import { type AgentView, factoryTabs, rememberView } from './agent-view.ts';
import { Configuration } from './configuration.tsx';
import { NewAgentDialog } from './new-agent-dialog.tsx';

const routeApi = getRouteApi('/signed-in/house/agents');

/** All agents with what they are made of, and what is set for them beyond their tiers. */
export function AgentFactoryPage() {
  const { t } = useTranslation();
  usePageTitle(t('agentFactory.title'));
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/agents' });
  const { data: me } = useSuspenseQuery(meQuery);
  const [making, setMaking] = useState<'personal' | 'team' | null>(null);
  const change = (parts: AgentView) =>
    void navigate({ search: (before) => ({ ...before, page: undefined, ...parts }), replace: true });
  useEffect(() => rememberView(view), [view]);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('agentFactory.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('agentFactory.lead')}</p>
        </div>
        {isAdmin(me) && (
          <Menu
            align="end"
            trigger={
              <Button kind="primary" className="max-sm:size-10 max-sm:px-0">
                <Plus aria-hidden="true" />
                <span className="max-sm:sr-only">{t('agentFactory.new')}</span>
              </Button>
            }
          >
            <MenuItem icon={<UserRoundPlus aria-hidden="true" />} onSelect={() => setMaking('personal')}>
              {t('agentFactory.newPersonal')}
            </MenuItem>
            <MenuItem icon={<UsersRound aria-hidden="true" />} onSelect={() => setMaking('team')}>
              {t('agentFactory.newTeam')}
            </MenuItem>
          </Menu>
        )}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-400 px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('agentFactory.title')}
            value={view.tab ?? 'agents'}
            onValue={(tab) => change({ tab: tab === 'agents' ? undefined : tab })}
            tabs={factoryTabs.map((value) => ({ value, label: t(`agentFactory.tabs.${value}`) }))}
          >
            <TabPanel value="agents">
              <AgentList view={view} onView={change} />
            </TabPanel>
            <TabPanel value="configuration">
              <Configuration />
            </TabPanel>
          </Tabs>
        </div>
      </div>
      {making === 'personal' && <NewAgentDialog onClose={() => setMaking(null)} />}
      {making === 'team' && <NewTenantDialog onClose={() => setMaking(null)} />}
    </>
  );
}
