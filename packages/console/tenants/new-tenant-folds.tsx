import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { poolQuery, tiersQuery } from '../api/pool-queries.ts';
import { Fold, InputField, RadioField, SelectField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { ImageSelect } from '../pool/image-select.tsx';
import { CheckpointPicker } from './checkpoint-picker.tsx';
import { type NewTenantForm, sizeOfTier } from './new-tenant-form.ts';
import { tenantNamesQuery } from './queries.ts';
import { resourceFields, resourceLimits } from './resources.ts';
import { TagField } from './tag-field.tsx';
import { LifetimeFields, SkillFields, TimetableFields } from './tenant-fields.tsx';

interface Props {
  form: NewTenantForm;
  /** The person has tried to send the form: what is wrong is said. */
  insist: boolean;
  onChange: (parts: Partial<NewTenantForm>) => void;
}

export function PlaceFold({ form, insist, onChange }: Props) {
  const { t } = useTranslation();
  const { data: tiers } = useQuery(tiersQuery);
  const { data: pool } = useQuery(poolQuery);
  const tier = tiers?.find(({ id }) => id === form.tier);
  return (
    <Fold title={t('newTenant.resources')}>
      <div className="grid gap-4 sm:grid-cols-3">
        {resourceFields.map(({ name, unit }) => (
          <NumberField
            key={name}
            label={t(`newTenant.${name}`)}
            unit={unit}
            limits={resourceLimits[name]}
            optional
            insist={insist}
            placeholder={sizeOfTier(tier, name)}
            value={form[name]}
            onValue={(value) => onChange({ [name]: value })}
          />
        ))}
      </div>
      <p className="-mt-1 text-ink-faint text-xs">{t('newTenant.resourcesHint')}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        <ImageSelect
          label={t('newTenant.image')}
          empty={t('newTenant.imageOfTier')}
          value={form.image}
          onValue={(image) => onChange({ image })}
        />
        <SelectField
          label={t('newTenant.preferredHost')}
          value={form.preferredHost}
          onChange={(event) => onChange({ preferredHost: event.target.value })}
        >
          <option value="">{t('newTenant.anyHost')}</option>
          {pool?.hosts.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </SelectField>
      </div>
    </Fold>
  );
}

export function SkillsFold({ form, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Fold title={t('newTenant.skills')}>
      <SkillFields skills={form.skills} skillGroups={form.skillGroups} onChange={onChange} />
    </Fold>
  );
}

export function LabelsFold({ form, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Fold title={t('newTenant.labels')}>
      <InputField
        label={t('newTenant.group')}
        hint={t('newTenant.groupHint')}
        maxLength={64}
        value={form.group}
        onChange={(event) => onChange({ group: event.target.value })}
      />
      <TagField tags={form.tags} onTags={(tags) => onChange({ tags })} />
    </Fold>
  );
}

export function LifetimeFold({ form, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Fold title={t('newTenant.lifetime')}>
      <LifetimeFields
        ttlHours={form.ttlHours}
        onExpiry={form.onExpiry}
        hint={t('newTenant.ttlHint')}
        onChange={onChange}
      />
      <TimetableFields timetable={form.timetable} onTimetable={(timetable) => onChange({ timetable })} />
    </Fold>
  );
}

/** With whose files it begins. */
export function FilesFold({ form, insist, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Fold title={t('newTenant.files')}>
      <RadioField
        label={t('newTenant.filesFrom')}
        value={form.files}
        onValue={(files) => onChange({ files })}
        options={[
          { value: 'none', label: t('newTenant.filesNone') },
          { value: 'checkpoint', label: t('newTenant.filesCheckpoint'), hint: t('newTenant.filesCheckpointHint') },
          { value: 'clone', label: t('newTenant.filesClone'), hint: t('newTenant.filesCloneHint') },
        ]}
      />
      {form.files === 'checkpoint' && (
        <CheckpointPicker value={form.checkpointId} onValue={(checkpointId) => onChange({ checkpointId })} />
      )}
      {form.files === 'clone' && <CloneFrom form={form} insist={insist} onChange={onChange} />}
    </Fold>
  );
}

function CloneFrom({ form, insist, onChange }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const { data: names } = useQuery(tenantNamesQuery(useDeferredValue(form.cloneFrom.trim())));
  return (
    <>
      <InputField
        label={t('newTenant.cloneFrom')}
        hint={t('newTenant.cloneFromHint')}
        error={insist && form.cloneFrom.trim() === '' ? t('newTenant.cloneFromMissing') : undefined}
        list={id}
        maxLength={64}
        autoCapitalize="none"
        spellCheck={false}
        value={form.cloneFrom}
        onChange={(event) => onChange({ cloneFrom: event.target.value })}
      />
      <datalist id={id}>
        {names?.map((tenant) => (
          <option key={tenant.id} value={tenant.name} />
        ))}
      </datalist>
    </>
  );
}
