import type { Assignment, ChannelBinding, Employee, Position, RoutingRule } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { classNames } from '../../design/class-names.ts';
import { AssignDialog } from '../../routing/assign-dialog.tsx';
import { assignmentsQuery, rulesQuery } from '../../routing/queries.ts';
import { UnassignDialog } from '../../routing/unassign-dialog.tsx';
import { nameOfChannel } from '../channel-name.ts';
import { GiveAgent } from '../employees/give-agent.tsx';
import { Suspended } from '../employees/person-tags.tsx';
import { linkStyle } from '../link-style.ts';
import { positionsQuery } from '../queries.ts';
import { bindingsOf, decidingRule, teamsOf } from './decision.ts';

type Overlay = { kind: 'share'; employee: Employee } | { kind: 'unshare'; employee: Employee; team: Assignment };

const columns =
  'grid grid-cols-2 gap-x-5 gap-y-3 px-4 xl:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)_minmax(0,1.3fr)_minmax(0,1.1fr)_minmax(0,1.3fr)]';

/** Everybody with their agent, the ones they share, the ways to them, and the rule that decides between them. */
export function AssignedPeople({
  employees,
  bindings,
  mayChange,
}: {
  employees: readonly Employee[];
  /** Null: the person may not see them. */
  bindings: readonly ChannelBinding[] | null | undefined;
  mayChange: boolean;
}) {
  const { t } = useTranslation();
  const { data: positions = [] } = useQuery(positionsQuery);
  const { data: assignments = [], error: teamsError } = useQuery(assignmentsQuery);
  const { data: rules, error: rulesError } = useQuery(rulesQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const positionOf = (employee: Employee) => positions.find(({ id }) => id === employee.positionId);
  return (
    <>
      <ProblemNotice error={teamsError ?? rulesError} />
      <div className="overflow-hidden rounded-lg border bg-surface">
        <div aria-hidden="true" className={`${columns} border-b bg-sunken py-2.5 text-ink-soft text-sm max-xl:hidden`}>
          {(['person', 'agent', 'teams', 'ways', 'decides'] as const).map((column) => (
            <span key={column}>{t(`assignments.columns.${column}`)}</span>
          ))}
        </div>
        <ul aria-label={t('assignments.title')}>
          {employees.map((employee) => (
            <li
              key={employee.id}
              data-testid="assignment"
              data-name={employee.name}
              className={`${columns} items-start border-b py-3 text-sm last:border-0`}
            >
              <Person employee={employee} />
              <Cell name={t('assignments.columns.agent')}>
                <OwnAgent employee={employee} mayChange={mayChange} />
              </Cell>
              <Cell name={t('assignments.columns.teams')}>
                <SharedAgents
                  employee={employee}
                  teams={teamsOf(employee.id, assignments)}
                  mayChange={mayChange}
                  onShare={() => setOverlay({ kind: 'share', employee })}
                  onUnshare={(team) => setOverlay({ kind: 'unshare', employee, team })}
                />
              </Cell>
              <Cell name={t('assignments.columns.ways')}>
                <Ways bindings={bindings && bindingsOf(employee.id, bindings)} />
              </Cell>
              <Cell name={t('assignments.columns.decides')}>
                {rules && (
                  <Decision employee={employee} rule={decidingRule(employee, rules)} position={positionOf(employee)} />
                )}
              </Cell>
            </li>
          ))}
        </ul>
      </div>
      {overlay?.kind === 'share' && <AssignDialog assignment={null} employee={overlay.employee} onClose={close} />}
      {overlay?.kind === 'unshare' && (
        <UnassignDialog assignment={overlay.team} person={overlay.employee} onClose={close} />
      )}
    </>
  );
}

/** A cell says its column where there are no columns. */
function Cell({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <p className="mb-0.5 text-ink-faint text-xs xl:sr-only">{name}</p>
      {children}
    </div>
  );
}

function Person({ employee }: { employee: Employee }) {
  const { t } = useTranslation();
  return (
    <div className="min-w-0 max-xl:col-span-full">
      <p className="flex flex-wrap items-center gap-2">
        <Link
          to="/employees"
          search={{ person: employee.id }}
          className="truncate rounded-xs font-medium hover:underline"
        >
          {employee.name}
        </Link>
        {!employee.active && <Suspended />}
      </p>
      <p className="truncate text-ink-faint text-xs">
        {employee.position ?? t('employees.noPosition')} · {employee.department}
      </p>
    </div>
  );
}

function OwnAgent({ employee, mayChange }: { employee: Employee; mayChange: boolean }) {
  const { t } = useTranslation();
  if (employee.tenantId !== null) {
    return (
      <Link to="/tenants/$tenantId" params={{ tenantId: employee.tenantId }} className={linkStyle}>
        {t('assignments.open')}
        <span className="sr-only"> {t('employees.of', { name: employee.name })}</span>
      </Link>
    );
  }
  if (!mayChange || !employee.active) return <span className="text-ink-faint">{t('employees.noAgent')}</span>;
  if (employee.positionId === null) {
    return (
      <Link to="/employees" search={{ person: employee.id }} className={linkStyle}>
        {t('assignments.needsPosition')}
      </Link>
    );
  }
  return <GiveAgent employee={employee} />;
}

function SharedAgents({
  employee,
  teams,
  mayChange,
  onShare,
  onUnshare,
}: {
  employee: Employee;
  teams: readonly Assignment[];
  mayChange: boolean;
  onShare: () => void;
  onUnshare: (team: Assignment) => void;
}) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {teams.map((team) => (
        <span
          key={team.tenantId}
          className="inline-flex min-h-7 min-w-0 max-w-full items-center gap-1 rounded-full border bg-sunken px-3 has-[button]:pe-1"
        >
          <span className="truncate">{team.tenantName}</span>
          {mayChange && (
            <button
              type="button"
              aria-label={t('assignments.unshare', { agent: team.tenantName, name: employee.name })}
              onClick={() => onUnshare(team)}
              className="grid size-6 shrink-0 place-items-center rounded-full text-ink-faint hover:bg-hover hover:text-ink"
            >
              <X className="size-3.5" aria-hidden="true" />
            </button>
          )}
        </span>
      ))}
      {mayChange ? (
        <Button
          kind="ghost"
          size="icon-sm"
          className={classNames('size-7', teams.length === 0 && '-ms-1.5')}
          aria-label={t('assignments.shareWith', { name: employee.name })}
          title={t('assignments.shareWith', { name: employee.name })}
          onClick={onShare}
        >
          <Plus aria-hidden="true" />
        </Button>
      ) : (
        teams.length === 0 && <span className="text-ink-faint">{t('assignments.noTeams')}</span>
      )}
    </div>
  );
}

