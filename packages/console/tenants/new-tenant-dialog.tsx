import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { templatesQuery, tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { newToken } from '../api/token.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, InputField, SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { FilesFold, LabelsFold, LifetimeFold, PlaceFold, SkillsFold } from './new-tenant-folds.tsx';
import { bodyOf, emptyForm, isName, type NewTenantForm, nameFor, problemsOf } from './new-tenant-form.ts';
import { employeesQuery } from './queries.ts';
import { tellTheEndOf } from './use-operate.ts';

/** A name is enough; everything else is folded away until somebody wants it. */
export function NewTenantDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [form, setForm] = useState(emptyForm);
  const [insist, setInsist] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const fields = useRef<HTMLDivElement>(null);
  // The keyboard goes to the first field that is wrong, also where it is folded away.
  useEffect(() => {
    const wrong = attempts > 0 ? fields.current?.querySelector<HTMLElement>('[aria-invalid="true"]') : null;
    const fold = wrong?.closest('details');
    if (fold) fold.open = true;
    wrong?.focus();
  }, [attempts]);
  // One token for as long as the form is open: whatever the network does in between, one tenant is made.
  const [token] = useState(newToken);
  const change = (parts: Partial<NewTenantForm>) => setForm((before) => ({ ...before, ...parts }));

  const create = useMutation({
    mutationFn: () => {
      const body = bodyOf(form, token);
      if (!body) throw new Error('the form was sent although it has problems');
      return api.call('createTenant', { body });
    },
    onSuccess: ({ tenant, operation }) => {
      void queryClient.invalidateQueries({ queryKey: ['tenants'] });
      void tellTheEndOf(operation);
      onClose();
      void navigate({ to: '/tenants/$tenantId', params: { tenantId: tenant.id } });
    },
  });

  const problems = problemsOf(form);
  const submit = () => {
    setInsist(true);
    setAttempts((before) => before + 1);
    if (problems.size === 0 && !create.isPending) create.mutate();
  };
  const fold = { form, onChange: change, insist };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('newTenant.title')}
      description={t('newTenant.lead')}
      onSubmit={submit}
      footer={
        <>
          {insist && problems.size > 0 && (
            <div className="w-full">
              <Notice
                tone="bad"
                role="alert"
                title={t('newTenant.incomplete', {
                  fields: [...problems].map((field) => t(`newTenant.field.${field as ProblemField}`)).join(', '),
                })}
              />
            </div>
          )}
          {create.error && (
            <div className="w-full">
              <ProblemNotice error={create.error} />
            </div>
          )}
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={create.isPending}>
            {t('newTenant.create')}
          </Button>
        </>
      }
    >
      <div ref={fields} className="grid gap-5">
        <Basics {...fold} />
        <CheckField
          label={t('newTenant.start')}
          hint={t('newTenant.startHint')}
          checked={form.start}
          onChange={(event) => change({ start: event.target.checked })}
        />
        <div>
          <PlaceFold {...fold} />
          <SkillsFold {...fold} />
          <LabelsFold {...fold} />
          <LifetimeFold {...fold} />
          <FilesFold {...fold} />
        </div>
      </div>
    </Dialog>
  );
}

/** Fields that can be wrong. */
type ProblemField =
  | 'name'
  | 'cpus'
  | 'memoryMegabytes'
  | 'diskMegabytes'
  | 'ttlHours'
  | 'timetable'
  | 'checkpointId'
  | 'cloneFrom';

function Basics({
  form,
  insist,
  onChange,
}: {
  form: NewTenantForm;
  insist: boolean;
  onChange: (parts: Partial<NewTenantForm>) => void;
}) {
  const { t } = useTranslation();
  const { data: employees } = useQuery(employeesQuery);
  const { data: tiers } = useQuery(tiersQuery);
  const { data: templates } = useQuery(templatesQuery);
  const [nameLeft, setNameLeft] = useState(false);
  // A name that nobody typed follows the employee.
  const [nameIsOurs, setNameIsOurs] = useState(true);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <InputField
        label={t('newTenant.name')}
        hint={t('newTenant.nameHint')}
        error={(insist || (nameLeft && form.name !== '')) && !isName(form.name) ? t('newTenant.nameWrong') : undefined}
        mono
        maxLength={32}
        autoCapitalize="none"
        spellCheck={false}
        value={form.name}
        onChange={(event) => {
          onChange({ name: event.target.value });
          setNameIsOurs(event.target.value === '');
        }}
        onBlur={() => setNameLeft(true)}
      />
      <SelectField
        label={t('newTenant.owner')}
        value={form.employeeId}
        onChange={(event) => {
          const employee = employees?.find(({ id }) => id === event.target.value);
          onChange({
            employeeId: event.target.value,
            ...(nameIsOurs ? { name: employee ? nameFor(employee.name) : '' } : {}),
          });
        }}
      >
        <option value="">{t('newTenant.nobody')}</option>
        {employees?.map(({ id, name, position }) => (
          <option key={id} value={id}>
            {name}, {position}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t('newTenant.tier')}
        value={form.tier}
        onChange={(event) => onChange({ tier: event.target.value })}
      >
        <option value="">{form.template ? t('newTenant.tierOfTemplate') : t('newTenant.firstTier')}</option>
        {tiers?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t('newTenant.template')}
        value={form.template}
        onChange={(event) => onChange({ template: event.target.value })}
      >
        <option value="">{t('newTenant.noTemplate')}</option>
        {templates?.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
