import { createHash } from 'node:crypto';
import { ClawpoolError, type LayerProposal, type ProposalState } from '@clawpool/contracts';

export type ProposalStep = LayerProposal['may'][number];

/** Who somebody is to a proposal. */
export interface Relation {
  author: boolean;
  /** They may edit the layer that it changes. */
  editor: boolean;
}

interface StepRule {
  from: readonly ProposalState[];
  to: ProposalState;
  who: (relation: Relation) => boolean;
  /** Only while the layer is still the version the proposal was drafted from. */
  fresh: boolean;
}

const isAuthor = ({ author }: Relation) => author;
const isEditor = ({ editor }: Relation) => editor;
const isReviewer = ({ author, editor }: Relation) => editor && !author;

/** The whole life of a proposal: from where, to where, and whose step it is. Nobody approves what they wrote. */
const steps: Readonly<Record<ProposalStep, StepRule>> = {
  edit: { from: ['draft', 'in_review', 'approved', 'rejected'], to: 'draft', who: isAuthor, fresh: false },
  submit: { from: ['draft'], to: 'in_review', who: isAuthor, fresh: true },
  approve: { from: ['in_review'], to: 'approved', who: isReviewer, fresh: true },
  reject: { from: ['in_review', 'approved'], to: 'rejected', who: isReviewer, fresh: false },
  canary: { from: ['approved', 'canary'], to: 'canary', who: isEditor, fresh: true },
  publish: { from: ['approved', 'canary'], to: 'published', who: isEditor, fresh: true },
  withdraw: {
    from: ['draft', 'in_review', 'approved', 'canary'],
    to: 'withdrawn',
    who: ({ author, editor }) => author || editor,
    fresh: false,
  },
};

export interface ProposalFacts {
  state: ProposalState;
  outdated: boolean;
}

/** What somebody may do with a proposal now, in the order in which it is done. */
export function possibleSteps({ state, outdated }: ProposalFacts, relation: Relation): ProposalStep[] {
  return (Object.keys(steps) as ProposalStep[]).filter((step) => {
    const { from, who, fresh } = steps[step];
    return from.includes(state) && who(relation) && !(fresh && outdated);
  });
}

/** The state after a step. Errors: `not_allowed`, `conflict` with what to do instead. */
export function takeStep({ state, outdated }: ProposalFacts, step: ProposalStep, relation: Relation): ProposalState {
  const { from, to, who, fresh } = steps[step];
  if (!who(relation)) throw notTheirs(step, relation);
  if (!from.includes(state)) {
    throw new ClawpoolError(
      'conflict',
      `The proposal is ${stateNames[state]}: this step is not possible now.`,
      'Load it again to see what is.',
      { details: { state } },
    );
  }
  if (fresh && outdated) {
    throw new ClawpoolError(
      'conflict',
      'The layer has changed since this was drafted.',
      'Its author drafts it again from the newest version.',
      { details: { outdated: true } },
    );
  }
  return to;
}

/** Whether an agent is among those that try a change, also one that came later. */
export const hasCanary = (tenantId: string, { id, canaryUpTo }: { id: string; canaryUpTo: number | null }): boolean =>
  canaryUpTo !== null && placeOf(tenantId, id) <= canaryUpTo;

/**
 * Up to which place so many percent of these agents try a change: rounded up, so that somebody does. Raising the percentage only adds some.
 */
export function canaryUpTo(tenantIds: readonly string[], id: string, percent: number): number {
  const places = tenantIds.map((tenantId) => placeOf(tenantId, id)).sort((one, other) => one - other);
  return places[Math.ceil((places.length * percent) / 100) - 1] ?? Math.floor((2 ** 32 * percent) / 100) - 1;
}

/** An agent's place in the order in which a change is tried, below 2^32: the same whoever asks and whenever, another for another change. */
const placeOf = (tenantId: string, proposalId: string): number =>
  createHash('sha256').update(`${tenantId}\n${proposalId}`).digest().readUInt32BE(0);

const stateNames: Readonly<Record<ProposalState, string>> = {
  draft: 'a draft',
  in_review: 'in review',
  approved: 'approved',
  canary: 'tried by some agents',
  published: 'published',
  rejected: 'rejected',
  withdrawn: 'withdrawn',
};

function notTheirs(step: ProposalStep, { author, editor }: Relation): ClawpoolError {
  if (author && editor) {
    return new ClawpoolError(
      'not_allowed',
      'Nobody decides about what they proposed themselves.',
      'Ask somebody else who may edit this layer.',
    );
  }
  return step === 'edit' || step === 'submit'
    ? new ClawpoolError('not_allowed', 'Only its author changes a proposal.', 'Draft one of your own.')
    : new ClawpoolError(
        'not_allowed',
        'This needs the right to edit the layer.',
        'Admins, and for a position the managers of its department, have it.',
      );
}
