import type { ClientError } from '@clawpool/client';
import type { OperationKind, OperationPhase, Tenant } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { Waiting } from '../design/ripples.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { secondsUntil } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { isOperator, mayChangePool, mayReadPool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { actionIcons } from '../tenants/action-icons.ts';
import { CancelOperation } from '../tenants/cancel-operation.tsx';
import { Operations, useBeginOperation } from '../tenants/operations.tsx';
import { tenantQuery } from '../tenants/queries.ts';
import { firstActionOf } from '../tenants/tenant-actions.ts';
import { Failure, isBroken, TenantStateBadge } from '../tenants/tenant-cells.tsx';
import { TenantMenu } from '../tenants/tenant-menu.tsx';
import { lastView } from '../tenants/tenant-view.ts';
import { useTenantEvents } from '../tenants/use-tenant-events.ts';
import { CheckpointsTab } from './checkpoints-tab.tsx';
import { LogsTab } from './logs-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { type TenantTab, tenantTabs } from './tenant-tabs.ts';
import { TimelineTab } from './timeline-tab.tsx';

const routeApi = getRouteApi('/signed-in/house/tenants/$tenantId');

/** The drawing library is as large as the rest of the console: it comes when somebody looks at charts. */
const MetricsTab = lazy(() => import('./metrics-tab.tsx').then((module) => ({ default: module.MetricsTab })));

export function TenantPage() {
  const { tenantId } = routeApi.useParams();
  return (
    <Operations>
      <OneTenant key={tenantId} tenantId={tenantId} />
    </Operations>
  );
}

function OneTenant({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<ClientError | null>(null);
  useTenantEvents(setRefusal);
  const { data: tenant, error, refetch } = useQuery(tenantQuery(tenantId));
  const problem = useProblem();
  usePageTitle(tenant?.name ?? t('tenants.title'));

  const failure = tenant ? null : (error ?? refusal);
  if (failure) {
    const words = problem(factsOf(failure));
    return (
      <>
        <PageBar>
          <BackToAll />
        </PageBar>
        <div className="flex-1 overflow-y-auto" role="alert">
          <Placeholder
            heading="h1"
            title={t('tenant.failedTitle')}
            actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
          >
            {words.title} {words.detail}
          </Placeholder>
        </div>
      </>
    );
  }
  return tenant ? <Known tenant={tenant} /> : <Loading />;
}

function Known({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/tenants/$tenantId' });
  const { tab: wanted = 'overview' } = routeApi.useSearch();
  const { data: me } = useSuspenseQuery(meQuery);
  const visible: Record<TenantTab, boolean> = {
    overview: true,
    timeline: true,
    metrics: true,
    logs: isOperator(me),
    checkpoints: mayReadPool(me),
  };
  const tab = visible[wanted] ? wanted : 'overview';
  const mayChange = mayChangePool(me) && tenant.state !== 'deleted';
  return (
    <>
      <Header tenant={tenant} mayChange={mayChange} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-400 px-4 py-4 sm:px-5 lg:px-6">
          {tenant.operation && <OperationNow operation={tenant.operation} mayChange={mayChange} />}
          {isBroken(tenant) && <Failure tenant={tenant} className="mb-4" />}
          <Tabs
            label={t('tenant.views')}
            value={tab}
            onValue={(next) =>
              void navigate({ search: next === 'overview' ? {} : { tab: next }, replace: true, resetScroll: false })
            }
            tabs={tenantTabs
              .filter((value) => visible[value])
              .map((value) => ({ value, label: t(`tenant.tabs.${value}`) }))}
          >
            <TabPanel value="overview">
              <OverviewTab tenant={tenant} mayChange={mayChange} />
            </TabPanel>
            <TabPanel value="timeline">
              <TimelineTab tenantId={tenant.id} />
            </TabPanel>
            <TabPanel value="metrics">
              <Suspense fallback={<Skeleton className="h-64 w-full rounded-lg" />}>
                <MetricsTab tenantId={tenant.id} />
              </Suspense>
            </TabPanel>
            <TabPanel value="logs">
              <LogsTab tenant={tenant} />
            </TabPanel>
            <TabPanel value="checkpoints">
              <CheckpointsTab tenant={tenant} mayChange={mayChangePool(me)} />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </>
  );
}

function BackToAll() {
  const { t } = useTranslation();
  return (
    <Link
      to="/tenants"
      search={lastView()}
      aria-label={t('tenant.all')}
      title={t('tenant.all')}
      className={classNames(buttonStyle({ kind: 'ghost', size: 'icon' }), 'shrink-0')}
    >
      <ArrowLeft aria-hidden="true" />
    </Link>
  );
}

function Header({ tenant, mayChange }: { tenant: Tenant; mayChange: boolean }) {
  const { t } = useTranslation();
  const begin = useBeginOperation();
  const heading = useRef<HTMLHeadingElement>(null);
  // The link that led here is gone, and the keyboard with it.
  useEffect(() => heading.current?.focus(), []);
  const first = mayChange ? firstActionOf(tenant) : null;
  const Icon = first && actionIcons[first];
  return (
    <PageBar>
      <BackToAll />
      <div className="min-w-0 flex-1 leading-tight">
        <h1 ref={heading} tabIndex={-1} className="truncate font-semibold outline-none" title={tenant.name}>
          {tenant.name}
        </h1>
        <p className="truncate text-ink-faint text-xs leading-5">
          {tenant.owner ? `${tenant.owner.name}, ${tenant.owner.position}` : t('tenants.nobody')}
        </p>
      </div>
      <span data-testid="tenant-state" data-state={tenant.state}>
        <TenantStateBadge tenant={tenant} />
      </span>
      {first && Icon && (
        <Button onClick={() => begin(tenant, first)} className="max-sm:hidden">
          <Icon aria-hidden="true" />
          {t(`operations.action.${first}`)}
        </Button>
      )}
      {mayChange && <TenantMenu tenant={tenant} />}
    </PageBar>
  );
}

/** What is being done to it, how far that is, and until when it has to be over. */
function OperationNow({ operation, mayChange }: { operation: NonNullable<Tenant['operation']>; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const left = secondsUntil(Date.parse(operation.deadlineAt), useNow(1_000));
  return (
    <section
      aria-label={t('tenant.operation')}
      data-testid="operation-now"
      className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1 rounded-lg border bg-info-soft px-4 py-3 text-sm"
    >
      <Waiting className="shrink-0 text-info" />
      <p role="status" className="font-medium">
        {t(`operations.doing.${operation.kind as OperationKind}`)}
        <span className="font-normal text-ink-soft">
          {' · '}
          {t(`operations.phase.${operation.phase as OperationPhase}`)}
        </span>
      </p>
      <p className="tabular ms-auto text-ink-soft">
        {left === 0 ? t('tenant.deadlineOver') : t('tenant.deadlineIn', { time: format.duration(left) })}
      </p>
      {mayChange && <CancelOperation operation={operation} />}
    </section>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <PageBar>
        <BackToAll />
        <Skeleton className="h-5 w-48" />
      </PageBar>
      <div className="mx-auto grid w-full max-w-400 gap-4 px-4 py-5 sm:px-5 lg:px-6">
        <p role="status" className="sr-only">
          {t('tenant.loading')}
        </p>
        <Skeleton className="h-10 w-full" />
        <Skeleton className="h-48 w-full rounded-lg" />
      </div>
    </>
  );
}
