import type { Department } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useFormat } from '../format/use-format.ts';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Coverage } from './coverage.tsx';
import { DepartmentActions, DepartmentDetails } from './departments/department-details.tsx';
import { DepartmentDialog } from './departments/department-dialog.tsx';
import { coverageOf, totalsOf, treeOf } from './departments/department-tree.ts';
import { Figure, Figures } from './departments/figures.tsx';
import { DepartmentTree } from './departments/tree-view.tsx';
import { departmentsQuery } from './queries.ts';
import { RemovalDialog } from './removal-dialog.tsx';

const routeApi = getRouteApi('/signed-in/house/departments');

/** What is done with a department, in a dialog. */
export type DepartmentAction =
  | { kind: 'create'; parentId: string | null }
  | { kind: 'change'; department: Department }
  | { kind: 'remove'; department: Department };

/** How the organization is built, and who in it has an agent. */
export function DepartmentsPage() {
  const { t } = useTranslation();
  usePageTitle(t('departments.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me);
  const { data: departments, error, refetch } = useQuery(departmentsQuery);
  const [action, setAction] = useState<DepartmentAction | null>(null);
  const close = () => setAction(null);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('departments.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('departments.lead')}</p>
        </div>
        {mayChange && (
          <Button kind="primary" className="max-sm:px-3" onClick={() => setAction({ kind: 'create', parentId: null })}>
            <Plus aria-hidden="true" />
            <span className="max-sm:sr-only">{t('departments.new')}</span>
          </Button>
        )}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-300 grid-cols-1 gap-5 px-4 py-5 sm:px-5 lg:px-6">
          {departments ? (
            departments.length === 0 ? (
              <Placeholder title={t('departments.emptyTitle')}>{t('departments.empty')}</Placeholder>
            ) : (
              <>
                {error && <ProblemNotice error={error} title={t('organization.stale')} />}
                <Totals departments={departments} />
                <TreeAndDetails departments={departments} mayChange={mayChange} onAction={setAction} />
              </>
            )
          ) : error ? (
            <Placeholder
              title={t('departments.failedTitle')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          ) : (
            <Loading />
          )}
        </div>
      </div>
      <Action action={action} departments={departments ?? []} onClose={close} />
    </>
  );
}

function Action({
  action,
  departments,
  onClose,
}: {
  action: DepartmentAction | null;
  departments: readonly Department[];
  onClose: () => void;
}) {
  const navigate = useNavigate({ from: '/departments' });
  const show = (department: string | undefined) => void navigate({ search: { department }, replace: true });
  if (action === null) return null;
  if (action.kind === 'create') {
    return (
      <DepartmentDialog
        department={null}
        parentId={action.parentId}
        departments={departments}
        onClose={onClose}
        onSaved={({ id }) => show(id)}
      />
    );
  }
  const { department } = action;
  if (action.kind === 'change') {
    return (
      <DepartmentDialog
        department={department}
        parentId={department.parentId}
        departments={departments}
        onClose={onClose}
      />
    );
  }
  return (
    <RemovalDialog
      kind="department"
      id={department.id}
      name={department.name}
      onClose={onClose}
      onRemoved={() => show(department.parentId ?? undefined)}
    />
  );
}

function Totals({ departments }: { departments: readonly Department[] }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const totals = totalsOf(departments);
  return (
    <Figures>
      {(['departments', 'positions', 'employees', 'agents'] as const).map((name) => (
        <Figure key={name} name={t(`departments.totals.${name}`)}>
          {totals[name].toLocaleString(locale)}
        </Figure>
      ))}
      <Figure name={t('departments.coverage')}>
        {coverageOf(totals.agents, totals.employees) === null ? (
          t('common.none')
        ) : (
          <Coverage agents={totals.agents} employees={totals.employees} className="h-7" />
        )}
      </Figure>
    </Figures>
  );
}

function TreeAndDetails({
  departments,
  mayChange,
  onAction,
}: {
  departments: readonly Department[];
  mayChange: boolean;
  onAction: (action: DepartmentAction) => void;
}) {
  const { t } = useTranslation();
  const { department: asked } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/departments' });
  const wide = useMediaQuery('(min-width: 64rem)');
  const tree = useMemo(() => treeOf(departments), [departments]);
  const chosen = departments.find(({ id }) => id === asked) ?? (wide ? tree[0]?.department : undefined);
  const choose = (department: string | undefined) => void navigate({ search: { department }, replace: true });
  const details = chosen && <DepartmentDetails department={chosen} departments={departments} tree={tree} />;
  const actions = chosen && mayChange && <DepartmentActions department={chosen} onAction={onAction} />;
  return (
    <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,1fr)_23rem]">
      <DepartmentTree tree={tree} chosen={chosen?.id} onChoose={choose} />
      {wide
        ? chosen && (
            <section
              aria-label={chosen.name}
              data-testid="department-details"
              className="sticky top-5 grid min-w-0 grid-cols-1 gap-4 rounded-lg border bg-surface p-5"
            >
              <h2 className="break-words font-semibold text-lg leading-6">{chosen.name}</h2>
              {details}
              {actions && <div className="flex flex-wrap gap-2 border-t pt-4">{actions}</div>}
            </section>
          )
        : chosen && (
            <Dialog
              open
              onClose={() => choose(undefined)}
              title={chosen.name}
              footer={actions || <Button onClick={() => choose(undefined)}>{t('common.close')}</Button>}
            >
              <div data-testid="department-details" className="grid grid-cols-1 gap-4">
                {details}
              </div>
            </Dialog>
          )}
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <p role="status" className="sr-only">
        {t('departments.loading')}
      </p>
      <Skeleton className="h-18 rounded-lg" />
      <div className="overflow-hidden rounded-lg border">
        {['w-40', 'w-32', 'w-36', 'w-28', 'w-40', 'w-24'].map((width, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they never change places
          <div key={row} className="flex items-center justify-between border-b px-4 py-3 last:border-0">
            <Skeleton className={`h-4 ${width}`} />
            <Skeleton className="h-4 w-24" />
          </div>
        ))}
      </div>
    </>
  );
}
