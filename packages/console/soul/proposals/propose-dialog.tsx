import type { Layer } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { TextAreaField } from '../../design/form-fields.tsx';
import { showToast } from '../../design/toast.tsx';
import { TextDiff } from '../../text-diff/text-diff-view.tsx';
import { layersKey } from '../queries.ts';

/** Makes a proposal of what was written: kept as a draft, or handed in for review at once. */
export function ProposeDialog({
  layer,
  content,
  baseVersion,
  onClose,
  onProposed,
}: {
  layer: Layer;
  content: string;
  baseVersion: number;
  onClose: () => void;
  onProposed: () => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [note, setNote] = useState('');
  // Made once: whoever has to try the second step again must not leave two drafts.
  const [draftId, setDraftId] = useState<string | null>(null);
  const propose = useMutation({
    mutationFn: async (submit: boolean) => {
      let proposalId = draftId;
      if (proposalId === null) {
        const { scope, ownerId } = layer;
        ({ id: proposalId } = await api.call('createProposal', {
          body: { scope, ownerId, content, baseVersion, note },
        }));
        setDraftId(proposalId);
      }
      if (submit) await api.call('decideProposal', { params: { proposalId }, body: { step: 'submit' } });
    },
    onSuccess: (_, submitted) => {
      showToast({ tone: 'good', title: t(submitted ? 'soul.proposal.submitted' : 'soul.proposal.drafted') });
      onProposed();
      // After the page has learned that nothing is unsaved any more.
      setTimeout(() => void navigate({ to: '/soul', search: { tab: 'proposals' } }));
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: layersKey }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={t('soul.proposal.title')}
      description={t('soul.proposal.lead', { count: layer.affected })}
      onSubmit={() => propose.mutate(true)}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button disabled={propose.isPending} onClick={() => propose.mutate(false)}>
            {t('soul.proposal.keepDraft')}
          </Button>
          <Button type="submit" kind="primary" disabled={propose.isPending}>
            {t('soul.proposal.submit')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <TextAreaField
          label={t('soul.proposal.note')}
          hint={t('soul.proposal.noteHint')}
          value={note}
          maxLength={500}
          rows={3}
          onChange={(event) => setNote(event.target.value)}
        />
        <TextDiff label={t('soul.proposal.changes')} before={layer.content} after={content} />
        <ProblemNotice error={propose.error} />
      </div>
    </Dialog>
  );
}
