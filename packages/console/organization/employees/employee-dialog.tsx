import { type Employee, grantableRole, type Me } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { CheckField, InputField, SelectField } from '../../design/form-fields.tsx';
import { Notice } from '../../design/notice.tsx';
import { showToast } from '../../design/toast.tsx';
import { DepartmentField } from '../department-field.tsx';
import { rowsOf, treeOf } from '../departments/department-tree.ts';
import { departmentsQuery, organizationChanged, positionsQuery } from '../queries.ts';
import {
  bodyOf,
  changesOf,
  type EmployeeForm,
  formOf,
  type GrantableRole,
  isForeign,
  problemsOf,
} from './employee-form.ts';

/** Adds somebody, or changes who they are and what they may do. */
export function EmployeeDialog({
  employee,
  me,
  onClose,
  onSaved,
}: {
  /** Null: a new one. */
  employee: Employee | null;
  me: Me;
  onClose: () => void;
  /** `password`: the first one, told once. */
  onSaved: (employee: Employee, password: string | null) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [before] = useState(() => formOf(employee));
  const [form, setForm] = useState(before);
  const [insist, setInsist] = useState(false);
  const change = (parts: Partial<EmployeeForm>) => setForm((now) => ({ ...now, ...parts }));
  const save = useMutation({
    mutationFn: async () => {
      if (employee === null) return api.call('createEmployee', { body: bodyOf(form) });
      const params = { employeeId: employee.id };
      return { employee: await api.call('changeEmployee', { params, body: changesOf(before, form) }), password: null };
    },
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: (saved) => {
      showToast({
        tone: 'good',
        title: t(employee ? 'employees.changed' : 'employees.added'),
        detail: saved.employee.name,
      });
      onSaved(saved.employee, saved.password);
    },
  });
  const problems = insist ? problemsOf(form) : new Set();
  const submit = () => {
    setInsist(true);
    if (problemsOf(form).size === 0 && !save.isPending) save.mutate();
  };
  const source = employee?.source ?? 'local';
  return (
    <Dialog
      open
      onClose={onClose}
      title={employee ? t('employees.changeTitle', { name: employee.name }) : t('employees.add')}
      description={employee ? undefined : t('employees.addText')}
      onSubmit={submit}
      footer={
        <>
          {save.error && (
            <div className="w-full">
              <ProblemNotice error={save.error} />
            </div>
          )}
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t(employee ? 'common.save' : 'employees.add')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {source !== 'local' && (
          <Notice tone="info" title={t('organization.fromDirectory', { name: t(`organization.source.${source}`) })}>
            {t('employees.fromDirectory')}
          </Notice>
        )}
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <InputField
            label={t('employees.name')}
            value={form.name}
            maxLength={80}
            disabled={isForeign(source, 'name')}
            error={problems.has('name') ? t('organization.nameMissing') : undefined}
            onChange={(event) => change({ name: event.target.value })}
          />
          <InputField
            label={t('employees.email')}
            type="email"
            value={form.email}
            maxLength={254}
            disabled={isForeign(source, 'email')}
            error={problems.has('email') ? t('signIn.emailWrong') : undefined}
            onChange={(event) => change({ email: event.target.value })}
          />
          <Place
            form={form}
            before={before.positionId}
            source={source}
            missing={problems.has('departmentId')}
            onChange={change}
          />
          <InputField
            label={t('employees.number')}
            hint={employee ? undefined : t('employees.numberHint')}
            value={form.number}
            maxLength={40}
            disabled={isForeign(source, 'number')}
            onChange={(event) => change({ number: event.target.value })}
          />
          <InputField
            label={t('organization.contactFor')}
            hint={t('organization.contactForHint')}
            value={form.contactFor}
            maxLength={1200}
            onChange={(event) => change({ contactFor: event.target.value })}
          />
        </div>
        <Roles form={form} me={me} missing={problems.has('roles')} onChange={change} />
      </div>
    </Dialog>
  );
}

function Place({
  form,
  before,
  source,
  missing,
  onChange,
}: {
  form: EmployeeForm;
  /** Their position until now; empty: none. */
  before: string;
  source: Employee['source'];
  missing: boolean;
  onChange: (parts: Partial<EmployeeForm>) => void;
}) {
  const { t } = useTranslation();
  const { data: departments = [] } = useQuery(departmentsQuery);
  const { data: positions = [] } = useQuery(positionsQuery);
  const own = positions.filter(({ departmentId }) => departmentId === form.departmentId);
  const others = positions.filter(({ departmentId }) => departmentId !== form.departmentId);
  const options = (list: typeof positions) =>
    list.map(({ id, name }) => (
      <option key={id} value={id}>
        {name}
      </option>
    ));
  return (
    <>
      <DepartmentField
        label={t('employees.department')}
        empty={t('routing.choose')}
        rows={rowsOf(treeOf(departments))}
        value={form.departmentId}
        disabled={isForeign(source, 'departmentId')}
        error={missing ? t('employees.departmentMissing') : undefined}
        onChange={(event) => onChange({ departmentId: event.target.value })}
      />
      <SelectField
        label={t('employees.position')}
        hint={[
          t(form.positionId === '' ? 'employees.withoutPosition' : 'employees.withPosition'),
          ...(before !== '' && form.positionId !== before ? [t('employees.grantsEnd')] : []),
        ].join(' ')}
        value={form.positionId}
        onChange={(event) => onChange({ positionId: event.target.value })}
      >
        <option value="">{t('employees.notDecided')}</option>
        {own.length > 0 && others.length > 0 ? (
          <>
            <optgroup label={t('employees.positionsHere')}>{options(own)}</optgroup>
            <optgroup label={t('employees.positionsElsewhere')}>{options(others)}</optgroup>
          </>
        ) : (
          options(positions)
        )}
      </SelectField>
    </>
  );
}

function Roles({
  form,
  me,
  missing,
  onChange,
}: {
  form: EmployeeForm;
  me: Me;
  missing: boolean;
  onChange: (parts: Partial<EmployeeForm>) => void;
}) {
  const { t } = useTranslation();
  const give = (role: GrantableRole, given: boolean) =>
    onChange({ roles: grantableRole.options.filter((other) => (other === role ? given : form.roles.includes(other))) });
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-sm">{t('employees.roles')}</legend>
      <div className="grid grid-cols-1 gap-3">
        {grantableRole.options.map((role) => (
          <CheckField
            key={role}
            label={t(`roles.${role}`)}
            hint={t(`employees.roleText.${role}`)}
            checked={form.roles.includes(role)}
            onChange={(event) => give(role, event.target.checked)}
          />
        ))}
        {form.roles.includes('admin') && (
          <CheckField
            className="ms-7"
            label={t('employees.policy')}
            hint={t(me.permissions.includes('policy') ? 'employees.policyText' : 'employees.policyNotYours')}
            disabled={!me.permissions.includes('policy')}
            checked={form.permissions.includes('policy')}
            onChange={(event) => onChange({ permissions: event.target.checked ? ['policy'] : [] })}
          />
        )}
      </div>
      {missing && (
        <p role="alert" className="mt-2 text-bad-ink text-sm">
          {t('employees.rolesMissing')}
        </p>
      )}
    </fieldset>
  );
}
