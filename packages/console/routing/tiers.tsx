import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';

/** How agents of each tier wake, and how long they stay awake. The Security Center is where tiers are made and changed. */
export function Tiers() {
  const { t } = useTranslation();
  const { data: tiers, error } = useQuery(tiersQuery);
  if (!tiers) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="max-w-2xl text-ink-soft text-sm">
        {t('routing.tiersText')}{' '}
        <Link to="/security" search={{ tab: 'tiers' }} className="underline decoration-line-strong underline-offset-2">
          {t('routing.toTiers')}
        </Link>
      </p>
      <ul className="overflow-hidden rounded-lg border bg-surface">
        {tiers.map((tier) => (
          <li
            key={tier.id}
            data-testid="tier"
            data-name={tier.name}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 text-sm last:border-0"
          >
            <span className="min-w-32 flex-1 font-medium">{tier.name}</span>
            <span className="flex flex-wrap items-center gap-2 text-ink-soft">
              <span>
                {tier.alwaysOn ? t('routing.staysOn') : t('routing.sleepsAfter', { count: tier.idleMinutes })}
              </span>
              <span aria-hidden="true">·</span>
              <span>
                {tier.heartbeatMinutes === 0
                  ? t('routing.noHeartbeat')
                  : t('routing.heartbeatEvery', { count: tier.heartbeatMinutes })}
              </span>
              {tier.fastPath && <span className="rounded bg-pressed px-1.5 text-xs">{t('routing.fastPath')}</span>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
