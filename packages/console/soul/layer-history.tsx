import type { Layer, LayerVersion } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { GitCompareArrows, GitPullRequestArrow, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { ConfirmDialog, Dialog } from '../design/dialog.tsx';
import { InputField, SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { TextDiff } from '../text-diff/text-diff-view.tsx';
import { useLayerTitle } from './layer-look.tsx';
import { ProposeDialog } from './proposals/propose-dialog.tsx';
import { layerQuery, layersKey, layerTextQuery, layerVersionsQuery } from './queries.ts';

/** All versions of a layer: who made which and why, any two beside each other, and any earlier one to be used again. */
export function LayerHistory({
  layer,
  rollBack,
  onClose,
}: {
  layer: Layer;
  /** Whether the person may go back to an earlier version; `propose`: when somebody else agrees; `not_now`: what they have written is not saved. */
  rollBack: 'yes' | 'propose' | 'no' | 'not_now';
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const title = useLayerTitle();
  const { data: versions, error } = useQuery(layerVersionsQuery(layer));
  const [asked, setAsked] = useState<number | null>(null);
  if (asked !== null && rollBack === 'propose') {
    return <ProposeVersion layer={layer} version={asked} onClose={() => setAsked(null)} onProposed={onClose} />;
  }
  if (asked !== null) {
    return <RollBack layer={layer} version={asked} onClose={() => setAsked(null)} onDone={onClose} />;
  }
  return (
    <Dialog open onClose={onClose} size="lg" title={t('soul.history.title', { name: title(layer) })}>
      {versions ? (
        <div className="grid gap-4">
          {rollBack === 'not_now' && <Notice tone="info" title={t('soul.history.saveFirst')} />}
          <Versions
            layer={layer}
            versions={versions}
            onUse={rollBack === 'yes' || rollBack === 'propose' ? setAsked : null}
            byProposal={rollBack === 'propose'}
          />
        </div>
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-60 rounded-lg" />
      )}
    </Dialog>
  );
}

function Versions({
  layer,
  versions,
  onUse,
  byProposal,
}: {
  layer: Layer;
  versions: readonly LayerVersion[];
  onUse: ((version: number) => void) | null;
  byProposal: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const newest = versions[0]?.version ?? 0;
  const [pair, setPair] = useState({ before: versions[1]?.version ?? 0, after: newest });
  // 0 is the empty text before the first version.
  const options = [...versions.map(({ version }) => version), 0].map((version) => (
    <option key={version} value={version}>
      {version === 0 ? t('soul.history.beginning') : t('soul.version', { version })}
    </option>
  ));
  return (
    <div className="grid gap-5">
      <ol aria-label={t('soul.history.versions')} className="max-h-72 overflow-y-auto rounded-lg border">
        {versions.map(({ version, cause, note, author, words, createdAt }) => (
          <li
            key={version}
            data-testid="layer-version-row"
            data-version={version}
            className={classNames(
              'flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-3.5 py-2.5 text-sm last:border-0',
              version === pair.after && 'bg-sunken',
            )}
          >
            <div className="min-w-0 flex-1 basis-56">
              <p className="font-medium">
                {t('soul.version', { version })}
                <span className="font-normal text-ink-soft"> · {t(`soul.cause.${cause}`)}</span>
              </p>
              <p className="text-ink-faint text-xs">
                {author !== '' && `${author} · `}
                <time dateTime={createdAt} title={format.full(Date.parse(createdAt))}>
                  {format.ago(Date.parse(createdAt), now)}
                </time>{' '}
                · {t('soul.words', { count: words })}
              </p>
              {note && <p className="mt-0.5 break-words text-ink-soft">{note}</p>}
            </div>
            <Button
              size="sm"
              kind="ghost"
              aria-label={t('soul.history.showChanges', { version })}
              onClick={() => setPair({ before: before(version), after: version })}
            >
              <GitCompareArrows aria-hidden="true" />
              {t('soul.history.changes')}
            </Button>
            {onUse && version !== layer.version && (
              <Button
                size="sm"
                kind="ghost"
                aria-label={t(byProposal ? 'soul.history.proposeVersion' : 'soul.history.rollBackTo', { version })}
                onClick={() => onUse(version)}
              >
                {byProposal ? <GitPullRequestArrow aria-hidden="true" /> : <RotateCcw aria-hidden="true" />}
                {t(byProposal ? 'soul.history.proposeThis' : 'soul.history.rollBack')}
              </Button>
            )}
          </li>
        ))}
      </ol>
      <div className="grid grid-cols-2 gap-3">
        <SelectField
          label={t('soul.history.before')}
          value={pair.before}
          onChange={(event) => setPair({ ...pair, before: Number(event.target.value) })}
        >
          {options}
        </SelectField>
        <SelectField
          label={t('soul.history.after')}
          value={pair.after}
          onChange={(event) => setPair({ ...pair, after: Number(event.target.value) })}
        >
          {options}
        </SelectField>
      </div>
      <Comparison layer={layer} {...pair} />
    </div>
  );

  function before(version: number): number {
    return versions.find((earlier) => earlier.version < version)?.version ?? 0;
  }
}

function Comparison({ layer, before, after }: { layer: Layer; before: number; after: number }) {
  const { t } = useTranslation();
  const left = useQuery(layerTextQuery(layer, before));
  const right = useQuery(layerTextQuery(layer, after));
  if (left.data === undefined || right.data === undefined) {
    const error = left.error ?? right.error;
    return error ? <ProblemNotice error={error} /> : <Skeleton className="h-32 rounded-lg" />;
  }
  return <TextDiff label={t('soul.history.comparison', { before, after })} before={left.data} after={right.data} />;
}

/** Where somebody else has to approve it, an earlier version is a proposal like any other. */
function ProposeVersion({
  layer,
  version,
  onClose,
  onProposed,
}: {
  layer: Layer;
  version: number;
  onClose: () => void;
  onProposed: () => void;
}) {
  const { t } = useTranslation();
  const { data: content, error } = useQuery(layerTextQuery(layer, version));
  if (content === undefined) {
    return (
      <Dialog open onClose={onClose} size="lg" title={t('soul.history.proposeVersion', { version })}>
        {error ? <ProblemNotice error={error} /> : <Skeleton className="h-60 rounded-lg" />}
      </Dialog>
    );
  }
  return (
    <ProposeDialog
      layer={layer}
      content={content}
      baseVersion={layer.version}
      onClose={onClose}
      onProposed={onProposed}
    />
  );
}

function RollBack({
  layer,
  version,
  onClose,
  onDone,
}: {
  layer: Layer;
  version: number;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [note, setNote] = useState('');
  const rollBack = useMutation({
    mutationFn: () =>
      api.call('rollBackLayer', {
        params: { scope: layer.scope, ownerId: layer.ownerId },
        body: { version, expectedVersion: layer.version, note },
      }),
    onSuccess: (saved) => {
      queryClient.setQueryData(layerQuery(layer).queryKey, saved);
      showToast({
        tone: 'good',
        title: t('soul.history.rolledBack', { version, now: saved.version }),
        detail: t('soul.savedText', { count: saved.affected }),
      });
      onDone();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: layersKey }),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('soul.history.rollBackTitle', { version })}
      confirm={t('soul.history.rollBack')}
      pending={rollBack.isPending}
      onConfirm={() => rollBack.mutate()}
    >
      <p>{t('soul.history.rollBackText', { now: layer.version })}</p>
      <p>{t('soul.affects', { count: layer.affected })}</p>
      <InputField
        label={t('soul.note')}
        value={note}
        maxLength={500}
        onChange={(event) => setNote(event.target.value)}
      />
      <ProblemNotice error={rollBack.error} />
    </ConfirmDialog>
  );
}
