import type { Assignment } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Plus, UserPlus, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { AssignDialog } from './assign-dialog.tsx';
import { assignmentsQuery } from './queries.ts';
import { UnassignDialog } from './unassign-dialog.tsx';

type Person = Assignment['employees'][number];
type Overlay =
  | { kind: 'assign'; assignment: Assignment | null }
  | { kind: 'unassign'; assignment: Assignment; person: Person };

/** Agents that are nobody's own, and whom they are shared by. */
export function Teams({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: assignments, error, refetch } = useQuery(assignmentsQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const share = mayChange && (
    <Button kind="primary" onClick={() => setOverlay({ kind: 'assign', assignment: null })}>
      <Plus aria-hidden="true" />
      {t('routing.share')}
    </Button>
  );
  if (!assignments) {
    return error ? (
      <Placeholder
        title={t('routing.teamsFailed')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <div>
        <p role="status" className="sr-only">
          {t('routing.loading')}
        </p>
        <Skeleton className="h-28 rounded-lg" />
      </div>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-5">
      {assignments.length === 0 ? (
        <Placeholder title={t('routing.noTeamsTitle')} actions={share}>
          {t('routing.noTeams')}
        </Placeholder>
      ) : (
        <>
          <div className="flex flex-wrap items-start justify-between gap-3">
            <p className="max-w-2xl text-ink-soft text-sm">{t('routing.teamsText')}</p>
            {share}
          </div>
          {error && <ProblemNotice error={error} />}
          <ul className="grid grid-cols-1 gap-4 md:grid-cols-2">
            {assignments.map((assignment) => (
              <Team
                key={assignment.tenantId}
                assignment={assignment}
                mayChange={mayChange}
                onAdd={() => setOverlay({ kind: 'assign', assignment })}
                onRemove={(person) => setOverlay({ kind: 'unassign', assignment, person })}
              />
            ))}
          </ul>
        </>
      )}
      {overlay?.kind === 'assign' && <AssignDialog assignment={overlay.assignment} onClose={close} />}
      {overlay?.kind === 'unassign' && (
        <UnassignDialog assignment={overlay.assignment} person={overlay.person} onClose={close} />
      )}
    </div>
  );
}

function Team({
  assignment,
  mayChange,
  onAdd,
  onRemove,
}: {
  assignment: Assignment;
  mayChange: boolean;
  onAdd: () => void;
  onRemove: (person: Person) => void;
}) {
  const { t } = useTranslation();
  return (
    <li
      data-testid="team"
      data-name={assignment.tenantName}
      className="grid grid-cols-1 min-w-0 content-start gap-3 rounded-lg border bg-surface p-4"
    >
      <div className="flex items-center justify-between gap-3">
        <div className="min-w-0">
          <h2 className="truncate font-semibold">{assignment.tenantName}</h2>
          <p className="text-ink-faint text-xs">{t('routing.sharedBy', { count: assignment.employees.length })}</p>
        </div>
        {mayChange && (
          <Button
            size="sm"
            aria-label={t('routing.addTo', { name: assignment.tenantName })}
            onClick={onAdd}
            className="shrink-0"
          >
            <UserPlus aria-hidden="true" />
            {t('routing.add')}
          </Button>
        )}
      </div>
      <ul className="flex flex-wrap gap-1.5">
        {assignment.employees.map((person) => (
          <li
            key={person.id}
            className="inline-flex min-h-7 min-w-0 max-w-full items-center gap-1 rounded-full border bg-sunken ps-3 pe-3 text-sm has-[button]:pe-1"
          >
            <span className="truncate">{person.name}</span>
            {mayChange && (
              <button
                type="button"
                aria-label={t('common.remove', { name: person.name })}
                onClick={() => onRemove(person)}
                className="grid size-6 shrink-0 place-items-center rounded-full text-ink-faint hover:bg-hover hover:text-ink"
              >
                <X className="size-3.5" aria-hidden="true" />
              </button>
            )}
          </li>
        ))}
      </ul>
    </li>
  );
}
