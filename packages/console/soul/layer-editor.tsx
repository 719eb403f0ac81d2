import { ClientError } from '@clawpool/client';
import type { Layer } from '@clawpool/contracts';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { GitPullRequestArrow } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { showToast } from '../design/toast.tsx';
import { mayTakeOver } from '../session/access.ts';
import { EditorFrame, NoteField, SaveBar } from './editor-frame.tsx';
import { LayerConflict, type OtherChange, otherChangeOf } from './layer-conflict.tsx';
import { ProposeDialog } from './proposals/propose-dialog.tsx';
import { layerQuery, layersKey } from './queries.ts';
import { isTooLong } from './text-size.ts';
import { useUnsavedGuard } from './use-unsaved-guard.tsx';

/** The editor of a layer: saves a version, or proposes a change where somebody else has to approve it. */
export function LayerEditor({ layer, onDirty }: { layer: Layer; onDirty: (dirty: boolean) => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: me } = useSuspenseQuery(meQuery);
  const [base, setBase] = useState<OtherChange>(layer);
  const [text, setText] = useState(layer.content);
  const [note, setNote] = useState('');
  const [proposing, setProposing] = useState(false);
  /** The other's change has been seen, and is left for later. */
  const [postponed, setPostponed] = useState<unknown>(null);
  const dirty = text !== base.content;
  // A newer version is simply shown, unless somebody writes here.
  if (!dirty && layer.version > base.version) {
    setBase(layer);
    setText(layer.content);
  }
  useEffect(() => onDirty(dirty), [dirty, onDirty]);
  const question = useUnsavedGuard(dirty);

  const save = useMutation({
    mutationFn: (expectedVersion: number) =>
      api.call('saveLayer', {
        params: { scope: layer.scope, ownerId: layer.ownerId },
        body: { content: text, expectedVersion, note },
      }),
    onSuccess: (saved) => {
      queryClient.setQueryData(layerQuery(layer).queryKey, saved);
      setBase(saved);
      setText(saved.content);
      setNote('');
      showToast({
        tone: 'good',
        title: t('soul.saved', { version: saved.version }),
        detail: t('soul.savedText', { count: saved.affected }),
      });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: layersKey }),
  });
  const other = otherChangeOf(save.error);
  const maySend = dirty && !isTooLong(text) && !save.isPending;
  // A personal text is one's own: nobody has to approve it.
  const mayPropose = mayTakeOver(me) && (layer.needsReview || (layer.mayEdit && layer.scope !== 'personal'));
  const trySave = () => {
    if (!maySend) return;
    if (layer.mayEdit) save.mutate(base.version);
    else if (mayPropose) setProposing(true);
  };
  const mayWrite = layer.mayEdit || mayPropose;
  return (
    <>
      <EditorFrame
        layer={layer}
        text={text}
        onText={mayWrite ? setText : null}
        onSave={trySave}
        notices={
          <>
            {!mayWrite && (
              <Notice tone="info" title={t('soul.readOnly')}>
                {t(`soul.whoMay.${layer.scope}`)}
              </Notice>
            )}
            {mayWrite && !layer.mayEdit && (
              <Notice tone="info" title={t('soul.needsReview')}>
                {t('soul.needsReviewText')}
              </Notice>
            )}
            {layer.openProposals > 0 && (
              <Notice tone="info" title={t('soul.openProposals', { count: layer.openProposals })}>
                <Link
                  to="/soul"
                  search={{ tab: 'proposals' }}
                  className="rounded-xs text-accent-ink underline underline-offset-4"
                >
                  {t('soul.showProposals')}
                </Link>
              </Notice>
            )}
            {other ? (
              postponed === save.error && (
                <Notice
                  tone="warn"
                  title={t('soul.conflict.title', { name: other.updatedBy, version: other.version })}
                  actions={
                    <Button size="sm" onClick={() => setPostponed(null)}>
                      {t('soul.conflict.show')}
                    </Button>
                  }
                />
              )
            ) : (
              <ProblemNotice error={save.error instanceof ClientError ? save.error : null} />
            )}
          </>
        }
        footer={
          dirty && (
            <SaveBar>
              <p className="w-full text-ink-soft text-sm lg:w-auto" role="status">
                {t(layer.mayEdit ? 'soul.affects' : 'soul.wouldAffect', { count: layer.affected })}
              </p>
              {layer.mayEdit && <NoteField note={note} onNote={setNote} label={t('soul.note')} />}
              <div className="ms-auto flex flex-wrap gap-2">
                <Button
                  kind="ghost"
                  onClick={() => {
                    setText(base.content);
                    save.reset();
                  }}
                >
                  {t('soul.discard')}
                </Button>
                {mayPropose && (
                  <Button
                    kind={layer.mayEdit ? 'outline' : 'primary'}
                    disabled={!maySend}
                    onClick={() => setProposing(true)}
                  >
                    <GitPullRequestArrow aria-hidden="true" />
                    {t('soul.propose')}
                  </Button>
                )}
                {layer.mayEdit && (
                  <Button kind="primary" disabled={!maySend} onClick={trySave}>
                    {save.isPending ? t('form.saving') : t('common.save')}
                  </Button>
                )}
              </div>
            </SaveBar>
          )
        }
      />
      {other && postponed !== save.error && (
        <LayerConflict
          base={base.content}
          mine={text}
          theirs={other}
          pending={save.isPending}
          onTakeTheirs={() => {
            setBase(other);
            setText(other.content);
            save.reset();
          }}
          onKeepMine={() => {
            setBase(other);
            save.mutate(other.version);
          }}
          onGoOn={() => setPostponed(save.error)}
        />
      )}
      {proposing && (
        <ProposeDialog
          layer={layer}
          content={text}
          baseVersion={base.version}
          onClose={() => setProposing(false)}
          onProposed={() => {
            setProposing(false);
            setText(base.content);
          }}
        />
      )}
      {question}
    </>
  );
}
