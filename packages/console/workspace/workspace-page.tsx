import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { Explorer } from '../files/explorer.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { tenantQuery } from '../tenants/queries.ts';
import { AgentChoice } from './agent-choice.tsx';

const routeApi = getRouteApi('/signed-in/house/workspace');

/** The workspaces of the agents that somebody looks after. */
export function WorkspacePage() {
  const { t } = useTranslation();
  const { agent, path = '' } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/workspace' });
  usePageTitle(t('workspace.title'));
  if (agent === undefined) {
    return (
      <>
        <PageBar>
          <div className="min-w-0 flex-1 leading-tight">
            <h1 className="font-semibold">{t('workspace.title')}</h1>
            <p className="truncate text-ink-faint text-xs leading-5">{t('workspace.lead')}</p>
          </div>
        </PageBar>
        <div className="min-h-0 flex-1 overflow-y-auto">
          <AgentChoice onChosen={(tenantId) => void navigate({ search: { agent: tenantId } })} />
        </div>
      </>
    );
  }
  return (
    <ChosenWorkspace
      key={agent}
      agent={agent}
      path={path}
      onPath={(next) => void navigate({ search: { ...(next === '' ? {} : { path: next }), agent } })}
      onAnother={() => void navigate({ search: {} })}
    />
  );
}

function ChosenWorkspace({
  agent,
  path,
  onPath,
  onAnother,
}: {
  agent: string;
  path: string;
  onPath: (path: string) => void;
  onAnother: () => void;
}) {
  const { t } = useTranslation();
  const { data: tenant, error, refetch } = useQuery(tenantQuery(agent));
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="truncate font-semibold">{tenant?.owner?.name ?? tenant?.name ?? t('workspace.title')}</h1>
          {tenant && (
            <p className="truncate text-ink-faint text-xs leading-5">
              {tenant.owner ? `${tenant.owner.position}, ${tenant.owner.department}` : t('workspace.shared')}
            </p>
          )}
        </div>
        <Button onClick={onAnother} className="max-sm:px-3">
          <Users aria-hidden="true" />
          <span className="max-sm:sr-only">{t('workspace.another')}</span>
        </Button>
      </PageBar>
      {!tenant && error && (
        <Placeholder
          title={t('workspace.failed')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      )}
      {!tenant && !error && <Skeleton className="m-4 h-64 rounded-lg" />}
      {tenant && <Explorer tenantId={tenant.id} own={false} path={path} onPath={onPath} />}
    </>
  );
}
