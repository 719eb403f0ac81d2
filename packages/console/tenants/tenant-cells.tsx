import type { OperationKind, OperationPhase, Tenant } from '@clawpool/contracts';
import { CircleAlert, Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { copy } from '../design/copy-button.tsx';
import { Meter } from '../design/progress.tsx';
import { Waiting } from '../design/ripples.tsx';
import { StateBadge } from '../design/state-badge.tsx';
import { Tag } from '../design/tag.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';

/** Parts that the table's rows, the cards and the page of one tenant have in common. */

export function TenantStateBadge({ tenant: { state } }: { tenant: Pick<Tenant, 'state'> }) {
  const { t } = useTranslation();
  return <StateBadge state={state} label={t(`tenants.state.${state}`)} />;
}

/** What is being done to it now; nothing when nothing is. */
export function CurrentOperation({ tenant: { operation }, className }: { tenant: Tenant; className?: string }) {
  const { t } = useTranslation();
  if (!operation) return null;
  return (
    <span
      data-testid="tenant-operation"
      className={classNames('flex items-center gap-1.5 whitespace-nowrap text-info-ink text-xs', className)}
    >
      <Waiting className="size-3.5 shrink-0" />
      {t(`operations.doing.${operation.kind as OperationKind}`)}
      <span className="text-ink-faint">· {t(`operations.phase.${operation.phase as OperationPhase}`)}</span>
    </span>
  );
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

/** Used and allowed bytes with a bar; the limit alone while nothing is known to be used. */
export function Amount({ used, limit, className }: { used: number | null; limit: number; className?: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const most = format.bytes(limit);
  if (used === null) {
    return <span className="tabular whitespace-nowrap text-ink-faint">{t('tenants.upTo', { limit: most })}</span>;
  }
  return (
    <div className={classNames('grid gap-1.5', className)}>
      <span className="tabular whitespace-nowrap">
        {t('tenants.usedOf', { used: format.bytes(used), limit: most })}
      </span>
      <Meter used={used} total={limit} />
    </div>
  );
}

export function Tags({ tags, most = Number.POSITIVE_INFINITY }: { tags: Tenant['tags']; most?: number }) {
  const { t } = useTranslation();
  const entries = Object.entries(tags);
  if (entries.length === 0) return <span className="text-ink-faint">{t('common.none')}</span>;
  const hidden = entries.slice(most);
  return (
    <span className="flex flex-wrap gap-1">
      {entries.slice(0, most).map(([name, value]) => (
        <Tag key={name} name={name} value={value} />
      ))}
      {hidden.length > 0 && (
        <span
          className="inline-flex h-6 items-center text-ink-faint text-xs"
          title={hidden.map(([name, value]) => `${name}:${value}`).join(', ')}
        >
          {t('tenants.more', { count: hidden.length })}
        </span>
      )}
    </span>
  );
}

const runtimeTones = {
  up: 'bg-good',
  down: 'bg-bad',
  paused: 'bg-warn',
  stale: 'bg-warn',
  none: 'bg-transparent border-[1.5px] border-control',
} as const;

/** Whether the host sees its runtime. */
export function Health({ health }: { health: Tenant['health'] }) {
  const { t } = useTranslation();
  return <Sign tone={runtimeTones[health]}>{t(`tenants.health.${health}`)}</Sign>;
}

const gatewayTones = {
  ready: 'bg-good',
  unreachable: 'bg-bad',
  unknown: 'bg-control',
  none: 'bg-transparent border-[1.5px] border-control',
} as const;

/** Whether the OpenClaw gateway in it answers. */
export function GatewayHealth({ gateway }: { gateway: Tenant['gateway'] }) {
  const { t } = useTranslation();
  return <Sign tone={gatewayTones[gateway]}>{t(`tenants.gateway.${gateway}`)}</Sign>;
}

function Sign({ tone, children }: { tone: string; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span aria-hidden="true" className={classNames('size-2 shrink-0 rounded-full', tone)} />
      {children}
    </span>
  );
}

/** A long name of which the end says most; a click copies the whole. */
export function CopyText({ text, label, className }: { text: string; label: string; className?: string }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      title={text}
      aria-label={label}
      onClick={async () => {
        await copy(text);
        showToast({ tone: 'good', title: t('common.copied'), detail: text });
      }}
      className={classNames(
        'group inline-flex max-w-full items-center gap-1 rounded-xs font-mono text-xs leading-5 hover:text-accent-ink',
        className,
      )}
    >
      <span className="truncate">{text}</span>
      <Copy
        className="size-3 shrink-0 opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"
        aria-hidden="true"
      />
    </button>
  );
}

export const isBroken = ({ state, reason, hint }: Tenant): boolean =>
  (state === 'failed' || state === 'requires_attention' || state === 'pending') && (reason !== null || hint !== null);

/** Why a tenant does not run, and what happens or can be done next. */
export function Failure({ tenant: { reason, hint, state }, className }: { tenant: Tenant; className?: string }) {
  const { t } = useTranslation();
  if (reason === null && hint === null) return null;
  const waits = state === 'pending';
  return (
    <p
      className={classNames(
        'flex gap-2 rounded-md px-3 py-2 text-sm',
        waits ? 'bg-warn-soft' : 'bg-bad-soft',
        className,
      )}
    >
      <CircleAlert
        className={classNames('mt-0.5 size-4 shrink-0', waits ? 'text-warn-ink' : 'text-bad-ink')}
        aria-hidden="true"
      />
      <span className="min-w-0 break-words">
        {reason && <span className="font-medium">{t(`operations.reason.${reason}`)}</span>}{' '}
        {hint && <span className="text-ink-soft">{hint}</span>}
      </span>
    </p>
  );
}
