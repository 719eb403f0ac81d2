import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { TenantStateBadge } from '../tenants/tenant-cells.tsx';

/** Enough to find somebody with a few letters. */
const shown = 50;

const agentChoiceQuery = (search: string) =>
  queryOptions({
    queryKey: ['tenants', 'choice', search],
    queryFn: ({ signal }) =>
      api.call('listTenants', { query: { search: search || undefined, sort: 'owner', limit: shown } }, { signal }),
    placeholderData: keepPreviousData,
  });

/** Whose workspace is looked at: found by name, position or department. */
export function AgentChoice({ onChosen }: { onChosen: (tenantId: string) => void }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState('');
  const [text, setText] = useSettled(asked, setAsked);
  const { data, error, refetch } = useQuery(agentChoiceQuery(asked));
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-4 px-4 py-5 sm:px-6">
      <SearchField label={t('workspace.search')} value={text} onValue={setText} />
      {!data && error && (
        <Placeholder
          title={t('workspace.failedList')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      )}
      {!data && !error && (
        <>
          <p role="status" className="sr-only">
            {t('workspace.loading')}
          </p>
          <Skeleton className="h-64 rounded-lg" />
        </>
      )}
      {data?.total === 0 && <Placeholder title={t('workspace.noneTitle')}>{t('workspace.none')}</Placeholder>}
      {data && data.total > 0 && (
        <ul aria-label={t('workspace.agents')} className="divide-y overflow-hidden rounded-lg border bg-surface">
          {data.tenants.map(({ id, name, owner, state }) => (
            <li key={id}>
              <button
                type="button"
                data-testid="agent-choice"
                onClick={() => onChosen(id)}
                className="-outline-offset-2 flex w-full items-center gap-3 px-4 py-3 text-start hover:bg-hover"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{owner?.name ?? name}</span>
                  <span className="block truncate text-ink-faint text-sm">
                    {owner ? `${owner.position}, ${owner.department}` : t('workspace.shared')}
                  </span>
                </span>
                <TenantStateBadge tenant={{ state }} />
              </button>
            </li>
          ))}
        </ul>
      )}
      {data && data.total > data.tenants.length && (
        <p className="text-center text-ink-faint text-sm">
          {t('workspace.more', { count: data.total - data.tenants.length })}
        </p>
      )}
    </div>
  );
}
