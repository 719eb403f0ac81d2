import type { Tenant } from '@clawpool/contracts';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../format/use-format.ts';
import { Failure, Memory, Moment, TenantStateBadge } from './tenant-cells.tsx';

/** The same rows for screens on which a table would have to be scrolled sideways. */
export function TenantCards({ tenants }: { tenants: readonly Tenant[] }) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  return (
    <ul aria-label={t('tenants.title')} className="grid gap-3 sm:grid-cols-2">
      {tenants.map((tenant) => (
        <li
          key={tenant.id}
          data-testid="tenant-row"
          data-tenant={tenant.id}
          data-state={tenant.state}
          className="flex flex-col gap-3 rounded-lg border bg-surface p-4"
        >
          <div className="flex items-start justify-between gap-3">
            <div className="min-w-0">
              <h2 className="break-words font-semibold">{tenant.name}</h2>
              <p className="text-ink-soft text-sm">{tenant.owner.name}</p>
              <p className="text-ink-faint text-xs">
                {tenant.owner.position}, {tenant.owner.department}
              </p>
            </div>
            <div className="shrink-0 text-end">
              <TenantStateBadge tenant={tenant} />
              <Moment at={tenant.stateSince} now={now} className="mt-1 block text-ink-faint text-xs" />
            </div>
          </div>
          {tenant.state === 'failed' && <Failure tenant={tenant} />}
          <dl className="mt-auto grid grid-cols-2 gap-x-4 gap-y-2.5 text-sm">
            <Fact name={t('tenants.columns.tier')}>{tenant.tier}</Fact>
            <Fact name={t('tenants.columns.runtime')}>
              {tenant.driver}
              <span className="block text-ink-faint text-xs">{tenant.image}</span>
            </Fact>
            <Fact name={t('tenants.columns.memory')}>
              <Memory tenant={tenant} />
            </Fact>
            <Fact name={t('tenants.columns.lastActive')}>
              {tenant.lastActiveAt ? <Moment at={tenant.lastActiveAt} now={now} /> : t('tenants.never')}
            </Fact>
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-ink-faint text-xs">{name}</dt>
      <dd className="mt-0.5 break-words">{children}</dd>
    </div>
  );
}
