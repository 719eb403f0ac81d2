import { type TierInput, toolNames } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { CheckField, InputField, SelectField, TextAreaField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { tierChoicesQuery } from './queries.ts';
import { limitsOf, type NumberName, type TierForm, type TierProblem } from './tier-form.ts';
import { ToolChoice } from './tool-choice.tsx';

/** Everything a tier says. `ceiling`: more than that is not this person's to give, and the fields say so. */
export function TierFields({
  form,
  onChange,
  ceiling,
  problems,
  insist,
  refused,
}: {
  form: TierForm;
  onChange: (parts: Partial<TierForm>) => void;
  ceiling: TierInput | null;
  problems: readonly TierProblem[];
  insist: boolean;
  /** What the server finds fault with. */
  refused: { field: string; words: string } | null;
}) {
  const { t } = useTranslation();
  const { data: choices, error } = useQuery(tierChoicesQuery);
  const refusal = (field: string) => (refused?.field === field ? refused.words : undefined);
  const hostProblem = problems.find((one) => one.field === 'hosts');
  const number = (name: NumberName, unit?: string, hint?: string) => (
    <NumberField
      label={t(`security.field.${name}`)}
      unit={unit}
      hint={hint}
      limits={limitsOf(name, ceiling)}
      insist={insist}
      value={form.numbers[name]}
      onValue={(value) => onChange({ numbers: { ...form.numbers, [name]: value } })}
    />
  );
  const choice = (name: 'driver' | 'image' | 'model', known: readonly string[], otherwise: string) => (
    <SelectField
      label={t(`security.field.${name}`)}
      value={form[name]}
      disabled={name === 'driver' && ceiling !== null}
      hint={name === 'driver' && ceiling !== null ? t('security.locked') : undefined}
      error={refusal(name)}
      onChange={(event) => onChange({ [name]: event.target.value })}
    >
      <option value="">{otherwise}</option>
      {[...new Set([...known, ...(form[name] ? [form[name]] : [])])].map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </SelectField>
  );
  const defaults = choices?.defaults ?? { driver: '', image: '', model: '' };
  return (
    <>
      <ProblemNotice error={error} />
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <InputField
          label={t('security.field.name')}
          maxLength={60}
          value={form.name}
          error={problems.some(({ field }) => field === 'name') ? t('organization.nameMissing') : refusal('name')}
          onChange={(event) => onChange({ name: event.target.value })}
        />
        <InputField
          label={t('security.field.description')}
          maxLength={300}
          value={form.description}
          onChange={(event) => onChange({ description: event.target.value })}
        />
      </div>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        {choice('driver', choices?.drivers ?? [], t('security.installationsNow', { name: defaults.driver }))}
        {choice('image', choices?.images ?? [], t('security.standardNow', { name: defaults.image }))}
        {choice('model', choices?.models ?? [], t('security.organizationsNow', { name: defaults.model }))}
      </div>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {number('cpus')}
        {number('memoryMegabytes', 'MB')}
        {number('diskMegabytes', 'MB')}
        {number('pids')}
      </div>
      <CheckField
        label={t('routing.alwaysOn')}
        hint={t('routing.alwaysOnHint')}
        checked={form.alwaysOn}
        onChange={(event) => onChange({ alwaysOn: event.target.checked })}
      />
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        {!form.alwaysOn && number('idleMinutes', t('routing.minutes'))}
        {number('heartbeatMinutes', t('routing.minutes'), t('routing.heartbeatHint'))}
      </div>
      <CheckField
        label={t('routing.fastPath')}
        hint={t('routing.fastPathHint')}
        checked={form.fastPath}
        onChange={(event) => onChange({ fastPath: event.target.checked })}
      />
      <ToolChoice
        label={t('security.field.toolsCeiling')}
        value={form.toolsCeiling}
        onValue={(toolsCeiling) => onChange({ toolsCeiling })}
        locked={ceiling ? toolNames.filter((tool) => !ceiling.toolsCeiling.includes(tool)) : []}
        lockedHint={t('security.locked')}
      />
      <TextAreaField
        label={t('security.field.egressHosts')}
        hint={t('security.hostsHint')}
        className="font-mono"
        spellCheck={false}
        value={form.hosts}
        error={
          hostProblem?.field === 'hosts'
            ? t(hostProblem.kind === 'shape' ? 'security.hostWrong' : 'security.hostLocked', { host: hostProblem.host })
            : undefined
        }
        onChange={(event) => onChange({ hosts: event.target.value })}
      />
    </>
  );
}
