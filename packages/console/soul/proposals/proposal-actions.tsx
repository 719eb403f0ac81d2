import type { Layer, LayerProposal } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bird, Check, Pencil, Rocket, Send, Undo2, X } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button, buttonStyle } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { TextAreaField } from '../../design/form-fields.tsx';
import { showToast } from '../../design/toast.tsx';
import { layersKey } from '../queries.ts';
import { agentsOf } from './proposal-steps.ts';

type Step = Exclude<LayerProposal['may'][number], 'edit'>;
type Decision =
  | { step: 'submit' | 'publish' | 'withdraw' }
  | { step: 'approve'; note: string; expectedRevision: number }
  | { step: 'reject'; note: string }
  | Canary;
type Canary = { step: 'canary'; percent: number };

/** The order in which the steps are offered, the likeliest first. */
const offered: readonly Step[] = ['submit', 'approve', 'publish', 'canary', 'reject', 'withdraw'];
const icons = { submit: Send, approve: Check, publish: Rocket, canary: Bird, reject: X, withdraw: Undo2 } as const;
const leading: readonly Step[] = ['submit', 'approve', 'publish'];

/** What the person may do with a proposal now; the server has said so. */
export function ProposalActions({ proposal }: { proposal: LayerProposal }) {
  const { t } = useTranslation();
  const { scope, ownerId } = proposal;
  const [asked, setAsked] = useState<Step | null>(null);
  return (
    <div className="flex flex-wrap gap-2 border-t pt-3.5">
      {offered
        .filter((step) => proposal.may.includes(step))
        .map((step) => {
          const Icon = icons[step];
          return (
            <Button
              key={step}
              size="sm"
              kind={leading.includes(step) ? 'primary' : 'outline'}
              onClick={() => setAsked(step)}
            >
              <Icon aria-hidden="true" />
              {step === 'canary' && proposal.canary ? t('soul.proposal.changeCanary') : t(`soul.step.${step}`)}
            </Button>
          );
        })}
      {proposal.may.includes('edit') && (
        <Link
          to="/soul/$scope/$ownerId"
          params={{ scope, ownerId }}
          search={{ proposal: proposal.id }}
          className={buttonStyle({ kind: 'outline', size: 'sm' })}
        >
          <Pencil aria-hidden="true" />
          {t('soul.proposal.edit')}
        </Link>
      )}
      {asked && <DecisionDialog proposal={proposal} step={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function DecisionDialog({ proposal, step, onClose }: { proposal: LayerProposal; step: Step; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [note, setNote] = useState('');
  const [percent, setPercent] = useState(proposal.canary?.percent ?? 10);
  const [insist, setInsist] = useState(false);
  // The text that was there when the dialog opened: not one that comes while it is open.
  const [looked] = useState(proposal.revision);
  const decide = useMutation({
    mutationFn: (body: Decision) => api.call('decideProposal', { params: { proposalId: proposal.id }, body }),
    onSuccess: ({ state }) => {
      showToast({ tone: 'good', title: t(`soul.proposal.done.${state}`, { name: proposal.ownerName }) });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: layersKey }),
  });
  const needsReason = step === 'reject' && note.trim() === '';
  const submit = () => {
    setInsist(true);
    if (needsReason || decide.isPending) return;
    if (step === 'approve') decide.mutate({ step, note: note.trim(), expectedRevision: looked });
    else if (step === 'reject') decide.mutate({ step, note: note.trim() });
    else if (step === 'canary') decide.mutate({ step, percent });
    else decide.mutate({ step });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t(`soul.stepTitle.${step}`)}
      description={t(`soul.stepText.${step}`, { count: proposal.affected })}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            type="submit"
            kind={step === 'reject' || step === 'withdraw' ? 'danger' : 'primary'}
            disabled={decide.isPending}
          >
            {t(`soul.step.${step}`)}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {(step === 'approve' || step === 'reject') && (
          <TextAreaField
            label={t(step === 'reject' ? 'soul.proposal.reason' : 'soul.proposal.comment')}
            error={insist && needsReason ? t('soul.proposal.reasonMissing') : undefined}
            value={note}
            maxLength={500}
            rows={3}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
        {step === 'canary' && <CanaryField percent={percent} onPercent={setPercent} affected={proposal.affected} />}
        <ProblemNotice error={decide.error} />
      </div>
    </Dialog>
  );
}

function CanaryField({
  percent,
  onPercent,
  affected,
}: {
  percent: number;
  onPercent: (percent: number) => void;
  affected: Layer['affected'];
}) {
  const { t } = useTranslation();
  const id = useId();
  const words = t('soul.proposal.canaryAbout', { percent, count: agentsOf(percent, affected), total: affected });
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium text-sm">
        {t('soul.proposal.canaryShare')}
      </label>
      <input
        id={id}
        type="range"
        min={1}
        max={99}
        value={percent}
        aria-valuetext={words}
        onChange={(event) => onPercent(event.target.valueAsNumber)}
        className="h-6 w-full accent-(--accent)"
      />
      <p className="tabular mt-1 text-ink-soft text-sm">{words}</p>
    </div>
  );
}
