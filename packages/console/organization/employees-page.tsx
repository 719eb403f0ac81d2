import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Download, Ellipsis, FileUp, History, Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fileAddress, saveFile } from '../api/files.ts';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Placeholder } from '../design/placeholder.tsx';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { EmployeeDetails } from './employees/employee-details.tsx';
import { EmployeeOverlay, type PersonAction } from './employees/employee-overlay.tsx';
import { EmployeeRows } from './employees/employee-rows.tsx';
import { PeopleList } from './employees/people-list.tsx';
import { ImportDialog } from './imports/import-dialog.tsx';
import { ImportsDialog } from './imports/imports-dialog.tsx';
import type { EmployeesView } from './views.ts';

const routeApi = getRouteApi('/signed-in/house/employees');

type Overlay = PersonAction | { kind: 'import' } | { kind: 'imports' };

/** Everybody of the organization: who they are, what they may do, and whether they have an agent. */
export function EmployeesPage() {
  const { t } = useTranslation();
  usePageTitle(t('employees.title'));
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/employees' });
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me);
  // The whole organization as a file is not a manager's.
  const mayRead = mayChange || me.roles.includes('auditor');
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const area = useRef<HTMLDivElement>(null);
  const close = () => setOverlay(null);
  const change = (parts: EmployeesView) => {
    void navigate({ search: (before) => ({ ...before, ...parts }), replace: true });
    if ('page' in parts) area.current?.scrollTo({ top: 0 });
  };
  const add = mayChange && (
    <Button kind="primary" className="max-sm:px-3" onClick={() => setOverlay({ kind: 'add' })}>
      <Plus aria-hidden="true" />
      <span className="max-sm:sr-only">{t('employees.add')}</span>
    </Button>
  );
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('employees.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('employees.lead')}</p>
        </div>
        {mayRead && (
          <Menu
            align="end"
            trigger={
              <Button kind="ghost" size="icon" aria-label={t('employees.files')}>
                <Ellipsis aria-hidden="true" />
              </Button>
            }
          >
            {mayChange && (
              <MenuItem icon={<FileUp />} onSelect={() => setOverlay({ kind: 'import' })}>
                {t('imports.start')}
              </MenuItem>
            )}
            <MenuItem icon={<History />} onSelect={() => setOverlay({ kind: 'imports' })}>
              {t('imports.past')}
            </MenuItem>
            <MenuItem icon={<Download />} onSelect={() => saveFile(fileAddress('exportEmployees'))}>
              {t('employees.export')}
            </MenuItem>
          </Menu>
        )}
        {add}
      </PageBar>
      <div ref={area} className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-[100rem] px-4 py-5 sm:px-5 lg:px-6">
          <PeopleList
            view={view}
            onView={change}
            empty={
              <Placeholder title={t('employees.emptyTitle')} actions={add}>
                {t('employees.empty')}
              </Placeholder>
            }
          >
            {(employees) => <EmployeeRows employees={employees} mayChange={mayChange} onAction={setOverlay} />}
          </PeopleList>
        </div>
      </div>
      {overlay?.kind === 'import' ? (
        <ImportDialog onClose={close} />
      ) : overlay?.kind === 'imports' ? (
        <ImportsDialog mayChange={mayChange} onClose={close} />
      ) : overlay ? (
        <EmployeeOverlay
          action={overlay}
          me={me}
          onClose={close}
          onAdded={(person) => change({ person })}
          onRemoved={() => change({ person: undefined })}
        />
      ) : (
        view.person !== undefined && (
          <EmployeeDetails
            employeeId={view.person}
            mayChange={mayChange}
            onAction={setOverlay}
            onClose={() => change({ person: undefined })}
          />
        )
      )}
    </>
  );
}
