import type { TurnState } from '@clawpool/contracts';

type Look = 'waits' | 'works' | 'good' | 'quiet' | 'held' | 'bad';

/** Eight states, six looks: whether somebody has to look is what sets them apart. */
const looks: Record<TurnState, Look> = {
  queued: 'waits',
  waking: 'works',
  thinking: 'works',
  blocked: 'held',
  answered: 'good',
  failed: 'bad',
  stopped: 'quiet',
  handed_over: 'held',
};

export const dots: Record<Look, string> = {
  waits: 'border-[1.5px] border-control bg-transparent',
  works: 'bg-info animate-breathe',
  good: 'bg-good',
  quiet: 'rounded-[2px] bg-control',
  held: 'bg-warn',
  bad: 'bg-bad',
};

export const badges: Record<Look, string> = {
  waits: 'bg-hover text-ink-soft',
  works: 'bg-info-soft text-info-ink',
  good: 'bg-good-soft text-good-ink',
  quiet: 'bg-hover text-ink-soft',
  held: 'bg-warn-soft text-warn-ink',
  bad: 'bg-bad-soft text-bad-ink',
};

export const lookOf = (state: TurnState): Look => looks[state];
