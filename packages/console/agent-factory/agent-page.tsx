import type { AgentOverview, AgentUsageDay } from '@clawpool/contracts';
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, Boxes, CalendarClock, Feather, FlaskConical, FolderTree, Radio, RotateCcw } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { isAdmin, mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Operations, useBeginOperation } from '../tenants/operations.tsx';
import { tenantQuery } from '../tenants/queries.ts';
import { actionsOf } from '../tenants/tenant-actions.ts';
import { TenantStateBadge } from '../tenants/tenant-cells.tsx';
import { IdentityCard, LayersCard, SettingsCard, ToolsCard } from './agent-cards.tsx';
import { lastView } from './agent-view.ts';
import { agentQuery } from './queries.ts';

const routeApi = getRouteApi('/signed-in/house/agents/$tenantId');

/** The drawing library is as large as the rest of the console: it comes when somebody looks at charts. */
const UsageCharts = lazy(() => import('./usage-charts.tsx').then((module) => ({ default: module.UsageCharts })));

/** One agent: who it is, what it is made of, what it may do and what it has used. */
export function AgentPage() {
  const { tenantId } = routeApi.useParams();
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(agentQuery(tenantId));
  usePageTitle(data?.agent.owner?.name ?? data?.agent.name ?? t('agentFactory.title'));
  if (data) {
    return (
      <Operations>
        <Known key={tenantId} agent={data.agent} usage={data.usage} />
      </Operations>
    );
  }
  return (
    <>
      <PageBar>
        <BackToAll />
        {!error && <Skeleton className="h-5 w-48" />}
        <div className="flex-1" />
      </PageBar>
      <div className="flex-1 overflow-y-auto">
        {error ? (
          <Placeholder
            heading="h1"
            title={t('agentFactory.oneFailed')}
            actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
          >
            <ProblemNotice error={error} />
          </Placeholder>
        ) : (
          <div className="mx-auto grid w-full max-w-400 gap-4 px-4 py-5 sm:px-5 lg:grid-cols-2 lg:px-6">
            <p role="status" className="sr-only">
              {t('agentFactory.loadingOne')}
            </p>
            <Skeleton className="h-60 rounded-lg" />
            <Skeleton className="h-60 rounded-lg" />
          </div>
        )}
      </div>
    </>
  );
}

function Known({ agent, usage }: { agent: AgentOverview; usage: readonly AgentUsageDay[] }) {
  const { t } = useTranslation();
  const { owner, kind, name } = agent;
  return (
    <>
      <PageBar>
        <BackToAll />
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="truncate font-semibold" title={name}>
            {owner && kind === 'personal' ? t('agentFactory.agentOf', { name: owner.name }) : name}
          </h1>
          <p className="truncate text-ink-faint text-xs leading-5">
            {owner
              ? [owner.position, owner.department].filter(Boolean).join(', ')
              : t(`agentFactory.kind.${kind}`, { name: '' })}
          </p>
        </div>
        <TenantStateBadge tenant={agent} />
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-400 gap-4 px-4 py-4 sm:px-5 lg:px-6">
          <Actions agent={agent} />
          <div className="grid items-start gap-4 lg:grid-cols-2">
            <div className="grid min-w-0 gap-4">
              <IdentityCard agent={agent} />
              <LayersCard agent={agent} />
            </div>
            <div className="grid min-w-0 gap-4">
              <SettingsCard agent={agent} />
              <ToolsCard tenantId={agent.tenantId} />
            </div>
          </div>
          <Suspense fallback={<Skeleton className="h-64 w-full rounded-lg" />}>
            <UsageCharts usage={usage} />
          </Suspense>
        </div>
      </div>
    </>
  );
}

/** Where to go from here, and what can be done with it. */
function Actions({ agent: { tenantId, name, owner, kind } }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: me } = useSuspenseQuery(meQuery);
  const link = buttonStyle({ size: 'sm' });
  const playground = useMutation({
    mutationFn: (employeeId: string) => api.call('startConversation', { body: { employeeId } }),
    onSuccess: ({ id }) => void navigate({ to: '/chat/{-$conversationId}', params: { conversationId: id } }),
  });
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-2">
        {owner && kind === 'personal' && (
          <Link
            to="/soul/$scope/$ownerId"
            params={{ scope: 'personal', ownerId: owner.employeeId }}
            className={buttonStyle({ kind: 'primary', size: 'sm' })}
          >
            <Feather aria-hidden="true" />
            {t('agentFactory.editSoul')}
          </Link>
        )}
        {owner && kind === 'personal' && isAdmin(me) && (
          <Button size="sm" disabled={playground.isPending} onClick={() => playground.mutate(owner.employeeId)}>
            <FlaskConical aria-hidden="true" />
            {t('agentFactory.playground')}
          </Button>
        )}
        <Link to="/workspace" search={{ agent: tenantId }} className={link}>
          <FolderTree aria-hidden="true" />
          {t('agentFactory.workspace')}
        </Link>
        <Link to="/sessions" search={{ state: 'all', search: name }} className={link}>
          <Radio aria-hidden="true" />
          {t('agentFactory.sessions')}
        </Link>
        {isAdmin(me) && (
          <Link to="/schedules" search={{ agent: tenantId }} className={link}>
            <CalendarClock aria-hidden="true" />
            {t('agentFactory.schedules')}
          </Link>
        )}
        <Link to="/tenants/$tenantId" params={{ tenantId }} className={link}>
          <Boxes aria-hidden="true" />
          {t('agentFactory.tenantPage')}
        </Link>
        {mayChangePool(me) && <Restart tenantId={tenantId} />}
      </div>
      <ProblemNotice error={playground.error} />
    </div>
  );
}

/** Only what runs can be restarted; a sleeping agent has everything new when it wakes. */
function Restart({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const begin = useBeginOperation();
  const { data: tenant } = useQuery({ ...tenantQuery(tenantId), refetchInterval: 10_000 });
  if (!tenant || !actionsOf(tenant).includes('restart')) return null;
  return (
    <Button size="sm" onClick={() => begin(tenant, 'restart')}>
      <RotateCcw aria-hidden="true" />
      {t('operations.action.restart')}
    </Button>
  );
}

function BackToAll() {
  const { t } = useTranslation();
  return (
    <Link
      to="/agents"
      search={lastView()}
      aria-label={t('agentFactory.back')}
      title={t('agentFactory.back')}
      className={classNames(buttonStyle({ kind: 'ghost', size: 'icon' }), 'shrink-0')}
    >
      <ArrowLeft aria-hidden="true" />
    </Link>
  );
}
