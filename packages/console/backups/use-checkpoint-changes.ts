import type { Checkpoint } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { messageOf } from '../api/problem-notice.tsx';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { showToast } from '../design/toast.tsx';

/** Everything that shows checkpoints asks again after one has changed. */
export const checkpointsKey = ['checkpoints'] as const;

/** Small changes that are made at once, from a menu: what they did, or why not, is told in a corner. */
export function useCheckpointChanges(): {
  setPinned: (checkpoint: Checkpoint, pinned: boolean) => void;
  setBackup: (checkpoint: Checkpoint, backup: boolean) => void;
} {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const problem = useProblem();
  const { mutate } = useMutation({
    mutationFn: ({ id, body }: { id: string; body: { pinned?: boolean; backup?: boolean }; done: string }) =>
      api.call('changeCheckpoint', { params: { checkpointId: id }, body }),
    onSuccess: (_, { done }) => showToast({ tone: 'good', title: done }),
    onError: (error) => {
      const { title, detail } = problem(factsOf(error));
      showToast({ tone: 'bad', title, detail: messageOf(error) ?? detail });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: checkpointsKey }),
  });
  return {
    setPinned: ({ id }, pinned) =>
      mutate({ id, body: { pinned }, done: t(pinned ? 'backups.pinnedNow' : 'backups.unpinnedNow') }),
    setBackup: ({ id }, backup) =>
      mutate({ id, body: { backup }, done: t(backup ? 'backups.keptNow' : 'backups.unkeptNow') }),
  };
}
