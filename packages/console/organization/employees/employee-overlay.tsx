import type { Employee, Me } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { showToast } from '../../design/toast.tsx';
import { SecretDialog } from '../../integrations/secret.tsx';
import { organizationChanged } from '../queries.ts';
import { RemovalDialog } from '../removal-dialog.tsx';
import type { PersonActionKind } from './actions.ts';
import { EmployeeDialog } from './employee-dialog.tsx';

/** What is done with somebody, in a dialog. */
export type PersonAction = { kind: 'add' } | { kind: PersonActionKind; employee: Employee };

/** The dialog of an action, and afterwards what it told once. */
export function EmployeeOverlay({
  action,
  me,
  onClose,
  onAdded,
  onRemoved,
}: {
  action: PersonAction;
  me: Me;
  onClose: () => void;
  onAdded: (employeeId: string) => void;
  onRemoved: () => void;
}) {
  const { t } = useTranslation();
  const [told, setTold] = useState<{ name: string; password: string; isNew: boolean } | null>(null);
  if (told) {
    return (
      <SecretDialog
        title={t('employees.passwordTitle', { name: told.name })}
        label={t('employees.password')}
        secret={told.password}
        onClose={onClose}
      >
        <p className="text-ink-soft">{t(told.isNew ? 'employees.passwordOfNew' : 'employees.passwordText')}</p>
      </SecretDialog>
    );
  }
  switch (action.kind) {
    case 'add':
      return (
        <EmployeeDialog
          employee={null}
          me={me}
          onClose={onClose}
          onSaved={(employee, password) => {
            onAdded(employee.id);
            if (password === null) onClose();
            else setTold({ name: employee.name, password, isNew: true });
          }}
        />
      );
    case 'change':
      return <EmployeeDialog employee={action.employee} me={me} onClose={onClose} onSaved={onClose} />;
    case 'password':
      return (
        <ResetPassword
          employee={action.employee}
          onClose={onClose}
          onReset={(password) => setTold({ name: action.employee.name, password, isNew: false })}
        />
      );
    case 'suspend':
      return <Suspend employee={action.employee} onClose={onClose} />;
    case 'remove':
      return (
        <RemovalDialog
          kind="employee"
          id={action.employee.id}
          name={action.employee.name}
          onClose={onClose}
          onRemoved={onRemoved}
        />
      );
  }
}

function ResetPassword({
  employee,
  onClose,
  onReset,
}: {
  employee: Employee;
  onClose: () => void;
  onReset: (password: string) => void;
}) {
  const { t } = useTranslation();
  const reset = useMutation({
    mutationFn: () => api.call('resetPassword', { params: { employeeId: employee.id } }),
    onSuccess: ({ password }) => onReset(password),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('employees.resetTitle', { name: employee.name })}
      confirm={t('employees.resetPassword')}
      pending={reset.isPending}
      onConfirm={() => reset.mutate()}
    >
      <p>{t('employees.resetText')}</p>
      <ProblemNotice error={reset.error} />
    </ConfirmDialog>
  );
}

/** Suspends somebody, or lets them in again. */
function Suspend({ employee, onClose }: { employee: Employee; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const active = !employee.active;
  const change = useMutation({
    mutationFn: () => api.call('changeEmployee', { params: { employeeId: employee.id }, body: { active } }),
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: () => {
      showToast({
        tone: 'good',
        title: t(active ? 'employees.isIn' : 'employees.isSuspended', { name: employee.name }),
      });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t(active ? 'employees.letInTitle' : 'employees.suspendTitle', { name: employee.name })}
      confirm={t(active ? 'employees.letIn' : 'employees.suspend')}
      danger={!active}
      pending={change.isPending}
      onConfirm={() => change.mutate()}
    >
      <p>{t(active ? 'employees.letInText' : 'employees.suspendText')}</p>
      <ProblemNotice error={change.error} />
    </ConfirmDialog>
  );
}
