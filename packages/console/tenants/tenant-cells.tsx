import type { Tenant } from '@clawpool/contracts';
import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { StateBadge } from '../design/state-badge.tsx';
import { useFormat } from '../format/use-format.ts';

/** Parts that the table's rows and the cards have in common. */

export function TenantStateBadge({ tenant: { state } }: { tenant: Tenant }) {
  const { t } = useTranslation();
  return <StateBadge state={state} label={t(`tenants.state.${state}`)} />;
}

/** "3 min ago", with the exact moment as its title. */
export function Moment({ at, now, className }: { at: string; now: number; className?: string }) {
  const format = useFormat();
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={format.full(time)} className={classNames('tabular whitespace-nowrap', className)}>
      {format.ago(time, now)}
    </time>
  );
}

export function Memory({
  tenant: { memoryBytes, memoryLimitBytes },
  className,
}: {
  tenant: Tenant;
  className?: string;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const limit = format.bytes(memoryLimitBytes);
  if (memoryBytes === null) {
    return <span className="tabular whitespace-nowrap text-ink-faint">{t('tenants.memoryLimit', { limit })}</span>;
  }
  const share = Math.min(1, memoryBytes / memoryLimitBytes);
  const text = t('tenants.memoryOf', { used: format.bytes(memoryBytes), limit });
  return (
    <div className={classNames('grid gap-1.5', className)}>
      <span className="tabular whitespace-nowrap">{text}</span>
      <svg
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
        aria-hidden="true"
        className="h-1 w-full rounded-full bg-hover"
      >
        <rect
          width={share * 100}
          height="4"
          className={share > 0.9 ? 'fill-bad' : share > 0.75 ? 'fill-warn' : 'fill-good'}
        />
      </svg>
    </div>
  );
}

/** Why a tenant failed, and what happens next. */
export function Failure({ tenant: { reason, hint }, className }: { tenant: Tenant; className?: string }) {
  const { t } = useTranslation();
  if (reason === null && hint === null) return null;
  return (
    <p className={classNames('flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-sm', className)}>
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad-ink" aria-hidden="true" />
      <span className="min-w-0 break-words">
        {reason && <span className="font-medium">{t(`turn.reason.${reason}`)}</span>}{' '}
        {hint && <span className="text-ink-soft">{hint}</span>}
      </span>
    </p>
  );
}
