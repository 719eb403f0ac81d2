import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { auditQuery } from '../api/queries.ts';
import { useFormat, useNow } from '../format/use-format.ts';

/** As many as stand beside the charts. */
const shown = 8;

/** The newest events of the audit log, for those who may read it. */
export function RecentActivity() {
  const { t } = useTranslation();
  const id = useId();
  const format = useFormat();
  const now = useNow(30_000);
  const { data } = useInfiniteQuery(auditQuery({}));
  const events = data?.pages[0]?.events.slice(0, shown) ?? [];
  if (events.length === 0) return null;
  return (
    <section aria-labelledby={id} className="rounded-lg border bg-surface px-4 py-3">
      <div className="flex items-baseline justify-between gap-2">
        <h2 id={id} className="font-medium text-sm">
          {t('dashboard.activity')}
        </h2>
        <Link to="/audit" className="text-ink-soft text-xs underline decoration-line-strong underline-offset-2">
          {t('dashboard.allActivity')}
        </Link>
      </div>
      <ul className="mt-2 grid gap-2">
        {events.map(({ id: key, at, actor, action, target, outcome }) => (
          <li key={key} className="min-w-0 text-sm">
            <p className="truncate">
              {actor.name} <code className="text-ink-soft text-xs">{action}</code>
              {target && <span className="text-ink-soft"> {target.name}</span>}
            </p>
            <p className="text-ink-faint text-xs">
              <time dateTime={at} title={format.full(Date.parse(at))}>
                {format.ago(Date.parse(at), now)}
              </time>
              {outcome !== 'allowed' && <span className="text-bad-ink"> · {t(`audit.outcomes.${outcome}`)}</span>}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
