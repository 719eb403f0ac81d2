import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { tiersQuery } from '../api/pool-queries.ts';
import { Button } from '../design/button.tsx';
import { InputField, SelectField, TextAreaField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { ImageSelect } from '../pool/image-select.tsx';
import { SkillFields } from '../tenants/tenant-fields.tsx';
import { filledFrom, findTier, fromTier, type NumberKey, type TemplateForm, templateLimits } from './template-form.ts';

/** What the model decides when the template does not. */
const ofModel: readonly NumberKey[] = ['contextWindow', 'maxOutputTokens'];

/** Everything a template can say, basics first. Each empty field tells what the tenant gets instead. */
export function TemplateFields({
  form,
  onForm,
  insist,
  readOnly,
}: {
  form: TemplateForm;
  onForm: (form: TemplateForm) => void;
  insist: boolean;
  readOnly: boolean;
}) {
  const { t } = useTranslation();
  const { data: tiers = [] } = useQuery(tiersQuery);
  const tier = findTier(tiers, form.tier);
  const change = (parts: Partial<TemplateForm>) => onForm({ ...form, ...parts });

  const number = (key: NumberKey, unit?: string) => {
    const given = fromTier(tier, key);
    return (
      <NumberField
        label={t(`templates.fields.${key}`)}
        value={form[key]}
        onValue={(value) => change({ [key]: value })}
        limits={templateLimits[key]}
        {...(unit ? { unit } : {})}
        optional
        insist={insist}
        placeholder={
          given?.toString() ?? (ofModel.includes(key) ? t('templates.open.ofModel') : t('templates.open.fromTier'))
        }
        hint={given !== undefined && form[key] === '' ? t('templates.open.fromTier') : undefined}
      />
    );
  };

  return (
    // A form that is only read cannot be changed by anything in it.
    <fieldset disabled={readOnly} className="grid gap-6">
      <InputField
        label={t('templates.fields.description')}
        value={form.description}
        maxLength={500}
        onChange={(event) => change({ description: event.target.value })}
      />
      <Section title={t('templates.runtime')}>
        <div className="flex flex-wrap items-end gap-2">
          <SelectField
            className="min-w-56 flex-1"
            label={t('templates.fields.tier')}
            value={tier?.id ?? form.tier}
            onChange={(event) => change({ tier: event.target.value })}
          >
            <option value="">{t('templates.open.whenMade')}</option>
            {tiers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            {form.tier !== '' && !tier && <option value={form.tier}>{form.tier}</option>}
          </SelectField>
          {!readOnly && (
            <Button
              disabled={!tier}
              title={tier ? undefined : t('templates.fillFirst')}
              onClick={() => tier && onForm(filledFrom(tier, form))}
            >
              <Download aria-hidden="true" />
              {t('templates.fill')}
            </Button>
          )}
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          {number('cpus', t('templates.units.cores'))}
          {number('memoryMegabytes', 'MiB')}
          {number('diskMegabytes', 'MiB')}
          {number('idleMinutes', t('templates.units.minutes'))}
        </div>
        <ImageSelect
          label={t('templates.fields.image')}
          empty={t('templates.open.fromTier')}
          value={form.image}
          onValue={(image) => change({ image })}
        />
      </Section>
      <Section title={t('templates.modelTitle')}>
        <InputField
          label={t('templates.fields.model')}
          hint={t('templates.modelHint')}
          placeholder={tier?.model ?? t('templates.activeModel')}
          value={form.model}
          maxLength={128}
          spellCheck={false}
          autoCapitalize="none"
          onChange={(event) => change({ model: event.target.value })}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          {number('contextWindow', t('templates.units.tokens'))}
          {number('maxOutputTokens', t('templates.units.tokens'))}
        </div>
      </Section>
      <Section title={t('templates.fields.skills')}>
        <SkillFields skills={form.skills} skillGroups={form.skillGroups} onChange={change} />
      </Section>
      <TextAreaField
        label={t('templates.fields.instructions')}
        hint={t('templates.instructionsHint')}
        value={form.instructions}
        rows={8}
        maxLength={8000}
        onChange={(event) => change({ instructions: event.target.value })}
      />
    </fieldset>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid gap-4 border-t pt-5">
      <h3 className="font-semibold">{title}</h3>
      {children}
    </section>
  );
}
