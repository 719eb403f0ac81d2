import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useNow } from '../format/use-format.ts';
import { Amount, CurrentOperation, Failure, isBroken, Moment, Tags, TenantStateBadge } from './tenant-cells.tsx';
import { TenantMenu } from './tenant-menu.tsx';
import type { TenantRowsProps } from './tenant-table.tsx';

/** The same rows for screens on which a table would have to be scrolled sideways all the time. */
export function TenantCards({ tenants, selection, onSelect }: Omit<TenantRowsProps, 'view' | 'onView'>) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  return (
    <ul aria-label={t('tenants.title')} className="grid grid-cols-1 gap-3 sm:grid-cols-2">
      {tenants.map((tenant) => {
        const chosen = selection !== null && (selection.everything || selection.ids.has(tenant.id));
        return (
          <li
            key={tenant.id}
            data-testid="tenant-row"
            data-tenant={tenant.id}
            data-name={tenant.name}
            data-state={tenant.state}
            className={classNames(
              'flex flex-col gap-3 rounded-lg border p-4',
              chosen
                ? 'border-accent-line bg-[color-mix(in_oklab,var(--accent-soft)_55%,var(--surface))]'
                : 'bg-surface',
            )}
          >
            <div className="flex items-start gap-3">
              {selection && (
                <input
                  type="checkbox"
                  aria-label={t('tenants.select', { name: tenant.name })}
                  checked={chosen}
                  onChange={(event) => onSelect([tenant], event.target.checked)}
                  className="mt-1 size-5 shrink-0 accent-(--accent)"
                />
              )}
              <div className="min-w-0 flex-1">
                <h2 className="break-words font-semibold">
                  <Link
                    to="/tenants/$tenantId"
                    params={{ tenantId: tenant.id }}
                    className="rounded-xs hover:text-accent-ink hover:underline"
                  >
                    {tenant.name}
                  </Link>
                </h2>
                <p className="truncate text-ink-faint text-sm">
                  {tenant.owner ? `${tenant.owner.name}, ${tenant.owner.position}` : t('tenants.nobody')}
                </p>
              </div>
              {selection && (
                <div className="-me-2 -mt-1.5 shrink-0">
                  <TenantMenu tenant={tenant} />
                </div>
              )}
            </div>
            <div className="flex flex-wrap items-center justify-between gap-2">
              <TenantStateBadge tenant={tenant} />
              {tenant.operation ? (
                <CurrentOperation tenant={tenant} />
              ) : (
                <Moment at={tenant.stateSince} now={now} className="text-ink-faint text-xs" />
              )}
            </div>
            {isBroken(tenant) && <Failure tenant={tenant} />}
            {Object.keys(tenant.tags).length > 0 && <Tags tags={tenant.tags} most={4} />}
            <dl className="mt-auto grid grid-cols-2 gap-x-4 gap-y-2.5 text-sm">
              <Fact name={t('tenants.columns.memory')}>
                <Amount used={tenant.memoryBytes} limit={tenant.memoryLimitBytes} />
              </Fact>
              <Fact name={t('tenants.columns.disk')}>
                <Amount used={tenant.diskBytes} limit={tenant.diskLimitBytes} />
              </Fact>
              <Fact name={t('tenants.columns.tier')}>{tenant.tier}</Fact>
              <Fact name={t('tenants.columns.image')}>{tenant.image}</Fact>
            </dl>
          </li>
        );
      })}
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
