import type { TenantState } from '@clawpool/contracts';
import { classNames } from './class-names.ts';

const dots: Record<TenantState, string> = {
  hibernated: 'border-[1.5px] border-control bg-transparent',
  creating: 'bg-info animate-breathe',
  running: 'bg-good',
  stopping: 'bg-control animate-breathe',
  failed: 'bg-bad',
};
const badges: Record<TenantState, string> = {
  hibernated: 'bg-hover text-ink-soft',
  creating: 'bg-info-soft text-info-ink',
  running: 'bg-good-soft text-good-ink',
  stopping: 'bg-hover text-ink-soft',
  failed: 'bg-bad-soft text-bad-ink',
};

/** The state as a coloured dot; always beside a text that says the same. */
export function StateDot({ state, className }: { state: TenantState; className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={classNames('inline-block size-2 shrink-0 rounded-full', dots[state], className)}
    />
  );
}

export function StateBadge({ state, label }: { state: TenantState; label: string }) {
  return (
    <span
      data-state={state}
      className={classNames(
        'inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 font-medium text-xs whitespace-nowrap',
        badges[state],
      )}
    >
      <StateDot state={state} />
      {label}
    </span>
  );
}
