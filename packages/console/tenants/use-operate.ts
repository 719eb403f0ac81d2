import type { Operation, OperationRequest, Tenant } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import i18next from 'i18next';
import { api } from '../api/api.ts';
import { showToast } from '../design/toast.tsx';

/** Asks for an operation and says, wherever the person is by then, how it ended. */
export function useOperate() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ tenant, request }: { tenant: Pick<Tenant, 'id'>; request: OperationRequest }) =>
      api.call('operateTenant', { params: { tenantId: tenant.id }, body: request }),
    onSuccess: (operation) => {
      void queryClient.invalidateQueries({ queryKey: ['tenants'] });
      void tellTheEndOf(operation, () => queryClient.invalidateQueries({ queryKey: ['checkpoints'] }));
    },
  });
}

const askEveryMs = 1_000;

/** Waits for the end of an operation and shows it as a toast. Never rejects. */
export async function tellTheEndOf(accepted: Operation, onEnd: () => unknown = () => {}): Promise<void> {
  let operation = accepted;
  let failures = 0;
  while (operation.finishedAt === null) {
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    try {
      operation = await api.call('operation', { params: { operationId: accepted.id } });
      failures = 0;
    } catch {
      // The connection's own notice tells of it; whoever signed out is told nothing more.
      failures += 1;
      if (failures > 20) return;
    }
  }
  onEnd();
  const { t } = i18next;
  const { kind, tenantName: name, state, reason, message, hint } = operation;
  if (state === 'succeeded') return showToast({ tone: 'good', title: t(`operations.done.${kind}`, { name }) });
  showToast({
    tone: 'bad',
    title: t('operations.failed', { name, action: t(`operations.action.${kind}`) }),
    detail: [reason ? t(`operations.reason.${reason}`) : message, hint].filter(Boolean).join(' '),
  });
}
