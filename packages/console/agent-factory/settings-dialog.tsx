import { ClientError } from '@clawpool/client';
import { type AgentSettings, agentSettings, type EffectiveSettings, type SettingsScope } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField, SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { NumberField } from '../design/number-field.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import { useOrigin } from './agent-words.tsx';
import { agentSettingsQuery, agentsKey, effectiveSettingsQuery } from './queries.ts';
import { type SettingName, SettingValue, settingNames } from './setting-value.tsx';
import {
  contextLimits,
  emptySettings,
  formOf,
  isLanguage,
  maxLanguageLength,
  outputLimits,
  saysNothing,
  settingsOf,
} from './settings-form.ts';

export interface SettingsOwner {
  scope: SettingsScope;
  /** `-` for the organization. */
  ownerId: string;
  ownerName: string;
  /** Of a person: their agent, whose present values are shown beside the fields. */
  tenantId?: string | null;
}

interface Base {
  settings: AgentSettings;
  /** 0: there is none yet. */
  version: number;
}

/** What is set for the organization, a position or a person. What they leave open is decided by whatever is wider. */
export function SettingsDialog({ owner, onClose }: { owner: SettingsOwner; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(agentSettingsQuery);
  const title = t('agentFactory.settings.title', { name: owner.ownerName });
  if (!data) {
    return (
      <Dialog open onClose={onClose} title={title}>
        {error ? <ProblemNotice error={error} /> : <Skeleton className="h-40 rounded-lg" />}
      </Dialog>
    );
  }
  const row = data.rows.find(({ scope, ownerId }) => scope === owner.scope && ownerId === owner.ownerId);
  return (
    <Form
      title={title}
      owner={owner}
      start={row ?? { settings: emptySettings, version: 0 }}
      models={data.models}
      onClose={onClose}
    />
  );
}

function Form({
  title,
  owner,
  start,
  models,
  onClose,
}: {
  title: string;
  owner: SettingsOwner;
  start: Base;
  models: readonly string[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [base, setBase] = useState(start);
  const [form, setForm] = useState(() => formOf(start.settings));
  const [insist, setInsist] = useState(false);
  const { data: now } = useQuery({
    ...effectiveSettingsQuery(owner.tenantId ?? ''),
    enabled: owner.tenantId !== undefined && owner.tenantId !== null,
  });
  const settings = settingsOf(form);
  const change = (name: SettingName) => (value: string) => setForm({ ...form, [name]: value });
  const save = useMutation({
    mutationFn: (body: { settings: AgentSettings; expectedVersion: number }) =>
      api.call('saveAgentSettings', { params: { scope: owner.scope, ownerId: owner.ownerId }, body }),
    onSuccess: (saved) => {
      showToast({
        tone: 'good',
        title: t(saved ? 'agentFactory.settings.saved' : 'agentFactory.settings.removed', { name: owner.ownerName }),
        detail: t('agentFactory.settings.savedText'),
      });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: agentsKey }),
  });
  const other = otherSettingsOf(save.error);
  const submit = () => {
    setInsist(true);
    if (settings && !save.isPending) save.mutate({ settings, expectedVersion: base.version });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={t('agentFactory.settings.hold')}
      onSubmit={submit}
      footer={
        <>
          {base.version > 0 && (
            <Button
              className="me-auto"
              disabled={save.isPending}
              onClick={() => save.mutate({ settings: emptySettings, expectedVersion: base.version })}
            >
              {t('agentFactory.settings.remove')}
            </Button>
          )}
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            type="submit"
            kind="primary"
            disabled={save.isPending || (base.version === 0 && settings !== null && saysNothing(settings))}
          >
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {other ? (
          <SettingsConflict
            theirs={other}
            onTakeTheirs={() => {
              setBase(other);
              setForm(formOf(other.settings));
              save.reset();
            }}
            onKeepMine={() => {
              setBase(other);
              save.reset();
            }}
          />
        ) : (
          <ProblemNotice error={save.error} />
        )}
        <SelectField
          label={t('agentFactory.settings.fields.model')}
          hint={<Now name="model" now={now} own={owner.scope} />}
          value={form.model}
          onChange={(event) => change('model')(event.target.value)}
        >
          <option value="">{t('agentFactory.settings.open')}</option>
          {[...new Set([...models, ...(form.model ? [form.model] : [])])].map((model) => (
            <option key={model} value={model}>
              {model}
            </option>
          ))}
        </SelectField>
        <div className="grid gap-4 sm:grid-cols-2">
          <NumberField
            label={t('agentFactory.settings.fields.contextWindow')}
            hint={<Now name="contextWindow" now={now} own={owner.scope} />}
            unit={t('agentFactory.settings.unit')}
            limits={contextLimits}
            optional
            insist={insist}
            placeholder={t('agentFactory.settings.open')}
            value={form.contextWindow}
            onValue={change('contextWindow')}
          />
          <NumberField
            label={t('agentFactory.settings.fields.maxOutputTokens')}
            hint={<Now name="maxOutputTokens" now={now} own={owner.scope} />}
            unit={t('agentFactory.settings.unit')}
            limits={outputLimits}
            optional
            insist={insist}
            placeholder={t('agentFactory.settings.open')}
            value={form.maxOutputTokens}
            onValue={change('maxOutputTokens')}
          />
        </div>
        <SelectField
          label={t('agentFactory.settings.fields.compaction')}
          hint={<Now name="compaction" now={now} own={owner.scope} />}
          value={form.compaction}
          onChange={(event) => change('compaction')(event.target.value)}
        >
          <option value="">{t('agentFactory.settings.open')}</option>
          {agentSettings.shape.compaction.unwrap().options.map((mode) => (
            <option key={mode} value={mode}>
              {t(`agentFactory.settings.compaction.${mode}`)}
            </option>
          ))}
        </SelectField>
        <InputField
          label={t('agentFactory.settings.fields.responseLanguage')}
          hint={
            <Now
              name="responseLanguage"
              now={now}
              own={owner.scope}
              otherwise={t('agentFactory.settings.languageHint')}
            />
          }
          error={insist && !isLanguage(form.responseLanguage) ? t('agentFactory.settings.languageWrong') : undefined}
          maxLength={maxLanguageLength}
          placeholder={t('agentFactory.settings.open')}
          value={form.responseLanguage}
          onChange={(event) => change('responseLanguage')(event.target.value)}
        />
      </div>
    </Dialog>
  );
}

/** What holds for the agent at present, where somebody else than this form has said it. */
function Now({
  name,
  now,
  own,
  otherwise,
}: {
  name: SettingName;
  now: EffectiveSettings | undefined;
  own: SettingsScope;
  otherwise?: string;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const origin = useOrigin();
  if (!now || now[name].from === own) return otherwise;
  return (
    <>
      {t('agentFactory.settings.now')} <SettingValue name={name} value={now[name].value} locale={locale} />,{' '}
      {origin(now[name])}
    </>
  );
}

/** Somebody else has saved first. */
function SettingsConflict({
  theirs,
  onTakeTheirs,
  onKeepMine,
}: {
  theirs: Base & { updatedBy?: string };
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  return (
    <Notice
      tone="warn"
      role="alert"
      title={t(theirs.updatedBy ? 'agentFactory.settings.conflictBy' : 'agentFactory.settings.conflictGone', {
        name: theirs.updatedBy ?? '',
      })}
      actions={
        <>
          <Button size="sm" onClick={onTakeTheirs}>
            {t('agentFactory.settings.takeTheirs')}
          </Button>
          <Button size="sm" onClick={onKeepMine}>
            {t('agentFactory.settings.keepMine')}
          </Button>
        </>
      }
    >
      <dl className="grid gap-1">
        {settingNames
          .filter((name) => theirs.settings[name] !== null)
          .map((name) => (
            <div key={name} className="flex flex-wrap gap-x-2">
              <dt className="text-ink-soft">{t(`agentFactory.settings.fields.${name}`)}</dt>
              <dd>
                <SettingValue name={name} value={theirs.settings[name]} locale={locale} />
              </dd>
            </div>
          ))}
      </dl>
    </Notice>
  );
}

/** What somebody else has saved meanwhile, when that is why these were refused. */
function otherSettingsOf(error: unknown): (Base & { updatedBy?: string }) | null {
  if (!(error instanceof ClientError) || error.code !== 'conflict') return null;
  const { version, settings, updatedBy } = (error.details ?? {}) as Record<string, unknown>;
  const parsed = agentSettings.safeParse(settings);
  if (typeof version !== 'number' || !parsed.success) return null;
  return { version, settings: parsed.data, ...(typeof updatedBy === 'string' ? { updatedBy } : {}) };
}
