import type { AttentionKind, Dashboard } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { routeOf } from '../session/access.ts';

/** Where something can be done about it. */
const placesSince = (midnight: string): Record<AttentionKind, { to: string; search?: Record<string, string> }> => ({
  requests_waiting: { to: routeOf.approvals },
  proposals_in_review: { to: routeOf.soul, search: { tab: 'proposals' } },
  agents_failed: { to: routeOf.tenants, search: { state: 'failed' } },
  agents_need_attention: { to: routeOf.tenants, search: { state: 'requires_attention' } },
  agents_blocked: { to: routeOf.sessions },
  employees_without_agent: { to: routeOf.employees, search: { with: 'no_agent' } },
  employees_without_position: { to: routeOf.employees, search: { with: 'no_position' } },
  positions_without_layer: { to: routeOf.positions },
  dead_letters: { to: routeOf.deliveries },
  channels_in_trouble: { to: routeOf.channelAccounts },
  refusals_today: { to: routeOf.audit, search: { outcome: 'refused', actor: 'agent', since: midnight } },
});

/** What somebody should look at, the most of it first. */
export function Attention({ items, midnight }: { items: Dashboard['attention']; midnight: string }) {
  const { t } = useTranslation();
  const id = useId();
  const places = placesSince(midnight);
  const sorted = [...items].sort((a, b) => b.count - a.count);
  return (
    <section aria-labelledby={id} className="rounded-lg border bg-surface">
      <h2 id={id} className="px-4 pt-3 pb-2 font-medium text-sm">
        {t('dashboard.attention.title')}
      </h2>
      {sorted.length === 0 ? (
        <p className="px-4 pb-4 text-ink-soft text-sm">{t('dashboard.attention.nothing')}</p>
      ) : (
        <ul className="pb-2">
          {sorted.map(({ kind, count, names }) => (
            <li key={kind}>
              <Link
                {...places[kind]}
                className="group flex min-w-0 items-center gap-3 px-4 py-2 text-sm hover:bg-hover focus-visible:bg-hover"
              >
                <span className="tabular min-w-7 shrink-0 rounded-full bg-sunken px-2 py-0.5 text-center font-medium text-xs">
                  {count}
                </span>
                <span className="min-w-0 flex-1">
                  <span className="block">{t(`dashboard.attention.kind.${kind}`)}</span>
                  <span className="block truncate text-ink-faint text-xs">
                    {names.join(t('dashboard.comma'))}
                    {count > names.length && names.length === 3 ? '…' : ''}
                  </span>
                </span>
                <ChevronRight className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
