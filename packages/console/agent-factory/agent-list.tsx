import type { AgentOverview, TenantState } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { Pages } from '../design/pages.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { StateDot } from '../design/state-badge.tsx';
import { useSettled } from '../design/use-settled.ts';
import { useNow } from '../format/use-format.ts';
import { Moment, TenantStateBadge } from '../tenants/tenant-cells.tsx';
import { type AgentView, pageSize } from './agent-view.ts';
import { LayerVersions, useOrigin } from './agent-words.tsx';
import { agentListQuery } from './queries.ts';

export function AgentList({ view, onView }: { view: AgentView; onView: (parts: AgentView) => void }) {
  const { t } = useTranslation();
  const { data, error, isPlaceholderData, refetch } = useQuery(agentListQuery(view));
  const [search, setSearch] = useSettled(view.search ?? '', (text) => onView({ search: text || undefined }));
  const wide = useMediaQuery('(min-width: 72rem)');
  if (!data) {
    return error ? (
      <Placeholder
        title={t('agentFactory.failedTitle')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <Loading />
    );
  }
  const states = (Object.entries(data.counts) as [TenantState, number][]).filter(
    ([state, count]) => count > 0 || state === view.state,
  );
  const all = states.reduce((sum, [, count]) => sum + count, 0);
  const Rows = wide ? AgentTable : AgentCards;
  return (
    <div className="grid gap-4" aria-busy={isPlaceholderData}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <FilterButtons<TenantState | 'all'>
          label={t('agentFactory.byState')}
          value={view.state ?? 'all'}
          onValue={(state) => onView({ state: state === 'all' ? undefined : state })}
          options={[
            { value: 'all', label: t('agentFactory.all'), count: all },
            ...states.map(([state, count]) => ({
              value: state,
              label: t(`tenants.state.${state}`),
              count,
              sign: <StateDot state={state} />,
            })),
          ]}
        />
        <SearchField label={t('agentFactory.search')} value={search} onValue={setSearch} className="w-full sm:w-72" />
      </div>
      {error && <ProblemNotice error={error} title={t('agentFactory.stale')} />}
      {data.agents.length === 0 ? (
        <Placeholder
          title={t('agentFactory.noneTitle')}
          actions={
            (view.search || view.state) && (
              <Button onClick={() => onView({ search: undefined, state: undefined })}>
                {t('agentFactory.showAll')}
              </Button>
            )
          }
        >
          {t(view.search || view.state ? 'agentFactory.noMatch' : 'agentFactory.none')}
        </Placeholder>
      ) : (
        <div>
          <Rows agents={data.agents} />
          <Pages
            page={view.page ?? 1}
            pageSize={pageSize}
            total={data.total}
            onPage={(page) => onView({ page: page === 1 ? undefined : page })}
          />
        </div>
      )}
    </div>
  );
}

const columns = ['agent', 'position', 'state', 'model', 'layers', 'tools', 'lastActive'] as const;

function AgentTable({ agents }: { agents: readonly AgentOverview[] }) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <table className="w-full text-sm">
        <caption className="sr-only">{t('agentFactory.tabs.agents')}</caption>
        <thead>
          <tr className="border-b bg-sunken text-start text-ink-soft text-xs">
            {columns.map((column) => (
              <th key={column} scope="col" className="whitespace-nowrap px-4 py-2.5 text-start font-medium">
                {t(`agentFactory.columns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <tr key={agent.tenantId} {...rowData(agent)} className="border-b last:border-0 hover:bg-sunken">
              <th scope="row" className="px-4 py-3 text-start font-normal">
                <Name agent={agent} />
              </th>
              <td className="px-4 py-3">
                <Place agent={agent} />
              </td>
              <td className="px-4 py-3">
                <TenantStateBadge tenant={agent} />
              </td>
              <td className="px-4 py-3">
                <Model agent={agent} />
              </td>
              <td className="px-4 py-3">
                <LayerVersions agent={agent} />
              </td>
              <td className="tabular px-4 py-3">
                <Tools agent={agent} />
              </td>
              <td className="px-4 py-3 text-ink-soft">
                <LastActive agent={agent} now={now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same rows for screens on which a table would have to be scrolled sideways. */
function AgentCards({ agents }: { agents: readonly AgentOverview[] }) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  return (
    <ul aria-label={t('agentFactory.tabs.agents')} className="grid gap-3 sm:grid-cols-2">
      {agents.map((agent) => (
        <li
          key={agent.tenantId}
          {...rowData(agent)}
          className="flex min-w-0 flex-col gap-3 rounded-lg border bg-surface p-4 text-sm"
        >
          <div className="flex items-start justify-between gap-3">
            <Name agent={agent} />
            <TenantStateBadge tenant={agent} />
          </div>
          <dl className="grid grid-cols-2 gap-x-4 gap-y-2.5">
            <Fact name={t('agentFactory.columns.position')}>
              <Place agent={agent} />
            </Fact>
            <Fact name={t('agentFactory.columns.model')}>
              <Model agent={agent} />
            </Fact>
            <Fact name={t('agentFactory.columns.layers')}>
              <LayerVersions agent={agent} />
            </Fact>
            <Fact name={t('agentFactory.columns.tools')}>
              <Tools agent={agent} />
            </Fact>
            <Fact name={t('agentFactory.columns.lastActive')}>
              <LastActive agent={agent} now={now} />
            </Fact>
          </dl>
        </li>
      ))}
    </ul>
  );
}

const rowData = ({ tenantId, name }: AgentOverview) => ({
  'data-testid': 'agent-row',
  'data-tenant': tenantId,
  'data-name': name,
});

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="mb-0.5 text-ink-faint text-xs">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Name({ agent: { tenantId, name, owner, kind } }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  return (
    <span className="block min-w-0">
      <Link
        to="/agents/$tenantId"
        params={{ tenantId }}
        className="break-words rounded-xs font-medium hover:text-accent-ink hover:underline"
      >
        {owner && kind === 'personal' ? owner.name : name}
      </Link>
      <span className="block break-words text-ink-faint text-xs">
        {kind === 'personal' ? name : t(`agentFactory.kind.${kind}`, { name: owner?.name ?? '' })}
      </span>
    </span>
  );
}

function Place({ agent: { owner, tier } }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="block break-words">
        {owner ? (owner.position ?? t('agentFactory.noPosition')) : t('common.none')}
      </span>
      <span className="block break-words text-ink-faint text-xs">{t('agentFactory.tier', { name: tier })}</span>
    </>
  );
}

function Model({ agent: { model } }: { agent: AgentOverview }) {
  const origin = useOrigin();
  return (
    <>
      <span className="block break-all">{model.value}</span>
      <span className="block break-words text-ink-faint text-xs">{origin(model)}</span>
    </>
  );
}

function Tools({ agent: { tools } }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  return (
    <span className="whitespace-nowrap" title={tools.map((tool) => t(`tools.${tool}`)).join(', ')}>
      {t('agentFactory.toolCount', { count: tools.length })}
    </span>
  );
}

function LastActive({ agent: { lastActiveAt }, now }: { agent: AgentOverview; now: number }) {
  const { t } = useTranslation();
  return lastActiveAt ? <Moment at={lastActiveAt} now={now} /> : t('agentFactory.never');
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('agentFactory.loading')}
      </p>
      {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b px-5 py-5 last:border-0">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="hidden h-4 w-48 sm:block" />
          <Skeleton className="ms-auto h-4 w-24" />
        </div>
      ))}
    </div>
  );
}