function Ways({ bindings }: { bindings: readonly ChannelBinding[] | null | undefined }) {
  const { t } = useTranslation();
  return (
    <ul className="grid grid-cols-1 gap-0.5">
      <li>{t('assignments.portal')}</li>
      {bindings?.map(({ accountId, platformUserId, channel, displayName, accountName }) => (
        <li key={`${accountId} ${platformUserId}`} className="min-w-0 break-words">
          {nameOfChannel(channel)}
          <span className="text-ink-faint">
            {' '}
            · {t('employees.pairedAs', { name: displayName, account: accountName })}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Decision({
  employee,
  rule,
  position,
}: {
  employee: Employee;
  rule: RoutingRule | null;
  position: Position | undefined;
}) {
  const { t } = useTranslation();
  return (
    <>
      <p className="break-words">
        {rule === null
          ? position
            ? t('routing.toTier', { name: position.tier })
            : t('assignments.nothingDecides')
          : t(rule.target.type === 'tier' ? 'routing.toTier' : 'routing.toTenant', { name: rule.targetName })}
      </p>
      <p className="text-ink-faint text-xs">
        {rule !== null ? t(`assignments.ruleOf.${rule.scope}`) : position && t('assignments.ruleOf.tier')}
        {(rule !== null || position) && ' · '}
        <Link
          to="/routing"
          search={{ tab: 'explain', employee: employee.id }}
          aria-label={t('assignments.explainFor', { name: employee.name })}
          className={linkStyle}
        >
          {t('assignments.explain')}
        </Link>
      </p>
    </>
  );
}
