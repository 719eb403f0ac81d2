import type { PoolHost } from '@clawpool/contracts';
import { CircleCheck, CircleDashed, ShieldAlert, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { Meter } from '../design/progress.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

const stateStyles: Record<PoolHost['state'], string> = {
  active: 'bg-good-soft text-good-ink',
  draining: 'bg-warn-soft text-warn-ink',
  unreachable: 'bg-bad-soft text-bad-ink',
};

/** One machine: what it has, what of it is spoken for, and what is installed on it. */
export function HostCard({ host }: { host: PoolHost }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(5_000);
  const number = (value: number) => value.toLocaleString(format.locale, { maximumFractionDigits: 1 });
  const megabytes = (value: number) => format.bytes(value * 2 ** 20);
  const usedDisk = Math.max(0, host.diskMegabytes.total - host.diskMegabytes.free);
  const Shield = host.isolates ? ShieldCheck : ShieldAlert;
  return (
    <li
      data-testid="host"
      data-host={host.id}
      data-state={host.state}
      className="flex flex-col gap-4 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="break-words font-semibold">{host.id}</h3>
          <p className="flex items-center gap-1.5 text-ink-soft text-sm">
            <Shield
              className={classNames('size-4 shrink-0', host.isolates ? 'text-good-ink' : 'text-bad-ink')}
              aria-hidden="true"
            />
            {t(host.isolates ? 'pool.isolates' : 'pool.isolatesNot', { driver: host.driver })}
          </p>
        </div>
        <div className="shrink-0 text-end">
          <span
            className={classNames(
              'inline-flex h-6 items-center rounded-full px-2.5 font-medium text-xs',
              stateStyles[host.state],
            )}
          >
            {t(`pool.hostState.${host.state}`)}
          </span>
          <time
            dateTime={host.lastSeenAt}
            title={format.full(Date.parse(host.lastSeenAt))}
            className="mt-1 block text-ink-faint text-xs"
          >
            {t('pool.seen', { ago: format.ago(Date.parse(host.lastSeenAt), now) })}
          </time>
        </div>
      </div>
      <dl className="grid gap-3 text-sm">
        <Room name={t('pool.cpus')} used={host.cpus.reserved} total={host.cpus.total}>
          {t('pool.reservedOf', { used: number(host.cpus.reserved), total: number(host.cpus.total) })}
        </Room>
        <Room name={t('pool.memory')} used={host.memoryMegabytes.reserved} total={host.memoryMegabytes.total}>
          {t('pool.reservedOf', {
            used: megabytes(host.memoryMegabytes.reserved),
            total: megabytes(host.memoryMegabytes.total),
          })}
        </Room>
        <Room name={t('pool.disk')} used={usedDisk} total={host.diskMegabytes.total}>
          {t('pool.usedOf', { used: megabytes(usedDisk), total: megabytes(host.diskMegabytes.total) })}
        </Room>
      </dl>
      <p className="tabular text-ink-soft text-sm">
        {t('pool.tenantsThere', { count: host.tenants })}
        <span aria-hidden="true" className="mx-2 text-ink-faint">
          ·
        </span>
        {t('pool.slotsThere', { count: host.warmSlots })}
      </p>
      <div className="mt-auto border-t pt-3">
        <h4 className="mb-1.5 font-medium text-ink-faint text-xs">{t('pool.images')}</h4>
        <ul className="grid gap-1 text-sm">
          {host.images.map(({ id, installed, isDefault }) => (
            <li key={id} className="flex items-start gap-2">
              {installed ? (
                <CircleCheck className="mt-0.5 size-4 shrink-0 text-good-ink" aria-hidden="true" />
              ) : (
                <CircleDashed className="mt-0.5 size-4 shrink-0 text-ink-faint" aria-hidden="true" />
              )}
              <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
                {id}
                <span className="text-ink-faint text-xs">
                  {[
                    isDefault ? t('pool.defaultImage') : null,
                    installed ? t('pool.installed') : t('pool.installsWhenNeeded'),
                  ]
                    .filter(Boolean)
                    .join(', ')}
                </span>
              </span>
            </li>
          ))}
        </ul>
      </div>
    </li>
  );
}

function Room({ name, used, total, children }: { name: string; used: number; total: number; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-3 gap-y-1.5">
      <dt className="text-ink-soft">{name}</dt>
      <dd className="tabular text-end">{children}</dd>
      <dd className="col-span-2">
        <Meter used={used} total={total} className="block h-1.5" />
      </dd>
    </div>
  );
}
