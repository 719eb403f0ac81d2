import type { Grant } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import { approvalsKey, grantsQuery } from './queries.ts';
import { Thing, useThingName } from './thing.tsx';

/** What agents may do on top of their positions, and what has ended. */
export function Grants() {
  const { t } = useTranslation();
  const [holding, setHolding] = useState(true);
  const { data: grants, error, refetch } = useQuery(grantsQuery(holding));
  const [revoking, setRevoking] = useState<Grant | null>(null);
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft text-sm">{t('approvals.grantsText')}</p>
        <FilterButtons
          label={t('approvals.which')}
          value={holding ? 'holding' : 'all'}
          onValue={(value) => setHolding(value === 'holding')}
          options={[
            { value: 'holding', label: t('approvals.holding') },
            { value: 'all', label: t('approvals.all') },
          ]}
        />
      </div>
      {!grants && !error && <Skeleton className="h-40 rounded-lg" />}
      {!grants && error && (
        <Placeholder
          title={t('approvals.failed')}
          actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      )}
      {grants?.length === 0 && <Placeholder title={t('approvals.noGrants')}>{t('approvals.noGrantsText')}</Placeholder>}
      {grants && grants.length > 0 && (
        <ul className="overflow-hidden rounded-lg border bg-surface">
          {grants.map((grant) => (
            <GrantRow key={grant.id} grant={grant} onRevoke={grant.mayRevoke ? () => setRevoking(grant) : null} />
          ))}
        </ul>
      )}
      {revoking && <RevokeDialog grant={revoking} onClose={() => setRevoking(null)} />}
    </div>
  );
}

function GrantRow({ grant, onRevoke }: { grant: Grant; onRevoke: (() => void) | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { kind, resource, employeeName, mode, expiresAt, endedBecause, endedBy, grantedBy } = grant;
  const nameOf = useThingName();
  return (
    <li
      data-testid="grant"
      data-resource={resource}
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 text-sm last:border-0"
    >
      <div className="min-w-48 flex-1">
        <p className="font-medium">
          <Thing kind={kind} resource={resource} />
        </p>
        <p className="text-ink-soft">{employeeName}</p>
      </div>
      <div className="min-w-40 flex-1 text-ink-soft text-xs">
        <p>
          {endedBecause
            ? t(`approvals.ended.${endedBecause}`)
            : mode === 'once'
              ? t('approvals.holdsOnce')
              : expiresAt
                ? t('approvals.holdsUntil', { time: format.full(Date.parse(expiresAt)) })
                : t('approvals.holdsForGood')}
          {endedBy && ` (${endedBy})`}
        </p>
        <p className="text-ink-faint">{t('approvals.grantedBy', { name: grantedBy })}</p>
      </div>
      {onRevoke && (
        <Button
          size="sm"
          onClick={onRevoke}
          aria-label={t('approvals.revokeOf', { thing: nameOf(kind, resource), name: employeeName })}
        >
          {t('approvals.revoke')}
        </Button>
      )}
    </li>
  );
}

function RevokeDialog({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const nameOf = useThingName();
  const revoke = useMutation({
    mutationFn: () => api.call('revokeGrant', { params: { grantId: grant.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsKey }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('approvals.revoked') });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('approvals.revokeTitle', { thing: nameOf(grant.kind, grant.resource), name: grant.employeeName })}
      confirm={t('approvals.revoke')}
      danger
      pending={revoke.isPending}
      onConfirm={() => revoke.mutate()}
    >
      <p>{t('approvals.revokeText')}</p>
      {revoke.error && <ProblemNotice error={revoke.error} />}
    </ConfirmDialog>
  );
}
