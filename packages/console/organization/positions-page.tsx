import type { Position } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { SearchField, Select } from '../design/field.tsx';
import { Notice } from '../design/notice.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { DepartmentOptions } from './department-field.tsx';
import { rowsOf, treeOf } from './departments/department-tree.ts';
import { PositionCard } from './positions/position-card.tsx';
import { PositionDialog } from './positions/position-dialog.tsx';
import { positionsIn } from './positions/positions-in.ts';
import { ProvisionDialog } from './positions/provision-dialog.tsx';
import { departmentsQuery, positionsQuery } from './queries.ts';
import { RemovalDialog } from './removal-dialog.tsx';
import type { PositionsView } from './views.ts';

const routeApi = getRouteApi('/signed-in/house/positions');

export type PositionAction = { kind: 'create' } | { kind: 'change' | 'provision' | 'remove'; position: Position };

/** What people do in the organization, and what that allows their agents. */
export function PositionsPage() {
  const { t } = useTranslation();
  usePageTitle(t('positions.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me);
  const { data: positions, error, refetch } = useQuery(positionsQuery);
  const [action, setAction] = useState<PositionAction | null>(null);
  const create = mayChange && (
    <Button kind="primary" className="max-sm:px-3" onClick={() => setAction({ kind: 'create' })}>
      <Plus aria-hidden="true" />
      <span className="max-sm:sr-only">{t('positions.new')}</span>
    </Button>
  );
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('positions.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('positions.lead')}</p>
        </div>
        {create}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-[100rem] grid-cols-1 gap-5 px-4 py-5 sm:px-5 lg:px-6">
          {positions ? (
            positions.length === 0 ? (
              <Placeholder title={t('positions.emptyTitle')} actions={create}>
                {t('positions.empty')}
              </Placeholder>
            ) : (
              <>
                {error && <ProblemNotice error={error} title={t('organization.stale')} />}
                <Cards positions={positions} mayChange={mayChange} onAction={setAction} />
              </>
            )
          ) : error ? (
            <Placeholder
              title={t('positions.failedTitle')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          ) : (
            <Loading />
          )}
        </div>
      </div>
      <Action action={action} onClose={() => setAction(null)} />
    </>
  );
}

function Action({ action, onClose }: { action: PositionAction | null; onClose: () => void }) {
  if (action === null) return null;
  if (action.kind === 'create') return <PositionDialog position={null} onClose={onClose} />;
  const { position } = action;
  if (action.kind === 'change') return <PositionDialog position={position} onClose={onClose} />;
  if (action.kind === 'provision') return <ProvisionDialog position={position} onClose={onClose} />;
  return <RemovalDialog kind="position" id={position.id} name={position.name} onClose={onClose} />;
}

function Cards({
  positions,
  mayChange,
  onAction,
}: {
  positions: readonly Position[];
  mayChange: boolean;
  onAction: (action: PositionAction) => void;
}) {
  const { t } = useTranslation();
  const view = routeApi.useSearch();
  const navigate = useNavigate({ from: '/positions' });
  const change = (parts: PositionsView) =>
    void navigate({ search: (before) => ({ ...before, ...parts }), replace: true });
  const { data: departments = [] } = useQuery(departmentsQuery);
  const [search, setSearch] = useSettled(view.search ?? '', (text) => change({ search: text || undefined }));
  const shown = positionsIn(positions, departments, view);
  const silent = positions.filter(({ layerWords }) => layerWords === 0).length;
  return (
    <>
      {mayChange && silent > 0 && (
        <Notice tone="info" title={t('positions.silentTitle', { count: silent })}>
          {t('positions.silent')}
        </Notice>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <SearchField
          label={t('positions.search')}
          value={search}
          onValue={setSearch}
          className="min-w-52 flex-1 max-sm:basis-full sm:max-w-80"
        />
        <Select
          label={t('employees.byDepartment')}
          className="max-w-60 max-sm:max-w-none max-sm:flex-1"
          value={view.department ?? ''}
          onChange={(event) => change({ department: event.target.value || undefined })}
        >
          <option value="">{t('employees.everyDepartment')}</option>
          <DepartmentOptions rows={rowsOf(treeOf(departments))} />
        </Select>
        <p role="status" className="ms-auto text-ink-faint text-sm">
          {t('positions.count', { count: shown.length })}
        </p>
      </div>
      {shown.length === 0 ? (
        <Placeholder
          title={t('positions.noMatchTitle')}
          actions={
            <Button onClick={() => change({ search: undefined, department: undefined })}>
              {t('employees.showAll')}
            </Button>
          }
        >
          {t('positions.noMatch')}
        </Placeholder>
      ) : (
        <ul aria-label={t('positions.title')} className="grid grid-cols-1 gap-4 md:grid-cols-2 2xl:grid-cols-3">
          {shown.map((position) => (
            <PositionCard key={position.id} position={position} mayChange={mayChange} onAction={onAction} />
          ))}
        </ul>
      )}
    </>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <p role="status" className="sr-only">
        {t('positions.loading')}
      </p>
      <div className="grid grid-cols-1 gap-4 md:grid-cols-2 2xl:grid-cols-3">
        {['a', 'b', 'c', 'd', 'e', 'f'].map((card) => (
          <Skeleton key={card} className="h-64 rounded-lg" />
        ))}
      </div>
    </>
  );
}
