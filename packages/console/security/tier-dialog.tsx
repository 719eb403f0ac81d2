import { ClientError } from '@clawpool/client';
import { type Tier, type TierInput, tier as tierShape } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { tiersQuery } from '../api/pool-queries.ts';
import { messageOf, ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { showToast } from '../design/toast.tsx';
import { TierConflict } from './tier-conflict.tsx';
import { TierFields } from './tier-fields.tsx';
import { changedOf, differing, formOf, inputOf, problemsOf, rebased, startNames, type TierForm } from './tier-form.ts';

/** What a tier begins with where there is none to begin from. */
const plain: TierInput = {
  ...{ name: '', description: '', driver: null, image: null, model: null },
  ...{ cpus: 1, memoryMegabytes: 1024, diskMegabytes: 1024, pids: 128 },
  ...{ idleMinutes: 15, alwaysOn: false, fastPath: false, heartbeatMinutes: 30 },
  ...{ toolsCeiling: ['web_search', 'file'], egressHosts: [] },
};

/** Makes a tier after another one, or changes one. */
export function TierDialog({
  tier,
  tiers,
  hasPolicy,
  onClose,
}: {
  /** Null: a new one. */
  tier: Tier | null;
  tiers: readonly Tier[];
  hasPolicy: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const model = tiers.find(({ id }) => id === 'standard') ?? tiers[0];
  const [base, setBase] = useState<TierInput & { id?: string; version?: number }>(
    tier ?? { ...(model ?? plain), name: '', description: '' },
  );
  const [form, setForm] = useState<TierForm>(() => formOf(base));
  const [insist, setInsist] = useState(false);
  const ceiling = hasPolicy ? null : base;
  const problems = problemsOf(form, ceiling);
  const input = inputOf(form, base);
  const save = useMutation({
    mutationFn: (): Promise<Tier> =>
      tier
        ? api.call('changeTier', {
            params: { tierId: tier.id },
            body: { ...changedOf(base, input), expectedVersion: base.version ?? tier.version },
          })
        : api.call('createTier', { body: input }),
    onSuccess: (saved) => {
      showToast({ tone: 'good', title: t(tier ? 'security.tierChanged' : 'security.tierMade', { name: saved.name }) });
      onClose();
      return queries.invalidateQueries();
    },
    onError: () => queries.invalidateQueries(tiersQuery),
  });
  const theirs = theirsIn(save.error);
  const refused = refusedField(save.error);
  const awake = tier && differing(base, input).some((name) => (startNames as readonly string[]).includes(name));
  const submit = () => {
    setInsist(true);
    if (problems.length === 0 && !save.isPending) save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={tier ? t('security.changeTier', { name: tier.name }) : t('security.newTier')}
      description={tier ? t('security.changeTierText', { count: tier.agents }) : t('security.newTierText')}
      onSubmit={submit}
      footer={
        <>
          {save.error && !theirs && !refused && (
            <div className="w-full">
              <ProblemNotice error={save.error} />
            </div>
          )}
          {awake && (
            <p role="status" className="w-full text-ink-soft text-sm">
              {t('security.fromNextStart', { count: tier.awake })}
            </p>
          )}
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending || theirs !== null}>
            {save.isPending ? t('form.saving') : t(tier ? 'common.save' : 'security.makeTier')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {theirs && (
          <TierConflict
            base={base}
            theirs={theirs}
            onTakeTheirs={() => {
              setBase(theirs);
              setForm(formOf(theirs));
              save.reset();
            }}
            onKeepMine={() => {
              setForm(rebased(input, base, theirs));
              setBase(theirs);
              save.reset();
            }}
          />
        )}
        {!hasPolicy && <Notice tone="info" title={t('security.lockedText')} />}
        {!tier && tiers.length > 0 && (
          <SelectField
            label={t('security.like')}
            hint={t('security.likeHint')}
            value={base.id ?? ''}
            onChange={(event) => {
              const other = tiers.find(({ id }) => id === event.target.value);
              if (!other) return;
              setBase({ ...other, name: '', description: '' });
              setForm({ ...formOf(other), name: form.name, description: form.description });
            }}
          >
            {tiers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        <TierFields
          form={form}
          onChange={(parts) => {
            setForm({ ...form, ...parts });
            if (refused) save.reset();
          }}
          ceiling={ceiling}
          problems={insist ? problems : []}
          insist={insist}
          refused={refused === null ? null : { field: refused, words: wordsOf(save.error) }}
        />
      </div>
    </Dialog>
  );
}

/** What somebody else has saved meanwhile, when that is why this was refused. */
function theirsIn(error: unknown): Tier | null {
  if (!(error instanceof ClientError) || error.code !== 'conflict') return null;
  return tierShape.safeParse(error.details).data ?? null;
}

/** The field that the server finds fault with. */
function refusedField(error: unknown): string | null {
  if (!(error instanceof ClientError)) return null;
  const { field } = (error.details ?? {}) as { field?: unknown };
  return typeof field === 'string' ? field : null;
}

const wordsOf = (error: unknown): string =>
  [messageOf(error), error instanceof ClientError ? error.hint : undefined].filter(Boolean).join(' ');
