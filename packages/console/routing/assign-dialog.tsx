import type { Assignment } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';
import { employeesQuery } from '../tenants/queries.ts';
import { routingKey } from './queries.ts';
import { TenantField, useNamingTenant } from './tenant-field.tsx';

/** Shares a tenant with one more employee; what is null is chosen here: which tenant, with whom. */
export function AssignDialog({
  assignment,
  employee = null,
  onClose,
}: {
  assignment: Assignment | null;
  employee?: Assignment['employees'][number] | null;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: employees = [], error: peopleError } = useQuery(employeesQuery);
  const naming = useNamingTenant();
  const [employeeId, setEmployeeId] = useState(employee?.id ?? '');
  const [insist, setInsist] = useState(false);
  const members = new Set(assignment?.employees.map(({ id }) => id));

  const share = useMutation({
    mutationFn: (params: { tenantId: string; employeeId: string }) => api.call('assignEmployee', { params }),
    onSettled: () => queries.invalidateQueries({ queryKey: routingKey }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('routing.shared') });
      onClose();
    },
  });
  const submit = async () => {
    setInsist(true);
    const tenantId = assignment ? assignment.tenantId : (await naming.resolve())?.id;
    if (tenantId !== undefined && employeeId !== '') share.mutate({ tenantId, employeeId });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        assignment
          ? t('routing.addTo', { name: assignment.tenantName })
          : employee
            ? t('assignments.shareWith', { name: employee.name })
            : t('routing.share')
      }
      description={t('routing.shareText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={share.isPending}>
            {share.isPending ? t('form.saving') : t('routing.add')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {assignment === null && (
          <div className="grid grid-cols-1 gap-1.5">
            <TenantField label={t('routing.tenant')} hint={t('routing.teamHint')} naming={naming} />
            {insist && naming.text.trim() === '' && (
              <p role="alert" className="text-bad-ink text-sm">
                {t('routing.chooseTenant')}
              </p>
            )}
          </div>
        )}
        {employee === null && (
          <SelectField
            label={t('routing.employee')}
            value={employeeId}
            error={insist && employeeId === '' ? t('routing.chooseEmployee') : undefined}
            onChange={(event) => setEmployeeId(event.target.value)}
          >
            <option value="">{t('routing.choose')}</option>
            {employees
              .filter(({ id }) => !members.has(id))
              .map(({ id, name, position }) => (
                <option key={id} value={id}>
                  {position === null ? name : `${name}, ${position}`}
                </option>
              ))}
          </SelectField>
        )}
        <ProblemNotice error={share.error ?? peopleError ?? naming.error} />
      </div>
    </Dialog>
  );
}
