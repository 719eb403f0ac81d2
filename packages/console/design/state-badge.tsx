import type { TenantState } from '@clawpool/contracts';
import { classNames } from './class-names.ts';

type Look = 'asleep' | 'busy' | 'leaving' | 'good' | 'held' | 'off' | 'bad' | 'attention';

/** Thirteen states, eight looks: what a person does about them is what sets them apart. */
const looks: Record<TenantState, Look> = {
  queued: 'busy',
  pending: 'held',
  creating: 'busy',
  running: 'good',
  hibernated: 'asleep',
  stopped: 'off',
  paused: 'held',
  migrating: 'busy',
  restoring: 'busy',
  deleting: 'leaving',
  deleted: 'off',
  failed: 'bad',
  requires_attention: 'attention',
};

const dots: Record<Look, string> = {
  asleep: 'border-[1.5px] border-control bg-transparent',
  busy: 'bg-info animate-breathe',
  leaving: 'bg-control animate-breathe',
  good: 'bg-good',
  held: 'bg-warn',
  off: 'rounded-[2px] bg-control',
  bad: 'bg-bad',
  attention: 'bg-bad ring-2 ring-bad-line',
};
const badges: Record<Look, string> = {
  asleep: 'bg-hover text-ink-soft',
  busy: 'bg-info-soft text-info-ink',
  leaving: 'bg-hover text-ink-soft',
  good: 'bg-good-soft text-good-ink',
  held: 'bg-warn-soft text-warn-ink',
  off: 'bg-hover text-ink-soft',
  bad: 'bg-bad-soft text-bad-ink',
  attention: 'bg-bad-soft text-bad-ink',
};

/** The state as a coloured dot; always beside a text that says the same. */
export function StateDot({ state, className }: { state: TenantState; className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={classNames('inline-block size-2 shrink-0 rounded-full', dots[looks[state]], className)}
    />
  );
}

export function StateBadge({ state, label }: { state: TenantState; label: string }) {
  return (
    <span
      data-state={state}
      className={classNames(
        'inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 font-medium text-xs whitespace-nowrap',
        badges[looks[state]],
      )}
    >
      <StateDot state={state} />
      {label}
    </span>
  );
}
