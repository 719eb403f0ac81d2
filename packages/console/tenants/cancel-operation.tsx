import type { Tenant } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { messageOf } from '../api/problem-notice.tsx';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { showToast } from '../design/toast.tsx';

/** Calls an operation back that only waits; asked for again it is what it was, so nobody is asked whether they mean it. */
export function CancelOperation({ operation }: { operation: NonNullable<Tenant['operation']> }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const problem = useProblem();
  const cancel = useMutation({
    mutationFn: () => api.call('cancelOperation', { params: { operationId: operation.id } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['tenants'] }),
    onError: (error) => {
      const { title, detail } = problem(factsOf(error));
      showToast({ tone: 'bad', title: messageOf(error) ?? title, detail });
    },
  });
  if (operation.phase !== 'waiting') return null;
  return (
    <Button size="sm" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
      {t('operations.callBack')}
    </Button>
  );
}
