import type { LayerProposal } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { classNames } from '../../design/class-names.ts';
import { Notice } from '../../design/notice.tsx';
import { Skeleton } from '../../design/placeholder.tsx';
import { Progress } from '../../design/progress.tsx';
import { useFormat, useNow } from '../../format/use-format.ts';
import { TextDiff } from '../../text-diff/text-diff-view.tsx';
import { LayerChip, useLayerTitle } from '../layer-look.tsx';
import { layerTextQuery } from '../queries.ts';
import { ProposalActions } from './proposal-actions.tsx';
import { ProposalStepper } from './proposal-stepper.tsx';
import { isOver } from './proposal-steps.ts';

export function ProposalCard({ proposal }: { proposal: LayerProposal }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const title = useLayerTitle();
  const [open, setOpen] = useState(false);
  const { scope, ownerId, state, author, note, reviewer, reviewNote, affected, canary, createdAt } = proposal;
  return (
    <li
      data-testid="proposal"
      data-state={state}
      data-layer={`${scope}/${ownerId}`}
      className="grid gap-3.5 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2.5">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-semibold">
            <Link
              to="/soul/$scope/$ownerId"
              params={{ scope, ownerId }}
              className="break-words rounded-xs hover:text-accent-ink hover:underline"
            >
              {title(proposal)}
            </Link>
            <LayerChip scope={scope} />
          </h2>
          <p className="mt-0.5 text-ink-faint text-sm">
            {t('soul.proposal.by', { name: author })} ·{' '}
            <time dateTime={createdAt} title={format.full(Date.parse(createdAt))}>
              {format.ago(Date.parse(createdAt), now)}
            </time>{' '}
            · {t('soul.agents', { count: affected })}
          </p>
        </div>
        <ProposalStepper proposal={proposal} />
      </div>
      {note && <p className="break-words">{note}</p>}
      {reviewer && (
        <p className="break-words text-ink-soft text-sm">
          {t(state === 'rejected' ? 'soul.proposal.rejectedBy' : 'soul.proposal.reviewedBy', { name: reviewer })}
          {reviewNote && <span> “{reviewNote}”</span>}
        </p>
      )}
      {canary && (
        <div className="grid gap-1.5 text-sm">
          <p className="tabular" data-testid="canary">
            {t('soul.proposal.canaryNow', { percent: canary.percent, count: canary.tenants, total: affected })}
          </p>
          <Progress label={t('soul.state.canary')} done={canary.tenants} total={affected} />
        </div>
      )}
      {proposal.outdated && !isOver(state) && (
        <Notice tone="warn" title={t('soul.proposal.outdated')}>
          {t('soul.proposal.outdatedText')}
        </Notice>
      )}
      <div>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="-ms-1 inline-flex h-8 items-center gap-1.5 rounded-md px-1 pe-2 font-medium text-ink-soft text-sm hover:text-ink"
        >
          <ChevronRight aria-hidden="true" className={classNames('size-4 transition-transform', open && 'rotate-90')} />
          {t('soul.proposal.changes')}
        </button>
        {open && (
          <div className="mt-2">
            <Changes proposal={proposal} />
          </div>
        )}
      </div>
      {proposal.may.length > 0 && <ProposalActions proposal={proposal} />}
    </li>
  );
}

/** Against the version that it changes. */
function Changes({ proposal }: { proposal: LayerProposal }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(layerTextQuery(proposal, proposal.baseVersion));
  if (data === undefined) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-24 rounded-lg" />;
  return <TextDiff label={t('soul.proposal.changes')} before={data} after={proposal.content} />;
}
