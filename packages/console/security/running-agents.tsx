import { type RunningAgent, tenantState } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Notice } from '../design/notice.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { StateBadge } from '../design/state-badge.tsx';
import { runningAgentsQuery } from './queries.ts';
import { ToolMarks } from './tool-marks.tsx';

/** Agents as their hosts say, beside what is decided for each. */
export function RunningAgents() {
  const { t } = useTranslation();
  const [running, setRunning] = useState(true);
  const [search, setSearch] = useState('');
  const { data: agents, error, refetch } = useQuery(runningAgentsQuery(running));
  const wanted = search.trim().toLowerCase();
  const shown = agents?.filter(({ name, owner, position }) =>
    [name, owner, position ?? ''].some((text) => text.toLowerCase().includes(wanted)),
  );
  const bare = agents?.filter(({ isolates }) => !isolates).length ?? 0;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="max-w-2xl text-ink-soft text-sm">{t('security.runningText')}</p>
      {bare > 0 && (
        <Notice tone="bad" title={t('security.notIsolated', { count: bare })}>
          {t('security.notIsolatedText')}
        </Notice>
      )}
      <div className="flex flex-wrap items-center gap-3">
        <FilterButtons
          label={t('security.which')}
          value={running ? 'running' : 'all'}
          onValue={(value) => setRunning(value === 'running')}
          options={[
            { value: 'running', label: t('security.awake') },
            { value: 'all', label: t('security.everyAgent') },
          ]}
        />
        <SearchField
          label={t('security.search')}
          value={search}
          onValue={setSearch}
          className="min-w-52 flex-1 sm:max-w-80"
        />
      </div>
      {!agents && !error && <Skeleton className="h-64 rounded-lg" />}
      {!agents && error && (
        <Placeholder
          title={t('security.failed')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      )}
      {shown?.length === 0 && (
        <Placeholder title={t(wanted === '' ? 'security.nobodyAwake' : 'security.noMatch')}>
          {wanted === '' && t('security.nobodyAwakeText')}
        </Placeholder>
      )}
      {shown && shown.length > 0 && (
        <ul className="overflow-hidden rounded-lg border bg-surface">
          {shown.map((agent) => (
            <AgentRow key={agent.tenantId} agent={agent} />
          ))}
        </ul>
      )}
    </div>
  );
}

function AgentRow({ agent }: { agent: RunningAgent }) {
  const { t } = useTranslation();
  const { tenantId, name, owner, position, tier, driver, image, isolates, tools, upToDate } = agent;
  const state = tenantState.safeParse(agent.state).data;
  return (
    <li
      data-testid="running-agent"
      data-name={name}
      className="grid gap-x-6 gap-y-2 border-b px-4 py-3 text-sm last:border-0 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)_minmax(0,2fr)]"
    >
      <div className="min-w-0">
        <Link
          to="/agents/$tenantId"
          params={{ tenantId }}
          className="font-medium underline decoration-line-strong underline-offset-2 hover:decoration-current"
        >
          {name}
        </Link>
        <p className="truncate text-ink-soft">{[owner, position].filter(Boolean).join(' · ')}</p>
      </div>
      <div className="min-w-0">
        {state && <StateBadge state={state} label={t(`tenants.state.${state}`)} />}
        <p className="mt-1 truncate text-ink-faint text-xs">
          {tier} · {isolates ? driver : <span className="text-bad-ink">{driver}</span>} · {image}
        </p>
        {upToDate === false && <p className="text-warn-ink text-xs">{t('security.nextTurn')}</p>}
      </div>
      <ToolMarks tools={tools} />
    </li>
  );
}
