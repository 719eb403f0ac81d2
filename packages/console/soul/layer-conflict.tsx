import { ClientError } from '@clawpool/client';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { TextDiff } from '../text-diff/text-diff-view.tsx';

/** A version that somebody else has saved. */
export interface OtherChange {
  version: number;
  content: string;
  updatedBy: string;
}

/** The other's change, when that is why a version was refused. */
export function otherChangeOf(error: unknown): OtherChange | null {
  if (!(error instanceof ClientError) || error.code !== 'conflict') return null;
  const { version, content, updatedBy } = (error.details ?? {}) as Partial<Record<keyof OtherChange, unknown>>;
  if (typeof version !== 'number' || typeof content !== 'string') return null;
  return { version, content, updatedBy: typeof updatedBy === 'string' ? updatedBy : '' };
}

const views = ['mine', 'base'] as const;

/** Somebody else has saved first. Nothing of either is lost: the person sees both and chooses. */
export function LayerConflict({
  base,
  mine,
  theirs,
  pending,
  onTakeTheirs,
  onKeepMine,
  onGoOn,
}: {
  /** What both began with. */
  base: string;
  mine: string;
  theirs: OtherChange;
  pending: boolean;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
  onGoOn: () => void;
}) {
  const { t } = useTranslation();
  const [view, setView] = useState<(typeof views)[number]>('mine');
  return (
    <Dialog
      open
      onClose={onGoOn}
      size="lg"
      role="alertdialog"
      title={t('soul.conflict.title', { name: theirs.updatedBy, version: theirs.version })}
      description={t('soul.conflict.text')}
      footer={
        <>
          <Button onClick={onGoOn}>{t('soul.conflict.goOn')}</Button>
          <Button onClick={onTakeTheirs}>{t('soul.conflict.takeTheirs')}</Button>
          <Button kind="primary" disabled={pending} onClick={onKeepMine}>
            {t('soul.conflict.keepMine')}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <FilterButtons
          label={t('soul.conflict.compare')}
          value={view}
          onValue={setView}
          options={views.map((value) => ({ value, label: t(`soul.conflict.against.${value}`) }))}
        />
        <TextDiff
          label={t(`soul.conflict.against.${view}`)}
          before={view === 'mine' ? mine : base}
          after={theirs.content}
        />
      </div>
    </Dialog>
  );
}
