import type { Removal } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { organizationChanged, type Removable, removalQuery, remove } from './queries.ts';

/** Shows what goes, what moves and what stays before somebody or something is deleted. Where more goes than its own row, its name is typed. */
export function RemovalDialog({
  kind,
  id,
  name,
  onClose,
  onRemoved,
}: {
  kind: Removable;
  id: string;
  name: string;
  onClose: () => void;
  onRemoved?: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: removal, error } = useQuery(removalQuery(kind, id));
  const [typed, setTyped] = useState('');
  const force = removal !== undefined && goesAlong(kind, removal);
  const gone = useMutation({
    mutationFn: () => remove(kind, id, force),
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('organization.deleted', { name }) });
      onClose();
      onRemoved?.();
    },
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('organization.deleteTitle', { name })}
      confirm={t('organization.delete')}
      danger
      pending={gone.isPending}
      disabled={removal === undefined || removal.refusal !== null || (force && typed.trim() !== name)}
      onConfirm={() => gone.mutate()}
    >
      {removal ? (
        <>
          <Consequences kind={kind} removal={removal} />
          {force && removal.refusal === null && (
            <InputField
              label={t('organization.typeName', { name })}
              value={typed}
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </>
      ) : (
        !error && <Skeleton className="h-24 rounded-lg" />
      )}
      <ProblemNotice error={gone.error ?? error} />
    </ConfirmDialog>
  );
}

/** What is concerned beside the row itself; names are of the first few. */
function linesOf(
  kind: Removable,
  { departments, positions, employees, agents, managers, providers, mappings }: Removal,
) {
  const lines = {
    department: [
      { group: 'departments' as const, ...departments },
      { group: 'positions' as const, ...positions },
      { group: 'people' as const, ...employees },
      { group: 'managers' as const, ...managers },
      { group: 'createdThere' as const, ...providers },
    ],
    position: [
      { group: 'holders' as const, ...employees },
      { group: 'givenBy' as const, ...providers },
      { group: 'mappings' as const, ...mappings },
    ],
    employee: [{ group: 'agents' as const, ...agents }],
  };
  return lines[kind].filter(({ count }) => count > 0);
}

const countsOf = (removal: Removal) =>
  (['layerWords', 'channels', 'schedules', 'rules'] as const).filter((what) => removal[what] > 0);

const goesAlong = (kind: Removable, removal: Removal): boolean =>
  linesOf(kind, removal).length + countsOf(removal).length > 0;

function Consequences({ kind, removal }: { kind: Removable; removal: Removal }) {
  const { t } = useTranslation();
  const { conversations, auditEvents } = removal.kept;
  return (
    <div data-testid="removal" className="grid grid-cols-1 gap-4 text-sm">
      {removal.refusal === null ? (
        <p>
          {kind === 'department' && goesAlong(kind, removal)
            ? removal.movesTo === null
              ? t('departments.removalOnTop')
              : t('departments.removalMoves', { name: removal.movesTo })
            : t(`organization.removal.${kind}`)}
        </p>
      ) : (
        <Notice tone="bad" role="alert" title={t('organization.removalRefused')}>
          {removal.refusal}
        </Notice>
      )}
      {goesAlong(kind, removal) && (
        <ul className="divide-y rounded-md border">
          {linesOf(kind, removal).map(({ group, count, names }) => (
            <li key={group} className="grid grid-cols-1 gap-0.5 px-3 py-2">
              <span className="font-medium text-ink">{t(`organization.goes.${group}`, { count })}</span>
              <span className="break-words text-ink-soft">
                {names.join(', ')}
                {count > names.length && t('organization.andMore', { count: count - names.length })}
              </span>
            </li>
          ))}
          {countsOf(removal).map((what) => (
            <li key={what} className="px-3 py-2 font-medium text-ink">
              {t(`organization.goes.${what}`, { count: removal[what] })}
            </li>
          ))}
        </ul>
      )}
      {conversations + auditEvents > 0 && (
        <p>
          {t('organization.stays', {
            conversations: t('organization.conversations', { count: conversations }),
            events: t('organization.auditEvents', { count: auditEvents }),
          })}
        </p>
      )}
    </div>
  );
}
