import { type DirectoryMapping, grantableRole, type Position } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Briefcase, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { messageOf, ProblemNotice } from '../api/problem-notice.tsx';
import { Select } from '../design/field.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { organizationChanged, positionsQuery } from '../organization/queries.ts';
import { mappingsQuery } from './queries.ts';

/** What the titles and groups of directories become here. */
export function Mappings({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: mappings, error } = useQuery(mappingsQuery);
  const { data: positions, error: positionsError } = useQuery(positionsQuery);
  if (!mappings || !positions) {
    const problem = error ?? positionsError;
    return problem ? <ProblemNotice error={problem} /> : <Skeleton className="h-32 rounded-lg" />;
  }
  if (mappings.length === 0) {
    return (
      <p className="rounded-lg border border-dashed px-4 py-6 text-center text-ink-soft text-sm">
        {t('directory.mappings.none')}
      </p>
    );
  }
  return (
    <ul className="overflow-hidden rounded-lg border bg-surface">
      {mappings.map((mapping) => (
        <MappingRow
          key={`${mapping.kind} ${mapping.name}`}
          mapping={mapping}
          positions={positions}
          mayChange={mayChange}
        />
      ))}
    </ul>
  );
}

function MappingRow({
  mapping,
  positions,
  mayChange,
}: {
  mapping: DirectoryMapping;
  positions: readonly Position[];
  mayChange: boolean;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { kind, name } = mapping;
  const save = useMutation({
    mutationFn: (said: Pick<DirectoryMapping, 'positionId' | 'role'>) => {
      const role = grantableRole.nullable().parse(said.role);
      return api.call('saveDirectoryMapping', { body: { kind, name, positionId: said.positionId, role } });
    },
    onSuccess: ({ changed }) =>
      showToast({
        tone: 'good',
        title: t('directory.mappings.saved', { name }),
        detail: t('directory.mappings.changed', { count: changed }),
      }),
    onError: (error) => showToast({ tone: 'bad', title: t('directory.notDone'), detail: messageOf(error) }),
    onSettled: () =>
      Promise.all([queries.invalidateQueries(mappingsQuery), queries.invalidateQueries(organizationChanged)]),
  });
  // What was chosen stays chosen while it is on its way.
  const shown = save.isPending ? { ...mapping, ...save.variables } : mapping;
  const Icon = kind === 'title' ? Briefcase : Users;
  const becomes = [
    positions.find(({ id }) => id === shown.positionId)?.name,
    shown.role === null ? undefined : t(`roles.${shown.role}`),
  ].filter((one) => one !== undefined);
  return (
    <li
      data-testid="mapping"
      data-name={name}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 border-b px-4 py-3 text-sm last:border-0"
    >
      <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />
      <div className="min-w-40 flex-1">
        <p className="break-words font-medium">{name}</p>
        <p className="text-ink-faint text-xs">
          {t(`directory.mappings.kind.${kind}`)} · {t('directory.mappings.people', { count: mapping.people })}
        </p>
      </div>
      {mayChange ? (
        <div className="flex w-full flex-wrap gap-2 sm:w-auto">
          <Select
            label={t('directory.mappings.positionOf', { name })}
            className="w-full sm:w-56"
            value={shown.positionId ?? ''}
            disabled={save.isPending}
            onChange={(event) => save.mutate({ positionId: event.target.value || null, role: mapping.role })}
          >
            <option value="">{t('directory.mappings.noPosition')}</option>
            {positions.map((position) => (
              <option key={position.id} value={position.id}>
                {position.name}
              </option>
            ))}
          </Select>
          {kind === 'group' && (
            <Select
              label={t('directory.mappings.roleOf', { name })}
              className="w-full sm:w-40"
              value={shown.role ?? ''}
              disabled={save.isPending}
              onChange={(event) =>
                save.mutate({
                  positionId: mapping.positionId,
                  role: grantableRole.options.find((role) => role === event.target.value) ?? null,
                })
              }
            >
              <option value="">{t('directory.mappings.noRole')}</option>
              {grantableRole.options.map((role) => (
                <option key={role} value={role}>
                  {t(`roles.${role}`)}
                </option>
              ))}
            </Select>
          )}
        </div>
      ) : (
        <span className="text-ink-soft">{becomes.join(' · ') || t('common.none')}</span>
      )}
    </li>
  );
}
