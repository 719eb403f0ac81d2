import type { LayerProposal } from '@clawpool/contracts';
import { Check, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../../design/class-names.ts';
import { type StepStanding, stepsOf } from './proposal-steps.ts';

const dots: Record<StepStanding, string> = {
  done: 'bg-good-soft text-good-ink border-good',
  now: 'bg-accent text-on-accent border-accent',
  ahead: 'border-control text-ink-faint',
  ended: 'bg-bad-soft text-bad-ink border-bad',
};

/** The way of a proposal, with where it stands. */
export function ProposalStepper({ proposal }: { proposal: LayerProposal }) {
  const { t } = useTranslation();
  const { state } = proposal;
  return (
    <ol aria-label={t('soul.proposal.way')} className="flex flex-wrap items-center gap-x-1.5 gap-y-2">
      {stepsOf(proposal).map(({ step, standing }, index) => {
        const words = standing === 'ended' && (state === 'rejected' || state === 'withdrawn') ? state : step;
        return (
          <li
            key={step}
            data-step={step}
            data-standing={standing}
            {...(standing === 'now' || standing === 'ended' ? { 'aria-current': 'step' as const } : {})}
            className="flex items-center gap-1.5 text-xs"
          >
            {index > 0 && <span aria-hidden="true" className="h-px w-3 bg-line-strong sm:w-5" />}
            <span
              aria-hidden="true"
              className={classNames(
                'tabular grid size-5 shrink-0 place-items-center rounded-full border font-medium text-[0.6875rem]',
                dots[standing],
              )}
            >
              {standing === 'done' ? (
                <Check className="size-3" />
              ) : standing === 'ended' ? (
                <X className="size-3" />
              ) : (
                index + 1
              )}
            </span>
            <span className={standing === 'now' || standing === 'ended' ? 'font-medium text-ink' : 'text-ink-faint'}>
              {t(`soul.state.${words}`)}
              {standing === 'done' && <span className="sr-only"> {t('soul.proposal.stepDone')}</span>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
