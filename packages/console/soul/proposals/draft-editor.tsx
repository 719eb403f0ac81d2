import type { Layer, LayerProposal } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Notice } from '../../design/notice.tsx';
import { showToast } from '../../design/toast.tsx';
import { TextDiff } from '../../text-diff/text-diff-view.tsx';
import { EditorFrame, NoteField, SaveBar } from '../editor-frame.tsx';
import { layersKey, layerTextQuery } from '../queries.ts';
import { isTooLong } from '../text-size.ts';
import { useUnsavedGuard } from '../use-unsaved-guard.tsx';

/** A proposal's text while it is a draft. Where the layer has changed since, that change is shown, and the draft begins from the newest. */
export function DraftEditor({ layer, proposal }: { layer: Layer; proposal: LayerProposal }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [base, setBase] = useState(proposal);
  const [text, setText] = useState(proposal.content);
  const [note, setNote] = useState(proposal.note);
  const mayEdit = proposal.may.includes('edit');
  const dirty = text !== base.content || note.trim() !== base.note;
  const isNew = dirty || base.outdated;
  const question = useUnsavedGuard(dirty);
  const { data: before } = useQuery({ ...layerTextQuery(layer, base.baseVersion), enabled: base.outdated });

  const save = useMutation({
    mutationFn: async (submit: boolean) => {
      const params = { proposalId: proposal.id };
      let saved = base;
      if (isNew) {
        const body = { content: text, note, baseVersion: layer.version, expectedRevision: base.revision };
        saved = await api.call('changeProposal', { params, body });
        setBase(saved);
        setText(saved.content);
        setNote(saved.note);
      }
      if (submit) await api.call('decideProposal', { params, body: { step: 'submit' } });
    },
    onSuccess: (_, submitted) => {
      showToast({ tone: 'good', title: t(submitted ? 'soul.proposal.submitted' : 'soul.proposal.drafted') });
      // After the page has learned that nothing is unsaved any more.
      if (submitted) setTimeout(() => void navigate({ to: '/soul', search: { tab: 'proposals' } }));
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: layersKey }),
  });
  const maySend = !isTooLong(text) && !save.isPending;
  return (
    <>
      <EditorFrame
        layer={layer}
        text={text}
        onText={mayEdit ? setText : null}
        onSave={() => maySend && dirty && save.mutate(false)}
        notices={
          <>
            <Notice tone="info" title={t('soul.proposal.isProposal')}>
              {!mayEdit && t('soul.proposal.isDraftReadOnly', { name: proposal.author })}
              {mayEdit && t(base.state === 'draft' ? 'soul.proposal.isDraftText' : 'soul.proposal.becomesDraft')}
            </Notice>
            {base.outdated && (
              <Notice tone="warn" title={t('soul.proposal.outdated')}>
                <p className="mb-2">{t('soul.proposal.outdatedText')}</p>
                {before !== undefined && (
                  <TextDiff label={t('soul.proposal.changedSince')} before={before} after={layer.content} />
                )}
              </Notice>
            )}
            <ProblemNotice error={save.error} />
          </>
        }
        footer={
          mayEdit && (
            <SaveBar>
              <NoteField note={note} onNote={setNote} label={t('soul.proposal.note')} />
              <div className="ms-auto flex flex-wrap gap-2">
                <Button disabled={!maySend || !isNew} onClick={() => save.mutate(false)}>
                  {t('soul.proposal.saveDraft')}
                </Button>
                <Button
                  kind="primary"
                  disabled={!maySend || !(isNew || base.state === 'draft')}
                  onClick={() => save.mutate(true)}
                >
                  {t('soul.proposal.submit')}
                </Button>
              </div>
            </SaveBar>
          )
        }
      />
      {question}
    </>
  );
}
