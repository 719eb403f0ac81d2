import type { LayerProposal, ProposalState } from '@clawpool/contracts';

const way = ['draft', 'in_review', 'approved', 'canary', 'published'] as const satisfies ProposalState[];
export type ProposalStep = (typeof way)[number];

export type StepStanding = 'done' | 'now' | 'ahead' | 'ended';

/** How far a proposal has come. One that was rejected or withdrawn ended where it was. */
export function stepsOf({
  state,
  reviewer,
}: Pick<LayerProposal, 'state' | 'reviewer'>): { step: ProposalStep; standing: StepStanding }[] {
  // Trying it with some first is a choice; afterwards nobody can tell whether it was made.
  if (state === 'published') {
    return way.filter((step) => step !== 'canary').map((step) => ({ step, standing: 'done' }));
  }
  const ended = state === 'rejected' || state === 'withdrawn';
  const at = way.indexOf(ended ? (reviewer === null ? 'draft' : 'in_review') : state);
  return way.map((step, index) => ({
    step,
    standing: index < at ? 'done' : index > at ? 'ahead' : ended ? 'ended' : 'now',
  }));
}

export const isOver = (state: ProposalState): boolean =>
  state === 'published' || state === 'rejected' || state === 'withdrawn';

/** How many agents a percentage is. */
export const agentsOf = (percent: number, affected: number): number => Math.ceil((affected * percent) / 100);
