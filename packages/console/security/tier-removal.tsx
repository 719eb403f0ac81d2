import type { Tier, TierUse } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { tierUseQuery } from './queries.ts';

const kinds = ['positions', 'rules', 'agents', 'templates'] as const satisfies (keyof TierUse)[];

/** Shows what uses a tier before it is deleted: while anything does, it stays. */
export function TierRemoval({ tier, onClose }: { tier: Tier; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: use, error } = useQuery(tierUseQuery(tier.id));
  const gone = useMutation({
    mutationFn: () => api.call('deleteTier', { params: { tierId: tier.id } }),
    onSettled: () => queries.invalidateQueries(),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('organization.deleted', { name: tier.name }) });
      onClose();
    },
  });
  const used = use ? kinds.filter((kind) => use[kind].count > 0) : [];
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('organization.deleteTitle', { name: tier.name })}
      confirm={t('organization.delete')}
      danger
      pending={gone.isPending}
      disabled={use === undefined || used.length > 0}
      onConfirm={() => gone.mutate()}
    >
      {use === undefined && !error && <Skeleton className="h-24 rounded-lg" />}
      {use && used.length === 0 && <p>{t('security.tierUnused')}</p>}
      {use && used.length > 0 && (
        <div data-testid="tier-use" className="grid grid-cols-1 gap-4 text-sm">
          <Notice tone="bad" role="alert" title={t('security.tierUsed')}>
            {t('security.tierUsedText')}
          </Notice>
          <ul className="divide-y rounded-md border">
            {used.map((kind) => (
              <li key={kind} className="grid grid-cols-1 gap-0.5 px-3 py-2">
                <span className="font-medium text-ink">{t(`security.uses.${kind}`, { count: use[kind].count })}</span>
                <span className="break-words text-ink-soft">
                  {use[kind].names.join(t('security.comma'))}
                  {use[kind].count > use[kind].names.length &&
                    t('organization.andMore', { count: use[kind].count - use[kind].names.length })}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <ProblemNotice error={gone.error ?? error} />
    </ConfirmDialog>
  );
}
