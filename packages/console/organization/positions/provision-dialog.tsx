import type { Position } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { showToast } from '../../design/toast.tsx';
import { organizationChanged, peopleQuery } from '../queries.ts';

/** Gives everybody of a position who has no agent one: all of them, or nobody. */
export function ProvisionDialog({ position, onClose }: { position: Position; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: people } = useQuery(peopleQuery({ position: position.id, with: 'no_agent' }));
  const provision = useMutation({
    mutationFn: () => api.call('provisionPosition', { params: { positionId: position.id } }),
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: ({ created }) => {
      showToast({
        tone: 'good',
        title: t('positions.provisioned', { count: created.length }),
        detail: created.map(({ name }) => name).join(', '),
      });
      onClose();
    },
  });
  const count = position.employees - position.agents;
  const more = people ? people.total - people.employees.length : 0;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('positions.provisionTitle', { count, name: position.name })}
      confirm={t('positions.provision', { count })}
      pending={provision.isPending}
      onConfirm={() => provision.mutate()}
    >
      {people && (
        <p className="break-words font-medium text-ink">
          {people.employees.map(({ name }) => name).join(', ')}
          {more > 0 && t('organization.andMore', { count: more })}
        </p>
      )}
      <p>{t('positions.provisionText', { tier: position.tier })}</p>
      <ProblemNotice error={provision.error} />
    </ConfirmDialog>
  );
}
