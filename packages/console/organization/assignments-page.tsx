import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { Placeholder } from '../design/placeholder.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { Teams } from '../routing/teams.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { AssignedPeople } from './assignments/assigned-people.tsx';
import { Mappings } from './assignments/mappings.tsx';
import { useBindings } from './assignments/use-bindings.ts';
import { PeopleList } from './employees/people-list.tsx';
import { type AssignmentsView, assignmentTabs } from './views.ts';

const routeApi = getRouteApi('/signed-in/house/assignments');

/** Who has which agent, who shares which, and by which ways they reach them. */
export function AssignmentsPage() {
  const { t } = useTranslation();
  usePageTitle(t('assignments.title'));
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/assignments' });
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me);
  const area = useRef<HTMLDivElement>(null);
  const { bindings, error } = useBindings();
  const change = (parts: AssignmentsView) => {
    void navigate({ search: (before) => ({ ...before, ...parts }), replace: true });
    if ('page' in parts) area.current?.scrollTo({ top: 0 });
  };
  // Whom a bot knows is no business of a manager's.
  const tabs = assignmentTabs.filter((tab) => tab !== 'accounts' || bindings !== null);
  const tab = tabs.find((one) => one === view.tab) ?? 'people';
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('assignments.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('assignments.lead')}</p>
        </div>
      </PageBar>
      <div ref={area} className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-[100rem] px-4 py-4 sm:px-5 lg:px-6">
          <Tabs
            label={t('assignments.title')}
            value={tab}
            onValue={(next) => change({ tab: next === 'people' ? undefined : next })}
            tabs={tabs.map((value) => ({ value, label: t(`assignments.tabs.${value}`) }))}
          >
            <TabPanel value="people">
              <PeopleList
                view={view}
                onView={change}
                empty={<Placeholder title={t('employees.emptyTitle')}>{t('employees.empty')}</Placeholder>}
              >
                {(employees) => <AssignedPeople employees={employees} bindings={bindings} mayChange={mayChange} />}
              </PeopleList>
            </TabPanel>
            <TabPanel value="teams">
              <Teams mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="accounts">
              <Mappings bindings={bindings ?? undefined} error={error} mayChange={mayChange} />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}
