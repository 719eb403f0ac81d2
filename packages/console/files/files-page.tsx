import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { agentsQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Select } from '../design/field.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Explorer } from './explorer.tsx';

const routeApi = getRouteApi('/signed-in/house/files');

/** The workspace of a person's own agent, and those of their teams' agents. */
export function FilesPage() {
  const { t } = useTranslation();
  usePageTitle(t('agentFiles.title'));
  const { path, agent } = routeApi.useSearch();
  const navigate = useNavigate({ from: '/files' });
  const { data, error, refetch } = useQuery(agentsQuery);
  // The admin assistant has no workspace of anybody's.
  const agents = data?.filter(({ tenantId }) => tenantId !== 'assistant');
  const chosen = agents?.find(({ tenantId }) => tenantId === agent) ?? agents?.[0];
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('agentFiles.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('agentFiles.lead')}</p>
        </div>
        {agents && agents.length > 1 && chosen && (
          <Select
            label={t('agentFiles.agent')}
            value={chosen.tenantId}
            onChange={(event) => void navigate({ search: { agent: event.target.value } })}
            className="max-w-48"
          >
            {agents.map(({ tenantId, name }) => (
              <option key={tenantId} value={tenantId}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </PageBar>
      {!agents && error && (
        <Placeholder
          title={t('agentFiles.failedAgents')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      )}
      {!agents && !error && <Skeleton className="m-4 h-64 rounded-lg" />}
      {agents && !chosen && <Placeholder title={t('agentFiles.noAgentTitle')}>{t('agentFiles.noAgent')}</Placeholder>}
      {chosen && (
        <Explorer
          key={chosen.tenantId}
          tenantId={chosen.tenantId}
          own={!chosen.team}
          // A path in an agent that is not theirs says nothing about theirs.
          path={agent === undefined || agent === chosen.tenantId ? (path ?? '') : ''}
          onPath={(next) =>
            void navigate({ search: { ...(next === '' ? {} : { path: next }), agent: chosen.tenantId } })
          }
        />
      )}
    </>
  );
}
