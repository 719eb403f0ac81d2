import { type Layer, type LayerWarning, maxLayerLength } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button, buttonStyle } from '../design/button.tsx';
import { TextAreaField } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { LayerConflict, type OtherChange, otherChangeOf } from '../soul/layer-conflict.tsx';
import { LayerWarnings } from '../soul/layer-warnings.tsx';
import { layerQuery, layersKey, previewQuery } from '../soul/queries.ts';
import { useQuiet } from '../soul/use-quiet.ts';
import { Section } from './section.tsx';

/** The person's own layer of what their agent is; the organization's and their position's come before it. */
export function PersonalSoul({ employeeId, onDirty }: { employeeId: string; onDirty: (dirty: boolean) => void }) {
  const { t } = useTranslation();
  const { data: layer, error } = useQuery(layerQuery({ scope: 'personal', ownerId: employeeId }));
  return (
    <Section
      title={t('profile.soul')}
      lead={t('profile.soulLead')}
      actions={
        layer && (
          <Link
            to="/soul/$scope/$ownerId"
            params={{ scope: 'personal', ownerId: employeeId }}
            className={buttonStyle({ size: 'sm' })}
          >
            {t('profile.soulEditor')}
          </Link>
        )
      }
    >
      {error && !layer && <ProblemNotice error={error} title={t('profile.soulFailed')} />}
      {!layer && !error && <Skeleton className="h-40 rounded-lg" />}
      {layer && <SoulForm layer={layer} onDirty={onDirty} />}
    </Section>
  );
}

function SoulForm({ layer, onDirty }: { layer: Layer; onDirty: (dirty: boolean) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [base, setBase] = useState<OtherChange>(layer);
  const [text, setText] = useState(layer.content);
  const dirty = text !== base.content;
  if (!dirty && layer.version > base.version) {
    setBase(layer);
    setText(layer.content);
  }
  useEffect(() => onDirty(dirty), [dirty, onDirty]);
  const save = useMutation({
    mutationFn: (expectedVersion: number) =>
      api.call('saveLayer', {
        params: { scope: 'personal', ownerId: layer.ownerId },
        body: { content: text, expectedVersion },
      }),
    onSuccess: (saved) => {
      queries.setQueryData(layerQuery(layer).queryKey, saved);
      setBase(saved);
      setText(saved.content);
      showToast({ tone: 'good', title: t('profile.soulSaved'), detail: t('profile.nextTurn') });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: layersKey }),
  });
  const theirs = otherChangeOf(save.error);
  const tooLong = text.length > maxLayerLength;
  const quiet = useQuiet(text, 400);
  const { data: preview } = useQuery(
    previewQuery(
      quiet.length > maxLayerLength
        ? null
        : { scope: 'personal', content: quiet, employeeId: layer.ownerId, positionId: null },
    ),
  );
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (dirty && !tooLong && !save.isPending) save.mutate(base.version);
      }}
    >
      <TextAreaField
        label={t('profile.soulField')}
        hint={t('profile.characters', { used: text.length, limit: maxLayerLength })}
        error={tooLong ? t('profile.tooLong', { used: text.length, limit: maxLayerLength }) : undefined}
        value={text}
        readOnly={!layer.mayEdit}
        onChange={(event) => setText(event.target.value)}
        className="[&_textarea]:min-h-40 [&_textarea]:font-mono [&_textarea]:text-sm"
      />
      <LayerWarnings warnings={preview?.warnings.filter(isMine) ?? []} />
      {!theirs && <ProblemNotice error={save.error} />}
      {layer.mayEdit && (
        <div className="flex flex-wrap justify-end gap-2">
          {dirty && <Button onClick={() => setText(base.content)}>{t('profile.discard')}</Button>}
          <Button type="submit" kind="primary" disabled={!dirty || tooLong || save.isPending}>
            {t('profile.saveSoul')}
          </Button>
        </div>
      )}
      {theirs && (
        <LayerConflict
          base={base.content}
          mine={text}
          theirs={theirs}
          pending={save.isPending}
          onTakeTheirs={() => {
            setBase(theirs);
            setText(theirs.content);
            save.reset();
          }}
          onKeepMine={() => {
            setBase(theirs);
            save.mutate(theirs.version);
          }}
          onGoOn={() => save.reset()}
        />
      )}
    </form>
  );
}

/** What is said of the layers of others is not for this person to mend. */
const isMine = (warning: LayerWarning): boolean => !('scope' in warning) || warning.scope === 'personal';
