import type { Assignment } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { routingKey } from './queries.ts';

/** Takes a team's agent away from one of those who share it. */
export function UnassignDialog({
  assignment,
  person,
  onClose,
}: {
  assignment: Pick<Assignment, 'tenantId' | 'tenantName'>;
  person: Assignment['employees'][number];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      api.call('unassignEmployee', { params: { tenantId: assignment.tenantId, employeeId: person.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: routingKey }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('routing.unassignTitle', { name: person.name })}
      confirm={t('routing.unassign')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>{t('routing.unassignText', { name: person.name, agent: assignment.tenantName })}</p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
