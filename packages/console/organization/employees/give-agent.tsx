import type { Employee } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Rocket } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { showToast } from '../../design/toast.tsx';
import { organizationChanged } from '../queries.ts';

/** For somebody who has a position and no agent. */
export function GiveAgent({ employee }: { employee: Pick<Employee, 'id' | 'name'> }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const provision = useMutation({
    mutationFn: () => api.call('provisionEmployee', { params: { employeeId: employee.id } }),
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: () => showToast({ tone: 'good', title: t('employees.agentGiven', { name: employee.name }) }),
  });
  return (
    <>
      <Button
        size="sm"
        aria-label={t('employees.giveAgentTo', { name: employee.name })}
        disabled={provision.isPending}
        onClick={() => provision.mutate()}
      >
        <Rocket aria-hidden="true" />
        {t('employees.giveAgent')}
      </Button>
      <ProblemNotice error={provision.error} />
    </>
  );
}
